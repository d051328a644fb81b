"""The fixes that several findings offer: a word replaced, a place taken out.

A rule gives them to ``diagnostic(..., fix=...)`` where it is certain what is to be written. What
is taken out may be written over several lines; ``fixing`` clears away what is left of its line.
"""

from __future__ import annotations

from .diagnostics import Edit, Repair, Safety
from .span import Span


def written(span: Span, text: str, safety: Safety = Safety.UNSAFE) -> Repair:
    """``text`` instead of what stands at ``span``."""
    return Repair(f"Write `{text}`.", safety, (Edit(span, text),))


def renamed(span: Span, meant: str | None, safety: Safety = Safety.UNSAFE) -> Repair | None:
    """A misspelt word put right; None if it is not known what was ``meant``."""
    return written(span, meant, safety) if meant is not None else None


def without_key(key: str, at: Span, value: Span) -> Repair:
    """A ``key`` of a mapping taken out together with its ``value``."""
    return removed(key, at.to(value))


def removed(what: str, *spans: Span, safety: Safety = Safety.UNSAFE) -> Repair:
    """What stands at ``spans`` taken out; the title calls it ``what``."""
    return Repair(f"Remove `{what}`.", safety, tuple(Edit(span, "") for span in spans))
