"""Where something stands in a text: the ground floor, imported by everything."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A range of one file; lines and columns count characters from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    file: str = ""

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of ``other`` (same file)."""
        return Span(self.line, self.column, other.end_line, other.end_column, self.file)


NOWHERE = Span(1, 1, 1, 1)
