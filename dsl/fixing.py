"""Edits applied to a text: everything else stays as it is written, comments and layout too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .diagnostics import Diagnostic, Edit, Safety
from .span import Span

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_COMMA_AFTER = re.compile(r"[ \t]*,[ \t]*")
_COMMA_BEFORE = re.compile(r",[ \t]*$")


def applied(text: str, edits: Iterable[Edit]) -> str:
    """Returns ``text`` with ``edits``, which do not overlap.

    What is taken out takes its line along if nothing else is on it, else the comma beside it or
    the blanks before it.
    """
    lines = _LINE.findall(text)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    for edit in sorted(set(edits), key=lambda each: each.span, reverse=True):
        start, end = _offsets(edit.span, starts, len(text))
        if not edit.text:
            start, end = _with_surroundings(text, start, end)
        text = text[:start] + edit.text + text[end:]
    return text


def fitting(
    findings: Iterable[Diagnostic], file: str, *, unsafe: bool = False
) -> tuple[Diagnostic, ...]:
    """The findings whose fixes can be applied to ``file`` together, in the order of the file.

    Of two that touch the same place the first is taken; the other has its turn in the next round.
    """
    chosen: list[Diagnostic] = []
    taken: set[Edit] = set()
    for finding in findings:
        if not fixable(finding, file, unsafe=unsafe) or finding.fix is None:
            continue
        edits = set(finding.fix.edits)
        if not any(_touch(one.span, other.span) for one in edits for other in taken - edits):
            chosen.append(finding)
            taken |= edits
    return tuple(chosen)


def fixable(finding: Diagnostic, file: str, *, unsafe: bool) -> bool:
    """Whether the finding has a fix inside ``file`` that may be made."""
    fix = finding.fix
    return (
        fix is not None
        and (unsafe or fix.safety is Safety.SAFE)
        and all(edit.span.file == file for edit in fix.edits)
    )


def edits_of(findings: Iterable[Diagnostic]) -> Iterator[Edit]:
    """The edits of the fixes of ``findings``."""
    for finding in findings:
        if finding.fix is not None:
            yield from finding.fix.edits


def _offsets(span: Span, starts: list[int], length: int) -> tuple[int, int]:
    """Where a span begins and ends, counted in characters from the start of the text."""
    last = len(starts) - 1
    start = starts[min(span.line - 1, last)] + span.column - 1
    end = starts[min(span.end_line - 1, last)] + span.end_column - 1
    return min(start, length), min(max(start, end), length)


def _with_surroundings(text: str, start: int, end: int) -> tuple[int, int]:
    """What goes along with a stretch that is taken out."""
    line = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    rest = _LINE.match(text, end)
    tail = rest[0] if rest is not None else ""
    if not text[line:start].strip():
        blanks = len(tail) - len(tail.lstrip(" \t"))
        return (start, end + blanks) if tail.strip() else (line, end + len(tail))
    comma = _COMMA_AFTER.match(text, end)
    if comma is not None:
        return start, comma.end()
    before = _COMMA_BEFORE.search(text, line, start)
    if before is not None:
        return before.start(), end
    if not tail.strip():
        return line + len(text[line:start].rstrip()), end
    return start, end


def _touch(one: Span, other: Span) -> bool:
    return one[:2] <= other[2:4] and other[:2] <= one[2:4]
