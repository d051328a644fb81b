"""Findings written in the format that is wanted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from sagac.cli.support import UsageProblem, colour

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
    click.echo(written, nl=bool(written) and not written.endswith("\n"), color=True)
    if format_ in FOR_PEOPLE:
        _count(found, files)


def show_statistics(format_: str, found: Sequence[Diagnostic], files: Collection[str]) -> None:
    """Writes how often each rule was broken. Raises UsageProblem for a format that cannot."""
    from sagac.dsl.report import statistics

    if format_ == "json":
        click.echo(statistics.render_json(found))
    elif format_ in FOR_PEOPLE:
        click.echo(statistics.render(found), nl=False)
        _count(found, files)
    else:
        raise UsageProblem(f"--statistics can be written as text or json, not as {format_}.")


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

    click.echo(summary(found, len(files)), err=True)
