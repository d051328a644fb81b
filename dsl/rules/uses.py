"""Who uses what: services, types, events and outputs. One index for all rules that ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from sagac.dsl.facts import Reach
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Foreach, Item, Saga, Wait
from sagac.dsl.reach import reads
from sagac.dsl.schemas import placed_types
from sagac.dsl.structure import sections
from sagac.dsl.types import ListType, NamedType, OptionalType, RecordType, Type

from .places import every_item, items_of


def bare(name: str) -> str:
    """A name without what is easily written in two ways: case, ``_`` and ``-``."""
    return name.replace("_", "").replace("-", "").casefold()


def unused(declared: Iterable[str], used: set[str]) -> Iterator[str]:
    """The names that nothing uses; one that looks like another is ST002's business."""
    declared = tuple(declared)
    alike = Counter(map(bare, declared))
    yield from (name for name in declared if name not in used and alike[bare(name)] == 1)


def used_services(saga: Saga) -> set[str]:
    """The services that something in the saga names."""
    found = {str(each.source) for each in saga.events.values() if each.source is not None}
    if saga.start is not None and saga.start.service is not None:
        found.add(saga.start.service.text)
    for item in items_of(saga):
        undo = getattr(item, "compensate", None)
        names = (getattr(item, "service", None), getattr(undo, "service", None))
        found.update(name.text for name in names if name is not None)
    return found


PUBLISHED = ("done", "failed", "undone", "skipped")


def used_events(saga: Saga) -> set[str]:
    """The events that the saga waits for, starts with, is cancelled by, or publishes."""
    top = (getattr(each, "event", None) for each in (saga.start, saga.cancel))
    found = {name.text for name in top if name is not None}
    for item in items_of(saga):
        if isinstance(item, Wait):
            names = (item.event, *(race.event for race in item.first))
        else:
            written = getattr(item, "events", None)
            names = tuple(getattr(written, each, None) for each in PUBLISHED)
        found.update(name.text for name in names if name is not None)
    return found


def used_types(saga: Saga) -> set[str]:
    """The names of ``types:`` that the saga uses, directly or by way of others."""
    found: set[str] = set()
    todo = [name for each in placed_types(saga) for name in names(each)]
    while todo:
        name = todo.pop()
        if name not in found and name in saga.types:
            found.add(name)
            todo.extend(names(saga.types[name]))
    return found


def names(type_: Type) -> Iterator[str]:
    """The names of ``types:`` that a type holds."""
    todo = [type_]
    while todo:
        match todo.pop():
            case NamedType(name):
                yield name
            case ListType(item):
                todo.append(item)
            case OptionalType(inner):
                todo.append(inner)
            case RecordType(fields):
                todo.extend(each.type for each in fields)


class Outputs:
    """Which fields of which item's output are read, by whom first. None stands for all fields."""

    def __init__(self, graph: SagaGraph) -> None:
        self.graph = graph
        self.read: dict[str, set[str | None]] = {}
        for facts in graph.facts.values():
            self._add(facts.reads)
            self._add(facts.undo_reads)
        self._add(reads(graph.saga.output))

    def reads_field(self, item: str, field: str) -> bool:
        """Whether something reads the field of what the item gives."""
        fields = self.read.get(item, ())
        return field in fields or None in fields

    def _add(self, found: Iterable[Reach]) -> None:
        for reach in found:
            if reach.root in self.graph.facts:
                self._one(reach.root, reach.path)

    def _one(self, name: str, path: tuple[str, ...]) -> None:
        item: Item = self.graph.facts[name].item
        while isinstance(item, Foreach) and path and path[0] in self.graph.facts:
            name, path = path[0], path[1:]
            item = self.graph.facts[name].item
        if isinstance(item, Foreach) and not path and None not in self.read.get(name, ()):
            for inner in every_item(each for part in sections(item) for each in part.items):
                self.read.setdefault(inner.name.text, set()).add(None)
        self.read.setdefault(name, set()).add(path[0] if path else None)
