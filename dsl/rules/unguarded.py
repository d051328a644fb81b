"""What a value reads without looking first whether it is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sagac.dsl.facts import ItemFacts, Reach
from sagac.dsl.graph import SagaGraph
from sagac.dsl.reach import reads
from sagac.dsl.scope import Scope, narrow
from sagac.dsl.syntax import Attribute, Comprehension, Conditional, Expr, Logic, Value
from sagac.dsl.values import parts

from .places import Places


class Reading(NamedTuple):
    """A value that an item is given as ``field``; ``reader`` None: the output of the saga."""

    reader: str | None
    field: str
    reach: Reach
    guarded: bool  # it is only read where it is known to be there


def readings(graph: SagaGraph, places: Places) -> Iterator[Reading]:
    """What the requests of items and the output of the saga read of items."""
    for name, facts in graph.facts.items():
        if any(reach.root in graph.facts for reach in facts.reads):
            yield from _of_item(graph, places, name, facts)
    output = graph.saga.output
    if output is not None:
        yield from _of(graph, None, output.fields, Scope({}))


def _of_item(graph: SagaGraph, places: Places, name: str, facts: ItemFacts) -> Iterator[Reading]:
    scope = Scope({})
    for condition, holds in places.conditions(places.places[name]):
        scope = narrow(condition, scope, holds)
    if facts.item.condition is not None:
        scope = narrow(facts.item.condition, scope)
    yield from _of(graph, name, facts.input, scope)


def _of(
    graph: SagaGraph, reader: str | None, values: Mapping[str, Value], scope: Scope
) -> Iterator[Reading]:
    for field, value in values.items():
        for reach, there in _walk(value, scope):
            if reach.root in graph.facts:
                path = (reach.root, *reach.path)
                looked = any(path[:end] in there.present for end in range(1, len(path) + 1))
                yield Reading(reader, field, reach, looked)


def _walk(value: Value, scope: Scope) -> Iterator[tuple[Reach, Scope]]:
    """Every value that is read, with what is known where it is read."""
    match value:
        case Conditional():
            yield from _tested(value.test, scope)
            yield from _walk(value.then, narrow(value.test, scope))
            yield from _walk(value.otherwise, narrow(value.test, scope, holds=False))
        case Logic():
            yield from _tested(value, scope)
        case Attribute() | Comprehension():
            yield from ((reach, scope) for reach in reads(value))
        case _:
            inner = tuple(parts(value))
            if not inner:
                yield from ((reach, scope) for reach in reads(value))
            for part in inner:
                yield from _walk(part, scope)


def _tested(test: Expr, scope: Scope) -> Iterator[tuple[Reach, Scope]]:
    """A condition looks at what it reads: nothing in it is taken for granted."""
    known = frozenset((reach.root,) for reach in reads(test))
    yield from ((reach, Scope({}, {}, scope.present | known)) for reach in reads(test))
