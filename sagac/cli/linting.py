"""What ``sagac lint`` does. It imports nothing of click: see ``sagac.cli``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sagac.cli.guard import say
from sagac.cli.options import Option
from sagac.cli.support import STDIN, colour, read_spec, usage, write

if TYPE_CHECKING:
    from sagac.dsl.compile import Compilation
    from sagac.dsl.diagnostics import Diagnostic

FINDINGS, BUG = 1, 3

ARGUMENT = "files"
OPTIONS = (
    Option("--format", "How findings are written.", ("text", "json"), "text"),
    Option(
        "--fail-on",
        "The least severity that makes the exit code 1.",
        ("error", "warning"),
        "error",
    ),
    Option("--stdin-filename", f"The name of standard input, instead of {STDIN}.", metavar="PATH"),
)


def lint(files: tuple[str, ...], format: str, fail_on: str, stdin_filename: str | None) -> int:
    """Lints ``files``, prints the findings and returns the exit code."""
    if files.count("-") > 1:
        raise usage("standard input (`-`) can be read only once.")
    names = tuple(dict.fromkeys(files))
    compilations = [_compiled(name, stdin_filename) for name in names]
    found = list(_different(compilations))
    if format == "json":
        _print_json(found)
    else:
        _print_text(found, compilations)
    return _exit_code(found, fail_on)


def _compiled(name: str, stdin_filename: str | None) -> Compilation:
    from sagac.dsl.compile import compile as compile_spec

    spec = read_spec(name, stdin_filename)
    return compile_spec(spec.text, spec.path, spec.load)


def _different(compilations: list[Compilation]) -> Iterator[Diagnostic]:
    """All findings; one in a file that several others use is given once."""
    yield from dict.fromkeys(found for each in compilations for found in each.diagnostics)


def _print_json(found: list[Diagnostic]) -> None:
    from sagac.dsl.report.json_ import render

    write(f"{render(found)}\n")


def _print_text(found: list[Diagnostic], compilations: list[Compilation]) -> None:
    from sagac.dsl.report.text import render, summary

    sources = {name: text for each in compilations for name, text in each.sources.items()}
    if found:
        write(render(found, sources, colour=colour()))
    say(summary(found, len(compilations)))


def _exit_code(found: list[Diagnostic], fail_on: str) -> int:
    if any(each.code == "IN001" for each in found):
        return BUG
    counting = {"error"} if fail_on == "error" else {"error", "warning"}
    return FINDINGS if any(each.severity.value in counting for each in found) else 0
