"""What an event from outside carries, so that the wait that ``match``es it takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sagac.dsl.evaluate import EvaluationError, evaluate
from sagac.dsl.model import Race, Wait
from sagac.dsl.scope import path_of
from sagac.dsl.syntax import Compare, Expr, Logic, Unary

_EQUAL_WILL_DO = ("==", "<=", ">=")


def heard(item: Wait, values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """By the names of the events that ``item`` waits for: the fields that its match asks for.

    ``values`` is what is known where it waits. A condition that cannot be met so is left alone.
    """
    ways: tuple[Wait | Race, ...] = (item, *item.first)
    return {
        way.event.text: dict(_fields(way.match, values))
        for way in ways
        if way.event is not None and way.match is not None
    }


def _fields(match: Expr, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    match match:
        case Logic(operator=operator, operands=operands):
            for each in operands if operator == "and" else operands[:1]:
                yield from _fields(each, values)
        case Compare(left=left, rest=((operator, right),)) if operator in _EQUAL_WILL_DO:
            for field, other in ((_field(left), right), (_field(right), left)):
                if field is not None:
                    yield from _known(field, other, values)
        case Unary(operator="not", operand=operand) if field := _field(operand):
            yield field, False
        case _ if field := _field(match):
            yield field, True


def _field(expr: Expr) -> str | None:
    """X of ``event.X``."""
    path = path_of(expr)
    return path[1] if path is not None and len(path) == 2 and path[0] == "event" else None


def _known(field: str, other: Expr, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    try:
        value = evaluate(other, values)
    except EvaluationError:  # it reads the event, or what is not there
        return
    if value is not None:
        yield field, value
