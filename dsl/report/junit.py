"""Findings as a JUnit report: a suite per file, a test case per finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from sagac.dsl.diagnostics import Diagnostic, Severity

from .paint import visible
from .places import place, whole_message


def render(diagnostics: Iterable[Diagnostic], files: Iterable[str]) -> str:
    """Returns an XML document; a file of ``files`` without findings is a case that passes.

    Errors and warnings are failures; what is only told is a case that passes and says so.
    """
    by_file: dict[str, list[Diagnostic]] = {file: [] for file in files}
    for found in diagnostics:
        by_file.setdefault(found.span.file, []).append(found)
    counts = [(max(1, len(each)), _failures(each)) for each in by_file.values()]
    tests, failures = sum(one for one, _ in counts), sum(two for _, two in counts)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f'<testsuites name="sagac lint" tests="{tests}" failures="{failures}" errors="0">')
    for file, found_here in by_file.items():
        lines += _suite(file, found_here)
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _suite(file: str, found: Sequence[Diagnostic]) -> Iterator[str]:
    tests, name = max(1, len(found)), _attribute(file)
    yield f'  <testsuite name={name} tests="{tests}" failures="{_failures(found)}" errors="0">'
    if not found:
        yield f'    <testcase name="sagac lint" classname={name}/>'
    for each in found:
        yield from _case(each, name)
    yield "  </testsuite>"


def _case(found: Diagnostic, file: str) -> Iterator[str]:
    name = _attribute(f"{found.code} {found.name} {place(found.span, found.span.file)}")
    yield f'    <testcase name={name} classname={file} line="{found.span.line}">'
    text = escape(_legal(f"{place(found.span)}\n{whole_message(found)}"))
    if _fails(found):
        message = _attribute(found.message)
        yield f'      <failure type="{found.severity.value}" message={message}>{text}</failure>'
    else:
        yield f"      <system-out>{text}</system-out>"
    yield "    </testcase>"


def _fails(found: Diagnostic) -> bool:
    return found.severity is not Severity.INFO


def _failures(found: Iterable[Diagnostic]) -> int:
    return sum(map(_fails, found))


def _attribute(text: str) -> str:
    return quoteattr(visible(text))


def _legal(text: str) -> str:
    """``text`` without what XML cannot hold, even escaped: control characters, lone surrogates."""
    return "\n".join(visible(line) for line in text.split("\n"))
