"""Findings as workflow commands of GitHub Actions, which shows them at the lines of a change."""

from __future__ import annotations

from collections.abc import Iterable

from sagac.dsl.diagnostics import Diagnostic, Severity

from .places import whole_message

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = {**_ESCAPES, ":": "%3A", ",": "%2C"}


def render(diagnostics: Iterable[Diagnostic]) -> str:
    """Returns a command per finding, a line each; nothing in a file can begin another command."""
    return "".join(f"{_command(found)}\n" for found in diagnostics)


def _command(found: Diagnostic) -> str:
    span = found.span
    properties: dict[str, object] = {"file": span.file, "line": span.line, "col": span.column}
    properties["endLine"] = span.end_line
    if span.end_line == span.line:  # a column is of one line only
        properties["endColumn"] = span.end_column
    properties["title"] = f"{found.code} {found.name}"
    written = ",".join(f"{key}={_escaped(str(v), _IN_PROPERTY)}" for key, v in properties.items())
    message = _escaped(whole_message(found), _ESCAPES)
    return f"::{_COMMANDS[found.severity]} {written}::{message}"


def _escaped(text: str, escapes: dict[str, str]) -> str:
    """``text`` on one line, other line breaks of Unicode and control characters included."""
    return "".join(
        escapes.get(each) or (each if each.isprintable() else repr(each)[1:-1]) for each in text
    )
