"""JSON data as Python literals."""

from __future__ import annotations

from typing import Any

from sagac.generators.layout import Code, Group, prefixed

from .records import quoted


def data_code(plain: Any) -> Code:
    """JSON data as a literal."""
    if isinstance(plain, dict):
        items = tuple(prefixed(f"{quoted(key)}: ", data_code(each)) for key, each in plain.items())
        return Group("{", items, "}")
    if isinstance(plain, list | tuple):
        return Group("[", tuple(map(data_code, plain)), "]")
    return literal(plain)


def literal(value: object) -> str:
    """A text, number or constant as it is written."""
    return quoted(value) if isinstance(value, str) else repr(value)
