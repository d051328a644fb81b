"""From a place in the text of a scalar to a place in the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .nodes import Scalar
from .span import Span

_new: Callable[..., Any] = tuple.__new__  # a named tuple without the detour over keywords


class Place:
    """Part of the text of ``scalar``, from ``offset``: where its characters stand in the file."""

    def __init__(self, scalar: Scalar, offset: int = 0) -> None:
        self._scalar = scalar
        self._offset = offset
        self._first = _first_column(scalar)

    def span(self, start: int, end: int) -> Span:
        """The span of ``text[start:end]``; of the whole scalar where columns cannot be counted.

        They cannot in a scalar of several lines, nor in a quoted one with escapes.
        """
        whole = self._scalar.span
        if self._first is None:
            return whole
        first = self._first + self._offset
        line, _, _, _, file = whole
        return _new(Span, (line, first + start, line, first + end, file))  # type: ignore[no-any-return]

    def inside(self, start: int) -> Place:
        """The same text from ``start``."""
        return Place(self._scalar, self._offset + start)


def _first_column(scalar: Scalar) -> int | None:
    """The column of the first character of the text; None if they do not stand one by one."""
    span = scalar.span
    quotes = 0 if scalar.plain else 1
    if span.line != span.end_line or span.end_column - span.column != len(scalar.text) + 2 * quotes:
        return None
    return span.column + quotes
