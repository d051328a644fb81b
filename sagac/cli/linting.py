"""What ``sagac lint`` does. It imports nothing of click: see ``sagac.cli``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagac.cli.guard import say
from sagac.cli.many import Looked, look_at_many
from sagac.cli.options import Option
from sagac.cli.support import STDIN, colour, usage, write

if TYPE_CHECKING:
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
    Option("--no-cache", "Look at all files, also at those that are as they were.", flag=True),
)


def lint(
    files: tuple[str, ...], format: str, fail_on: str, stdin_filename: str | None, no_cache: bool
) -> int:
    """Lints ``files``, prints the findings and returns the exit code."""
    if files.count("-") > 1:
        raise usage("standard input (`-`) can be read only once.")
    names = tuple(dict.fromkeys(files))
    looked = look_at_many(names, stdin_filename, cached=not no_cache)
    # one in a file that several others use is given once
    found = list(dict.fromkeys(found for each in looked for found in each.diagnostics))
    if format == "json":
        _print_json(found)
    else:
        _print_text(found, looked)
    return _exit_code(found, fail_on)


def _print_json(found: list[Diagnostic]) -> None:
    from sagac.dsl.report.json_ import render

    write(f"{render(found)}\n")


def _print_text(found: list[Diagnostic], looked: list[Looked]) -> None:
    from sagac.dsl.report.text import render, summary

    sources = {name: text for each in looked for name, text in each.sources.items()}
    if found:
        write(render(found, sources, colour=colour()))
    say(summary(found, len(looked)))


def _exit_code(found: list[Diagnostic], fail_on: str) -> int:
    if any(each.code == "IN001" for each in found):
        return BUG
    counting = {"error"} if fail_on == "error" else {"error", "warning"}
    return FINDINGS if any(each.severity.value in counting for each in found) else 0
