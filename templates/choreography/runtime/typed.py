"""Between values by name and typed code: a view is a dataclass whose fields say which they read.

Each function here makes of a typed function one that takes what the machine has: values by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar

from ...contract.codec import decode, encode
from ...contract.contract import Failure
from .nodes import Values
from .rules import find

V = TypeVar("V")
R = TypeVar("R")
Own = TypeVar("Own")
Data = TypeVar("Data")


def read(view: type[V], values: Values) -> V:
    """A view of ``values``. Raises DecodeError that names what is missing or does not fit."""
    kind: Any = view
    return decode(view, {name: find(values, name) for name in _names(kind)})


@cache
def _names(view: Any) -> tuple[str, ...]:
    rows: tuple[Field[Any], ...] = fields(view) if is_dataclass(view) else ()
    return tuple(str(each.metadata.get("json", each.name)) for each in rows)


def given(view: type[V], make: Callable[[V], R]) -> Callable[[Values], R]:
    """``make`` of a view."""
    return lambda values: make(read(view, values))


def either(view: type[V], holds: Callable[[V], bool]) -> Callable[[Values], str]:
    """``then`` if it holds, else ``else``."""
    return lambda values: "then" if holds(read(view, values)) else "else"


def chosen(
    view: type[V], cases: Sequence[Callable[[V], bool]], otherwise: str
) -> Callable[[Values], str]:
    """``case N``, the first that holds."""

    def choose(values: Values) -> str:
        v = read(view, values)
        held = (f"case {number}" for number, holds in enumerate(cases, start=1) if holds(v))
        return next(held, otherwise)

    return choose


def plain(view: type[V], make: Callable[[V], Any]) -> Callable[[Values], Any]:
    """The same as JSON data."""
    return lambda values: encode(make(read(view, values)))


def named(prefix: str, view: type[V], make: Callable[[V], Any]) -> Callable[[Values], Any]:
    """The same as values by name, each with ``prefix`` before it."""

    def by_name(values: Values) -> dict[str, Any]:
        found = encode(make(read(view, values))) or {}
        return {f"{prefix}{name}": each for name, each in found.items()}

    return by_name


def counted(view: type[V], make: Callable[[V], int]) -> Callable[[Values, int], int]:
    """How many a join waits for."""
    return lambda values, count: make(read(view, values))


def undoing(
    view: type[V], own: type[Own], make: Callable[[V, Own | None, Failure], R]
) -> Callable[[Values, Values | None, Mapping[str, Any]], R]:
    """What a compensation is called with; ``own`` is what the step gave, if that is known."""

    def undo(values: Values, gave: Values | None, failure: Mapping[str, Any]) -> R:
        mine = None if gave is None else decode(own, dict(gave))
        return make(read(view, values), mine, decode(Failure, dict(failure)))

    return undo


def matching(
    data: type[Data], view: type[V], make: Callable[[Data, V], bool]
) -> Callable[[Any, Values], bool]:
    """Whether an event from outside, a ``data``, is meant for the saga with these values."""
    return lambda event, values: make(event, read(view, values))
