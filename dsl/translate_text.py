"""Literals and texts as Python source."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from .literals import READERS, read_literal
from .relations import DECIMAL, present
from .types import Primitive, Type


def text_source(text: str) -> str:
    """``text`` as a literal, in double quotes where that needs no escape."""
    source = repr(text)
    return f'"{source[1:-1]}"' if source[0] == "'" and '"' not in source else source


def literal_source(value: str | int | float | bool | None, target: Type | None) -> str:
    """A scalar of the file where ``target`` (without a name around it) is asked for."""
    wanted = present(target) if target is not None else None
    if isinstance(value, str):
        if isinstance(wanted, Primitive) and wanted.name in READERS:
            return _written(value, wanted.name)
        return text_source(value)
    if wanted == DECIMAL and isinstance(value, int | float) and not isinstance(value, bool):
        return decimal_source(value)
    return repr(value)


def decimal_source(value: int | float) -> str:
    """An exact decimal of the digits that are written."""
    return f'Decimal("{value!r}")' if isinstance(value, float) else f"Decimal({value})"


def _written(text: str, type_name: str) -> str:
    try:
        value = read_literal(text, type_name)
    except ValueError:
        return text_source(text)
    match value:
        case Decimal():
            return f'Decimal("{value}")'
        case dt.datetime():
            return f'dt.datetime.fromisoformat("{value.isoformat()}")'
        case dt.date():
            return f'dt.date.fromisoformat("{value.isoformat()}")'
        case dt.timedelta():
            seconds = value.total_seconds()
            return f"dt.timedelta(seconds={int(seconds) if seconds.is_integer() else seconds})"
        case UUID():
            return f'UUID("{value}")'
    return repr(value)


def template_source(parts: Sequence[tuple[str, bool]]) -> str:
    """Joins parts, ``(text, False)`` or ``(source, True)``: an f-string where its rules allow it.

    Until Python 3.12 the expressions of an f-string hold no backslash, no ``#`` and none of its own
    quotes; then the text is joined by ``format``.
    """
    parts = [(_requoted(part), True) if is_source else (part, False) for part, is_source in parts]
    sources = [source for source, is_source in parts if is_source]
    if not any(char in source for source in sources for char in '"\\#{}\n'):
        inner = (f"{{{part}}}" if is_source else _plain(part) for part, is_source in parts)
        return f'f"{"".join(inner)}"'
    shape = "".join("{}" if is_source else _plain(part) for part, is_source in parts)
    return f'"{shape}".format({", ".join(sources)})'


def _requoted(source: str) -> str:
    """``source`` with single quotes, which may stand inside an f-string, if that is easy."""
    return source if "'" in source or "\\" in source else source.replace('"', "'")


def _plain(text: str) -> str:
    """Text between the double quotes of a string in which braces mean something."""
    # With a double quote in it ``repr`` takes single ones, and escapes single ones in the text.
    escaped = repr(text + '"')[1:-2].replace("\\'", "'").replace('"', '\\"')
    return escaped.replace("{", "{{").replace("}", "}}")
