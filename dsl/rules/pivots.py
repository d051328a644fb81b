"""The pivots of a saga, and which of them are in trouble of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sagac.dsl.facts import Position, Role
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Item, Undo

from .failing import choosing_join, written_role
from .places import Places, Relation, places_of


class Second(NamedTuple):
    """A pivot that shares a path with an earlier one of the file."""

    first: Item
    second: Item
    relation: Relation  # of the first to the second


_latest: list[tuple[SagaGraph, tuple[Item, ...]]] = []


def pivots(graph: SagaGraph) -> tuple[Item, ...]:
    """The pivots that the file declares, in its order; kept for the next rule that asks."""
    if not _latest or _latest[0][0] is not graph:
        found = [each.item for each in graph.facts.values() if written_role(each.item) == "pivot"]
        _latest[:] = [(graph, tuple(sorted(found, key=lambda item: item.name.span)))]
    return _latest[0][1]


def first_pivot(graph: SagaGraph) -> Item | None:
    """A pivot of the saga, declared or implicit; None if all of it can be undone."""
    declared = pivots(graph)
    if declared:
        return declared[0]
    implied = (each.item for each in graph.facts.values() if each.role is Role.PIVOT)
    return next(implied, None)


def second_pivots(graph: SagaGraph, places: Places) -> Iterator[Second]:
    """The pivots that share a path with an earlier one of the file, each with the nearest."""
    declared = pivots(graph)
    for index, second in enumerate(declared):
        for first in reversed(declared[:index]):
            relation = places.relation(first.name.text, second.name.text)
            if relation is not Relation.EXCLUDES:
                yield Second(first, second, relation)
                break


def lone_pivots(graph: SagaGraph) -> tuple[Item, ...]:
    """The declared pivots that share no path with another: of those PI003 speaks already."""
    pairs = list(second_pivots(graph, places_of(graph.saga)))
    paired = {item.name.text for pair in pairs for item in (pair.first, pair.second)}
    return tuple(item for item in pivots(graph) if item.name.text not in paired)


def sound_pivots(graph: SagaGraph) -> tuple[Item, ...]:
    """The declared pivots of which no rule says that they cannot be one where they stand."""
    places = places_of(graph.saga)
    return tuple(
        item
        for item in lone_pivots(graph)
        if getattr(item, "compensate", None) is None
        and not graph.facts[item.name.text].loops
        and not choosing_join(places, item.name.text)
    )


def claims_to_be_undone(graph: SagaGraph, item: Item) -> bool:
    """Whether an item after the pivot is written as if it could still be undone."""
    facts = graph.facts[item.name.text]
    if facts.position is not Position.AFTER or written_role(item) in ("pivot", "optional"):
        return False
    if isinstance(item, Undo):
        return True
    return getattr(item, "compensate", None) is not None or written_role(item) == "compensatable"


def after_by_pivot(graph: SagaGraph) -> dict[str, list[Item]]:
    """What is written as if it could still be undone, by the name of the pivot before it."""
    places, found = places_of(graph.saga), dict[str, list[Item]]()
    sound = sound_pivots(graph)
    for facts in graph.facts.values() if sound else ():
        if claims_to_be_undone(graph, facts.item):
            name = facts.item.name.text
            for pivot in sound:
                if places.relation(pivot.name.text, name) is Relation.BEFORE:
                    found.setdefault(pivot.name.text, []).append(facts.item)
                    break
    return found
