"""Who reads what: which outputs become variables, and which leave the block they are made in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import (
    Choose,
    Foreach,
    Item,
    Name,
    Parallel,
    Repeat,
    Step,
    SubSaga,
    Undo,
    Wait,
)
from sagac.dsl.scope import path_of
from sagac.dsl.span import Span
from sagac.dsl.structure import sections, walk
from sagac.dsl.syntax import Attribute, Reference

Path = tuple[str, ...]


class Reading:
    """The reads of one saga, by root."""

    def __init__(self, graph: SagaGraph) -> None:
        self._graph = graph
        self._all = Counter(path[0] for path in paths_in(graph.saga.output))
        self._paths: dict[str, set[Path]] = {}
        for path in paths_in(graph.saga.output):
            self._paths.setdefault(path[0], set()).add(path)
        for item in graph.saga.items:
            for path in self._of(item):
                self._all[path[0]] += 1
                self._paths.setdefault(path[0], set()).add(path)

    def is_read(self, name: str) -> bool:
        """Whether anything but an item's own compensation reads what it gives."""
        return self._all[name] > 0 or any(
            len(path) > 1 and path[1] == name
            for loop in self._graph.facts[name].loops
            for path in self.paths(loop)
        )

    def paths(self, root: str) -> set[Path]:
        """All paths that are read of a root."""
        return self._paths.get(root, set())

    def leaving(self, items: Iterable[Item]) -> tuple[str, ...]:
        """The names made inside ``items`` that are read outside of them, in file order."""
        items = tuple(items)
        inside = Counter(path[0] for item in items for path in self._of(item))
        return tuple(n for n in _made(items) if self._all[n] > inside[n])

    def in_closures(self, items: Iterable[Item]) -> set[str]:
        """Names that compensations, undo items, branches or loop bodies inside ``items`` read."""
        found: set[str] = set()
        for item in walk(items):
            if isinstance(item, Parallel | Foreach | Repeat | Undo):
                found |= {path[0] for path in self._of(item)}
            undo = self._graph.facts[item.name.text].compensation
            if undo is not None:
                found |= {p[0] for p in paths_in((undo.input, undo.when))} - {item.name.text}
            if isinstance(item, Wait):
                found |= {path[0] for path in paths_in((item.match, item.first))}
        return found

    def of_undo(self, item: Item) -> set[str]:
        """Names that the compensation of an item reads."""
        undo = self._graph.facts[item.name.text].compensation
        return set() if undo is None else {p[0] for p in paths_in((undo.input, undo.when))}

    def _of(self, item: Item) -> Iterator[Path]:
        """What an item and the items in it read; not what a step's compensation has of its own."""
        for each in walk((item,)):
            facts = self._graph.facts[each.name.text]
            own = each.name.text if isinstance(each, Step | Undo) else ""
            yield from _own_paths(each)
            yield from paths_in(facts.input)
            if facts.compensation is not None:
                undo = facts.compensation
                yield from (p for p in paths_in((undo.input, undo.when)) if p[0] != own)
            for lock in getattr(each, "locks", ()):
                yield from paths_in(self._graph.saga.locks[lock.text].key)


_PARTS = frozenset(
    ["items", "branches", "cases", "otherwise", "first", "recover", "compensate", "input", "keys"]
)


def _own_paths(item: Item) -> Iterator[Path]:
    """What the item itself reads, without its parts and what the facts say of its input."""
    for each in fields(item):
        if each.name not in _PARTS:
            yield from paths_in(getattr(item, each.name))
    if isinstance(item, Choose):
        yield from paths_in(tuple(case.condition for case in item.cases))
    if isinstance(item, Wait):
        yield from paths_in(tuple((race.match, race.after) for race in item.first))


def paths_in(node: Any) -> Iterator[Path]:
    if isinstance(node, Name | Span):
        return
    if isinstance(node, Attribute | Reference):
        path = path_of(node)
        if path is not None:
            yield path
            return
    if is_dataclass(node):
        for each in fields(node):
            yield from paths_in(getattr(node, each.name))
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from paths_in(value)
    elif isinstance(node, tuple | list):
        for value in node:
            yield from paths_in(value)


def _made(items: Iterable[Item]) -> Iterator[str]:
    """The names that can be read after ``items``: those inside a foreach through the loop only."""
    for item in items:
        if isinstance(item, Step | SubSaga | Wait | Foreach):
            yield item.name.text
        if not isinstance(item, Foreach):
            for section in sections(item):
                yield from _made(section.items)
