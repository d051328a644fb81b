"""One slip, one finding: what a rule says of an item that has an earlier error is left out."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from .codes import diagnostic
from .diagnostics import Diagnostic, Severity
from .model import Saga
from .reader_text import UNCLOSED, UNQUOTED
from .rules.places import every_item
from .span import Span


def without_echoes(found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """Returns ``found`` without what is said of a name that is reported as no name at all."""
    misnamed = {each.span for each in found if each.code == "SY008"}
    return tuple(
        each for each in found if each.code[:2] not in ("NA", "TY") or each.span not in misnamed
    )


CIRCLE = "ST001"  # what is wrong with its values does not draw a circle
_COLON = re.compile(r"([A-Za-z_][\w-]*\??)( +|:)(?=[{\[])")


def without_colon(found: tuple[Diagnostic, ...], text: str) -> tuple[Diagnostic, ...]:
    """Returns ``found``, or what a key with no colon before its braces leaves of it.

    ``shop { team: web }`` is a key ``shop { team`` to YAML: nothing behind it can be trusted.
    """
    lines: list[str] = []
    for each in found:
        if each.code in ("SY002", "SY008"):
            lines = lines or text.splitlines()
            line = lines[each.span.line - 1] if each.span.line <= len(lines) else ""
            match = _COLON.match(line, each.span.column - 1)
            if match is not None:
                return (*_earlier(found, each.span), _colon(match, each.span))
    return found


def _earlier(found: tuple[Diagnostic, ...], span: Span) -> Iterator[Diagnostic]:
    for each in found:
        if each.code[:2] == "SY" and each.code != "SY003" and each.span.line < span.line:
            yield each


def _colon(match: re.Match[str], span: Span) -> Diagnostic:
    what = "A space" if match[2] == ":" else "A ':'"
    column = match.end(2) if match[2] == ":" else match.end(1) + 1
    place = span._replace(column=column, end_line=span.line, end_column=column + 1)
    after = "the ':'" if match[2] == ":" else repr(match[1])
    help = f"Write `{match[1]}: ...`."
    return diagnostic("SY001", place, f"{what} is missing after {after}.", help=help)


def is_break(found: Diagnostic) -> bool:
    """Whether what stands around it cannot be trusted: an expression that only lacks its quotes is
    read as if it had them."""
    quoted = found.message == UNQUOTED and found.help != UNCLOSED
    return found.code == "SY001" and not quoted


def before_the_break(found: tuple[Diagnostic, ...], saga: Saga | None) -> tuple[Diagnostic, ...]:
    """Returns ``found`` without what a break in the YAML (SY001) makes seem wrong or missing."""
    breaks = [each for each in found if is_break(each)]
    if not breaks:
        return found
    starts = sorted(item.span[:2] for item in every_item(saga.items if saga is not None else ()))
    ranges = []
    for each in breaks:
        places = [each.span[:2], *(label.span[:2] for label in each.labels)]
        end = max(places)
        begun = starts[: bisect_right(starts, end)][-1:]
        ranges.append((min([(min(places)[0], 0), *begun]), end))
    return tuple(
        each
        for each in found
        if each.code == "SY001"
        or not (each.code == "SY003" or any(_touches(each.span, *every) for every in ranges))
    )


def _touches(span: Span, start: tuple[int, int], end: tuple[int, int]) -> bool:
    return span[:2] <= end and start <= span[2:4]


def without_follow_ups(
    findings: Iterable[Diagnostic], earlier: tuple[Diagnostic, ...], saga: Saga
) -> Iterator[Diagnostic]:
    """Yields the findings that do not stand in an item in which ``earlier`` ones found an error."""
    errors = [each.span for each in earlier if each.severity is Severity.ERROR]
    if not errors:
        yield from findings
        return
    owners = _Owners(saga)
    broken = {owners.of(span) for span in errors} - {None}
    deadline_broken = any(owners.of(span) is None for span in errors)
    for finding in findings:
        follows = owners.of(finding.span) in broken and finding.code != CIRCLE
        if not follows and not (deadline_broken and finding.code.startswith("TI")):
            yield finding


class _Owners:
    """Finds the innermost item around a place; items nest, so the last one opened is it."""

    def __init__(self, saga: Saga) -> None:
        self.file = saga.span.file
        self.spans = sorted(item.span for item in every_item(saga.items))
        self.parents: list[int] = []
        open_ones: list[int] = []
        for index, span in enumerate(self.spans):
            while open_ones and not _holds(self.spans[open_ones[-1]], span):
                open_ones.pop()
            self.parents.append(open_ones[-1] if open_ones else -1)
            open_ones.append(index)

    def of(self, span: Span) -> Span | None:
        if span.file != self.file:
            return None
        at = bisect_right(self.spans, (span.line, span.column, 1 << 30)) - 1
        while at >= 0 and not _holds(self.spans[at], span):
            at = self.parents[at]
        return self.spans[at] if at >= 0 else None


def _holds(outer: Span, inner: Span) -> bool:
    start, end = (outer.line, outer.column), (outer.end_line, outer.end_column)
    return start <= (inner.line, inner.column) < end
