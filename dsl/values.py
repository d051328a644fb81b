"""The expressions of an item, as written: what rules that look into conditions and values walk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .model import (
    Choose,
    Compensate,
    Fail,
    Foreach,
    Group,
    Input,
    InputNames,
    Item,
    Parallel,
    Repeat,
    Seconds,
    Step,
    SubSaga,
    Undo,
    Wait,
)
from .syntax import (
    Array,
    Attribute,
    Binary,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Expr,
    Index,
    ListOf,
    Logic,
    Record,
    Reference,
    Template,
    Unary,
    Value,
)


def values_of(item: Item) -> Iterator[Value]:
    """Every value that is written in an item itself, not in the items inside it."""
    if item.condition is not None:
        yield item.condition
    match item:
        case Step():
            yield from _input(item.input)
            yield from _compensate(item.compensate)
        case Undo() | SubSaga():
            yield from _input(item.input)
        case Group():
            yield from _compensate(item.compensate)
        case Choose():
            yield from (case.condition for case in item.cases)
        case Repeat() if item.until is not None:
            yield item.until
        case Fail() if item.data is not None:
            yield item.data
        case Parallel():
            yield from _written(item.join)
        case Foreach():
            yield from _written(item.source, item.limit, item.join)
        case Wait():
            ways = (part for race in item.first for part in (race.match, race.after))
            yield from _written(item.duration, item.match, item.timeout, *ways)


def has_names_only(item: Item) -> bool:
    """Whether all that is written in an item are names, as in most steps: ``STEP.FIELD``."""
    if item.__class__ is not Step or item.condition is not None:
        return False
    undo = item.compensate
    if undo is not None and (undo.when is not None or undo.input.__class__ is Record):
        return False
    return item.input.__class__ is not Record


def _input(written: Input | None) -> Iterator[Value]:
    if isinstance(written, InputNames):
        yield from written.names
    elif written is not None:
        yield written


def _compensate(written: Compensate | None) -> Iterator[Value]:
    if written is not None:
        yield from _input(written.input)
        yield from _written(written.when)


def _written(*values: Expr | Seconds | str | int | None) -> Iterator[Value]:
    for value in values:
        if value is not None and not isinstance(value, Seconds | str | int):
            yield value


def walk(value: Value) -> Iterator[Value]:
    """A value and all that is inside it, outermost first."""
    todo = [value]
    while todo:
        here = todo.pop()
        yield here
        made = _PARTS.get(here.__class__)
        if made is not None:
            todo.extend(reversed(tuple(made(here))))


def parts(value: Value) -> tuple[Value, ...]:
    """What a value is made of, in the order of the text."""
    made = _PARTS.get(value.__class__)
    return tuple(made(value)) if made is not None else ()


_PARTS: dict[type, Callable[[Any], Iterable[Value]]] = {
    Attribute: lambda value: (value.base,),
    Template: lambda value: [part for part in value.parts if not isinstance(part, str)],
    Record: lambda value: value.fields.values(),
    Array: lambda value: value.items,
    ListOf: lambda value: value.items,
    Index: lambda value: (value.base, value.index),
    Unary: lambda value: (value.operand,),
    Binary: lambda value: (value.left, value.right),
    Compare: lambda value: (value.left, *[right for _, right in value.rest]),
    Logic: lambda value: value.operands,
    Conditional: lambda value: (value.then, value.test, value.otherwise),
    Call: lambda value: value.arguments,
    Comprehension: lambda value: (
        value.element,
        value.source,
        *(() if value.condition is None else (value.condition,)),
    ),
}


def chain(value: Value) -> tuple[str, ...]:
    """The names of ``a.b.c``; empty for anything else."""
    names: list[str] = []
    while isinstance(value, Attribute):
        names.append(value.name)
        value = value.base
    return (value.name, *reversed(names)) if isinstance(value, Reference) else ()
