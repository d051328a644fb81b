"""The names of fields: such that every target can have a field of that name."""

from __future__ import annotations

import keyword
import re

from .expression_tree import NAME


def field_proposal(name: str) -> str | None:
    """``name`` with underscores in place of what a name may not hold; None if that is none."""
    better = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
    return better if name.isascii() and field_problem(better) is None else None


def field_problem(name: str) -> str | None:
    """Why a field of a record cannot be called ``name``; None if it can."""
    if not NAME.fullmatch(name):
        return "is made of letters, digits and underscores and starts with a letter"
    if keyword.iskeyword(name):
        return "is no keyword of Python, so that every target can have it"
    return None
