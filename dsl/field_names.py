"""The names of fields: such that every target can have a field of that name."""

from __future__ import annotations

import keyword

from .expression_tree import NAME


def field_problem(name: str) -> str | None:
    """Why a field of a record cannot be called ``name``; None if it can."""
    if not NAME.fullmatch(name):
        return "is made of letters, digits and underscores and starts with a letter"
    if keyword.iskeyword(name):
        return "is no keyword of Python, so that every target can have it"
    return None
