"""``sagac lint``: what is wrong with a saga file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from sagac.cli.support import STDIN, UsageProblem, colour, read_spec

if TYPE_CHECKING:
    from sagac.dsl.compile import Compilation
    from sagac.dsl.diagnostics import Diagnostic

FINDINGS, BUG = 1, 3


@click.command(name="lint")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How findings are written.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning"]),
    default="error",
    show_default=True,
    help="The least severity that makes the exit code 1.",
)
@click.option(
    "--stdin-filename", metavar="PATH", help=f"The name of standard input, instead of {STDIN}."
)
@click.option(
    "--against", metavar="REV", help="Compare with a git revision: was the version raised?"
)
@click.pass_context
def command(
    context: click.Context,
    files: tuple[str, ...],
    format_: str,
    fail_on: str,
    stdin_filename: str | None,
    against: str | None,
) -> None:
    """Find what is wrong with saga files, say why, and what to write instead.

    `-` reads standard input. Findings go to standard output, the count of them to standard error.

    \b
    Example:
      sagac lint specs/order-fulfilment.saga.yaml
      sagac lint --format json specs/*.saga.yaml
      sagac lint --against origin/main specs/*.saga.yaml
    """
    if files.count("-") > 1:
        raise UsageProblem("standard input (`-`) can be read only once.")
    names = tuple(dict.fromkeys(files))
    compilations = [_compiled(name, stdin_filename) for name in names]
    found = list(_different(compilations))
    if against is not None:
        from sagac.cli.against import changes

        found += changes(compilations, against)
    if format_ == "json":
        _print_json(found)
    else:
        _print_text(found, compilations)
    context.exit(_exit_code(found, fail_on))


def _compiled(name: str, stdin_filename: str | None) -> Compilation:
    from sagac.dsl.compile import compile as compile_spec

    spec = read_spec(name, stdin_filename)
    return compile_spec(spec.text, spec.path, spec.load)


def _different(compilations: list[Compilation]) -> Iterator[Diagnostic]:
    """All findings; one in a file that several others use is given once."""
    yield from dict.fromkeys(found for each in compilations for found in each.diagnostics)


def _print_json(found: list[Diagnostic]) -> None:
    from sagac.dsl.report.json_ import render

    click.echo(render(found))


def _print_text(found: list[Diagnostic], compilations: list[Compilation]) -> None:
    from sagac.dsl.report.text import render, summary

    sources = {name: text for each in compilations for name, text in each.sources.items()}
    if found:
        click.echo(render(found, sources, colour=colour()), nl=False, color=True)
    click.echo(summary(found, len(compilations)), err=True)


def _exit_code(found: list[Diagnostic], fail_on: str) -> int:
    if any(each.code == "IN001" for each in found):
        return BUG
    counting = {"error"} if fail_on == "error" else {"error", "warning"}
    return FINDINGS if any(each.severity.value in counting for each in found) else 0
