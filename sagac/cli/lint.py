"""``sagac lint``: what is wrong with a saga file.

The way of a run: options, settings, findings, what a baseline leaves of them, report.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from sagac.cli.files import saga_files
from sagac.cli.lint_findings import Findings, look_at
from sagac.cli.lint_settings import Effective, Wishes, effective
from sagac.cli.support import STDIN, UsageProblem

if TYPE_CHECKING:
    from sagac.dsl.diagnostics import Diagnostic

FINDINGS, BUG = 1, 3
FORMATS = ("text", "concise", "json", "sarif", "github", "junit")
FAIL_ON = ("error", "warning", "info", "never")


@click.command(name="lint")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    help="How findings are written.  [default: text]",
)
@click.option(
    "--fail-on",
    type=click.Choice(FAIL_ON),
    help="The least severity that makes the exit code 1.  [default: error]",
)
@click.option(
    "--select",
    multiple=True,
    metavar="CODE",
    help="Show these rules only, by code or prefix (`CO`, `ALL`).",
)
@click.option(
    "--ignore", multiple=True, metavar="CODE", help="Do not show these rules, by code or prefix."
)
@click.option(
    "--config", metavar="FILE", help="The configuration, instead of the nearest sagac.toml."
)
@click.option("--statistics", is_flag=True, help="Count the findings by rule instead.")
@click.option("--baseline", metavar="FILE", help="Leave out the findings that this file knows.")
@click.option("--write-baseline", is_flag=True, help="Write what is found into the baseline.")
@click.option(
    "--stdin-filename", metavar="PATH", help=f"The name of standard input, instead of {STDIN}."
)
@click.option("--handlers", metavar="DIR", help="Look at the handlers in this folder as well.")
@click.option(
    "--against", metavar="REV", help="Compare with a git revision: was the version raised?"
)
@click.pass_context
def command(
    context: click.Context,
    files: tuple[str, ...],
    format_: str | None,
    fail_on: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    config: str | None,
    statistics: bool,
    baseline: str | None,
    write_baseline: bool,
    stdin_filename: str | None,
    handlers: str | None,
    against: str | None,
) -> None:
    """Find what is wrong with saga files, say why, and what to write instead.

    `-` reads standard input; a folder stands for all *.saga.yaml files below it. All files are
    also looked at together: events, locks, services and actions that they share. Findings go to
    standard output, the count of them to standard error.

    \b
    Example:
      sagac lint specs/order-fulfilment.saga.yaml
      sagac lint --format json specs
      sagac lint --handlers handlers shop.saga.yaml
      sagac lint --against origin/main specs
      sagac lint --baseline known.json --write-baseline old
    """
    if files.count("-") > 1:
        raise UsageProblem("standard input (`-`) can be read only once.")
    names = saga_files(files)
    wishes = Wishes(select, ignore, config, format_, fail_on, baseline)
    settings = effective(wishes, _shown(names.files, stdin_filename))
    seen = look_at(names, stdin_filename, against, handlers)
    found = settings.judged(seen.found)
    found = _without_known(found, seen, settings, write_baseline)
    _report(found, seen, settings, statistics)
    context.exit(exit_code(found, settings.fail_on))


def exit_code(found: Sequence[Diagnostic], fail_on: str) -> int:
    """What the findings mean for a script; a mistake of sagac itself is never passed over."""
    if any(each.code == "IN001" for each in found):
        return BUG
    severities = ("error", "warning", "info")
    counting = () if fail_on == "never" else severities[: severities.index(fail_on) + 1]
    return FINDINGS if any(each.severity.value in counting for each in found) else 0


def _shown(names: Sequence[str], stdin_filename: str | None) -> list[str]:
    """The files as findings name them."""
    return [stdin_filename or STDIN if name == "-" else name for name in names]


def _without_known(
    found: list[Diagnostic], seen: Findings, settings: Effective, writing: bool
) -> list[Diagnostic]:
    """The findings that the baseline does not know, with what it knows in vain."""
    if settings.baseline is None:
        if writing:
            raise UsageProblem("--write-baseline needs a file to write: --baseline FILE.")
        return found
    from sagac.cli.lint_baseline import BaselineFile

    baseline = BaselineFile(settings.baseline, seen.files, seen.sources)
    if writing:
        known = baseline.write(found)
        click.echo(f"{settings.baseline.as_posix()} now knows {known} of them.", err=True)
    return baseline.new(found, settings.shows)


def _report(found: list[Diagnostic], seen: Findings, settings: Effective, statistics: bool) -> None:
    from sagac.cli import lint_report

    if statistics:
        lint_report.show_statistics(settings.format, found, seen.files)
    else:
        lint_report.show(settings.format, found, seen.files, seen.sources)
