"""Findings as SARIF 2.1.0, which code scanning services read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from sagac.dsl.diagnostics import Diagnostic, Repair, Severity
from sagac.dsl.rules import docs, registry
from sagac.dsl.span import Span

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(diagnostics: Iterable[Diagnostic], version: str) -> str:
    """Returns one log with one run; ``version`` is that of sagac."""
    found = list(diagnostics)
    codes = sorted({each.code for each in found})
    driver = {"name": "sagac", "version": version, "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": _results(found, codes),
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False)


def _rule(code: str) -> dict[str, Any]:
    rule = registry.find(code)
    shown = f"{rule.summary}\n\n{rule.why}"
    return {
        "id": code,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {"text": shown, "markdown": docs.page(rule)},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _results(found: Sequence[Diagnostic], codes: list[str]) -> list[dict[str, Any]]:
    seen: Counter[tuple[str, str, str]] = Counter()
    results = []
    for each in found:
        key = (each.code, each.span.file, each.message)
        seen[key] += 1
        results.append(_result(each, codes.index(each.code), _digest(*key, str(seen[key]))))
    return results


def _result(found: Diagnostic, index: int, digest: str) -> dict[str, Any]:
    message = found.message if not found.help else f"{found.message}\n{found.help}"
    result: dict[str, Any] = {
        "ruleId": found.code,
        "ruleIndex": index,
        "level": _LEVELS[found.severity],
        "message": {"text": message},
        "locations": [{"physicalLocation": _location(found.span)}],
        "partialFingerprints": {"message/v1": digest},
    }
    if found.labels:
        result["relatedLocations"] = [
            {
                "id": number,
                "message": {"text": label.message},
                "physicalLocation": _location(label.span),
            }
            for number, label in enumerate(found.labels)
        ]
    if found.fix is not None:
        result["fixes"] = [_fix(found.fix)]
    return result


def _fix(fix: Repair) -> dict[str, Any]:
    files = dict.fromkeys(edit.span.file for edit in fix.edits)
    return {
        "description": {"text": f"{fix.title} ({fix.safety.value})"},
        "artifactChanges": [
            {
                "artifactLocation": {"uri": _uri(file)},
                "replacements": [
                    {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
                    for edit in fix.edits
                    if edit.span.file == file
                ],
            }
            for file in files
        ],
    }


def _location(span: Span) -> dict[str, Any]:
    return {"artifactLocation": {"uri": _uri(span.file)}, "region": _region(span)}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _uri(file: str) -> str:
    """A path as a URI reference; an absolute one with its scheme.

    A name that is no UTF-8 text has its own bytes; other half characters come from no disk.
    """
    try:
        name = file.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        name = file.encode("utf-8", "surrogatepass")
    written = quote(name)
    return f"file://{written}" if written.startswith("/") else written


def _digest(*parts: str) -> str:
    text = "\0".join(parts)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
