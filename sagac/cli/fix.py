"""``sagac fix``: what can be put right without a person is put right."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import click

from sagac.cli import atomic
from sagac.cli.files import saga_files
from sagac.cli.lint_settings import Effective, Wishes, effective
from sagac.cli.support import STDIN, Spec, UsageProblem, colour, read_spec

if TYPE_CHECKING:
    from sagac.dsl.diagnostics import Diagnostic
    from sagac.dsl.fix import Fixed

FINDINGS = 1
_BOM = b"\xef\xbb\xbf"


class Work(NamedTuple):
    """A file, what became of it, and what is still found in it."""

    name: str
    spec: Spec
    fixed: Fixed | None  # None: it is not text that can be written back as it was
    left: list[Diagnostic]

    @property
    def content(self) -> bytes:
        """The bytes to be written."""
        if self.fixed is None:
            return self.spec.text
        mark = _BOM if self.spec.text.startswith(_BOM) else b""
        return mark + self.fixed.text.encode()


@click.command(name="fix")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--unsafe", is_flag=True, help="Make those fixes too that may not be what was meant.")
@click.option("--diff", is_flag=True, help="Show what would be changed, and change nothing.")
@click.option(
    "--select",
    multiple=True,
    metavar="CODE",
    help="Fix findings of these rules only, by code or prefix.",
)
@click.option("--ignore", multiple=True, metavar="CODE", help="Do not fix findings of these rules.")
@click.option(
    "--config", metavar="FILE", help="The configuration, instead of the nearest sagac.toml."
)
@click.option(
    "--stdin-filename", metavar="PATH", help=f"The name of standard input, instead of {STDIN}."
)
@click.pass_context
def command(
    context: click.Context,
    files: tuple[str, ...],
    unsafe: bool,
    diff: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    config: str | None,
    stdin_filename: str | None,
) -> None:
    """Put right what is certain: misspelt keys, old booleans, comments that silence nothing.

    Comments and layout stay. Fixes are made until none is left; one that would bring a new error is
    not made. `-` reads standard input and writes the result to standard output; a folder stands for
    all *.saga.yaml files below it.

    \b
    Example:
      sagac fix orders/*.saga.yaml
      sagac fix --unsafe --diff orders/new.saga.yaml
    """
    if "-" in files and len(files) > 1:
        raise UsageProblem("standard input (`-`) can only be fixed alone.")
    below = tuple(dict.fromkeys(saga_files(files)))
    shown = [stdin_filename or STDIN if name == "-" else name for name in below]
    settings = effective(Wishes(select, ignore, config), shown)
    names = [name for name in below if name in files or not settings.excludes(name)]
    specs = [(name, read_spec(name, stdin_filename)) for name in names]
    done = [_fixed(name, spec, settings, _wanted(settings, select), unsafe) for name, spec in specs]
    for work in done:
        _show_diff(work) if diff else _carry_out(work)
    _tell(done, diff)
    wrong = any(each.severity.value == "error" for work in done for each in work.left)
    context.exit(FINDINGS if wrong or (diff and any(map(_changes, done))) else 0)


def _wanted(settings: Effective, select: tuple[str, ...]) -> Callable[[Diagnostic], bool]:
    """Which findings are fixed: those that `sagac lint` shows; with --select no others."""
    if not select:
        return lambda found: bool(settings.judged([found]))
    from sagac.dsl.selection import fits

    chosen = [word.strip().upper() for each in select for word in each.split(",")]
    return lambda found: any(fits(each, found.code) for each in chosen if each)


def _fixed(
    name: str,
    spec: Spec,
    settings: Effective,
    wanted: Callable[[Diagnostic], bool],
    unsafe: bool,
) -> Work:
    from sagac.dsl.compile import compile as compile_spec
    from sagac.dsl.fix import fix as fix_text

    try:
        text = spec.text.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        found = compile_spec(spec.text, spec.path, spec.load).diagnostics
        return Work(name, spec, None, settings.judged(found))
    fixed = fix_text(text, spec.path, spec.load, unsafe=unsafe, wanted=wanted)
    return Work(name, spec, fixed, settings.judged(fixed.compilation.diagnostics))


def _carry_out(work: Work) -> None:
    """Writes what changed, unless somebody else changed the file meanwhile."""
    if work.name == "-":
        sys.stdout.buffer.write(work.content)
    elif _changes(work):
        if read_spec(work.name).text != work.spec.text:
            raise UsageProblem(f"{work.spec.path} changed while sagac was at work; run it again.")
        atomic.write(work.name, work.content)


def _show_diff(work: Work) -> None:
    from difflib import unified_diff

    before = work.spec.text.decode("utf-8", "replace").splitlines(keepends=True)
    after = work.content.decode("utf-8", "replace").splitlines(keepends=True)
    path = work.spec.path
    for line in unified_diff(before, after, path, path):
        shown = line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        click.echo(_coloured(shown), nl=False, color=True)


def _coloured(line: str) -> str:
    signs = {"+": "green", "-": "red", "@": "cyan"}
    return click.style(line, fg=signs.get(line[0])) if colour() else line


def _changes(work: Work) -> bool:
    return work.content != work.spec.text


def _tell(done: list[Work], diff: bool) -> None:
    """What was fixed, a line each, and how much is left; on stderr, beside a diff or a text."""
    from sagac.dsl.report.paint import visible
    from sagac.dsl.report.places import place
    from sagac.dsl.report.text import summary

    made = [each for work in done if work.fixed is not None for each in work.fixed.made]
    for each in made:
        title = each.fix.title if each.fix is not None else ""
        click.echo(f"{place(each.span)}: {each.code} {visible(title)}", err=True)
    left = [each for work in done for each in work.left]
    would = "would be " if diff else ""
    number = f"{len(made) or 'No'} finding{'' if len(made) == 1 else 's'}"
    rest = f"Left: {summary(left, len(done))}" if left else "None is left."
    click.echo(f"{number} {would}put right. {rest}", err=True)
