"""Findings as JSON: for editors, for continuous integration, for other programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sagac.dsl.diagnostics import Diagnostic, Repair
from sagac.dsl.span import Span

VERSION = 1


def render(diagnostics: Iterable[Diagnostic]) -> str:
    """Returns one JSON document; lines and columns count from 1, ends are exclusive."""
    found = [_finding(each) for each in diagnostics]
    return json.dumps({"version": VERSION, "diagnostics": found}, indent=2, ensure_ascii=False)


def _finding(found: Diagnostic) -> dict[str, Any]:
    return {
        "code": found.code,
        "name": found.name,
        "severity": found.severity.value,
        "message": found.message,
        "file": found.span.file,
        "span": _span(found.span),
        "labels": [
            {"message": label.message, "span": _span(label.span)}
            | ({"file": label.span.file} if label.span.file != found.span.file else {})
            for label in found.labels
        ],
        "help": found.help,
        "url": found.url,
        "fix": None if found.fix is None else _fix(found.fix, found.span.file),
    }


def _fix(fix: Repair, file: str) -> dict[str, Any]:
    return {
        "title": fix.title,
        "safety": fix.safety.value,
        "edits": [
            {"span": _span(edit.span), "text": edit.text}
            | ({"file": edit.span.file} if edit.span.file != file else {})
            for edit in fix.edits
        ],
    }


def _span(span: Span) -> dict[str, dict[str, int]]:
    return {
        "start": {"line": span.line, "column": span.column},
        "end": {"line": span.end_line, "column": span.end_column},
    }
