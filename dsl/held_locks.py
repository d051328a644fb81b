"""Which locks a saga holds where, and in which order it takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from .graph import SagaGraph
from .model import Item, Name, Parallel, Step, Undo
from .order import in_order
from .structure import sections

MOST = 64  # locks that one saga holds at a time; of more the first are looked at

Uses: TypeAlias = Mapping[str, frozenset[str]]
Held: TypeAlias = "dict[str, Name]"


class Nesting(NamedTuple):
    """``second`` is waited for while ``first`` is held; each where it is taken."""

    first: Name
    second: Name


def nestings(graph: SagaGraph) -> tuple[Nesting, ...]:
    """Each pair of locks of which one is held while the other is waited for, once."""
    return tuple(_walk(graph).pairs.values()) if _has_locks(graph) else ()


def held(graph: SagaGraph) -> Uses:
    """The locks that a saga may hold when an item runs, by the item's name."""
    return _walk(graph).at if _has_locks(graph) else {}


def _has_locks(graph: SagaGraph) -> bool:
    return bool(graph.saga.locks) or any(map(_has_locks, graph.children.values()))


def _walk(graph: SagaGraph) -> _Walk:
    walk = _Walk(graph, {})
    walk.through(graph.saga.items, {})
    return walk


class _Walk:
    def __init__(self, graph: SagaGraph, pairs: dict[tuple[str, str], Nesting]) -> None:
        self.graph = graph
        self.pairs = pairs
        self.at: dict[str, frozenset[str]] = {}

    def through(self, items: tuple[Item, ...], before: Held) -> Held:
        """What is held after the items. A lock is held to the end of the saga."""
        now = before
        for item in in_order(items):
            if isinstance(item, Step | Undo):
                for name in item.locks:
                    now = self._take(name, now)
            self.at[item.name.text] = frozenset(now)
            now = self._inside(item, now)
        return now

    def _inside(self, item: Item, before: Held) -> Held:
        """Each list of a composite begins with what was held before the composite."""
        child = self.graph.children.get(item.name.text)
        if child is not None:  # it keeps its locks until the saga around it has ended
            return _Walk(child, self.pairs).through(child.saga.items, before)
        after = before
        for section in sections(item):
            # branches run side by side: what one of them holds, another may meet
            start = after if isinstance(item, Parallel) else before
            found = self.through(section.items, start)
            if found is not start:
                after = {**found, **after}
        return after

    def _take(self, name: Name, now: Held) -> Held:
        lock = self.graph.saga.locks.get(name.text)
        if name.text in now or lock is None or len(now) >= MOST:
            return now
        if lock.conflict == "wait":
            for first in now.values():
                self.pairs.setdefault((first.text, name.text), Nesting(first, name))
        return {**now, name.text: name}
