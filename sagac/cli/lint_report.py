"""Findings written in the format that is wanted."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sagac.cli.support import colour, usage, write

if TYPE_CHECKING:
    from sagac.dsl.diagnostics import Diagnostic

FOR_PEOPLE = ("text", "concise")


def show(
    format_: str,
    found: Sequence[Diagnostic],
    files: Collection[str],
    sources: Mapping[str, str],
) -> None:
    """Writes the findings of ``files`` to standard output; for people with a count on stderr."""
    written = rendered(format_, found, files, sources)
    write(written if not written or written.endswith("\n") else f"{written}\n")
    if format_ in FOR_PEOPLE:
        _count(found, files)


def show_statistics(format_: str, found: Sequence[Diagnostic], files: Collection[str]) -> None:
    """Writes how often each rule was broken. Raises UsageProblem for a format that cannot."""
    from sagac.dsl.report import statistics

    if format_ == "json":
        write(f"{statistics.render_json(found)}\n")
    elif format_ in FOR_PEOPLE:
        write(statistics.render(found))
        _count(found, files)
    else:
        raise usage(f"--statistics can be written as text or json, not as {format_}.")


def rendered(
    format_: str,
    found: Sequence[Diagnostic],
    files: Collection[str],
    sources: Mapping[str, str],
) -> str:
    """The findings in ``format_``; each format is imported when it is used."""
    from importlib import import_module

    module = {"json": "json_"}.get(format_, format_)
    report: Any = import_module(f"sagac.dsl.report.{module}")
    if format_ == "sarif":
        from sagac import __version__

        return str(report.render(found, __version__))
    if format_ == "junit":
        return str(report.render(found, files))
    if format_ == "concise":
        return str(report.render(found, colour=colour()))
    if format_ == "text":
        return str(report.render(found, sources, colour=colour()))
    return str(report.render(found))


def _count(found: Sequence[Diagnostic], files: Collection[str]) -> None:
    from sagac.dsl.report.text import summary

    write(f"{summary(found, len(files))}\n", sys.stderr)
