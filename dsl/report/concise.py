"""Findings on one line each, as editors and ``grep`` read them."""

from __future__ import annotations

from collections.abc import Iterable

from sagac.dsl.diagnostics import Diagnostic

from .paint import Paint, visible
from .places import place, second_places


def render(diagnostics: Iterable[Diagnostic], *, colour: bool = False) -> str:
    """Returns a line per finding: ``file:line:column: severity[CODE] message``."""
    return "".join(f"{_line(found, Paint(colour))}\n" for found in diagnostics)


def _line(found: Diagnostic, paint: Paint) -> str:
    head = paint.severity(f"{found.severity.value}[{found.code}]", found.severity)
    others = "; ".join(second_places(found))
    also = f" [{others}]" if others else ""
    return f"{place(found.span)}: {head} {visible(found.message)}{also}"
