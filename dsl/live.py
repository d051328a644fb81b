"""Live data: what the nodes after an edge, and their compensations, still read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from .binder import binder_of
from .diagnostics import Diagnostics
from .facts import ItemFacts, Reach
from .graph import Link, Live, NodeKind, SagaGraph
from .model import Foreach, Repeat, Saga
from .reach import reads
from .structure import Structure
from .types import OptionalType, Type

Path = tuple[str, tuple[str, ...]]
Numbers = frozenset[int]
NONE: Numbers = frozenset()
# where an item does its reading: its first node, but what ends it is read at its last
_LAST = {NodeKind.EXIT, NodeKind.JOIN, NodeKind.MERGE}


def live_data(graph: SagaGraph) -> list[tuple[Live, ...]]:
    """The live data of each edge of a resolved graph."""
    structure = Structure(graph.saga)
    binder = binder_of(graph.saga, structure, graph.children, Diagnostics())

    def type_of(reach: Reach, reader: str) -> Type:
        return binder.type_of(reach, structure.places.get(reader))

    nodes = [(each.kind, each.item.name.text if each.item else None) for each in graph.nodes]
    return Liveness(graph.saga, graph.facts, type_of).edges(nodes, graph.links, graph.topological)


class Liveness:
    """Finds the live values per edge by one walk from the end to the start, and one back.

    Sets hold the numbers of values. They are small and shared wherever nothing changes, so that a
    long saga stays cheap.
    """

    def __init__(
        self,
        saga: Saga,
        facts: Mapping[str, ItemFacts],
        type_of: Callable[[Reach, str], Type],
    ) -> None:
        self.saga = saga
        self.facts = facts
        self.type_of = type_of
        self.values: list[Live] = []
        self.numbers: dict[Path, int] = {}
        self.by_root: dict[str, Numbers] = {}
        self._shown: dict[Numbers, tuple[Live, ...]] = {}

    def edges(
        self,
        nodes: Sequence[tuple[NodeKind, str | None]],
        edges: Sequence[Link],
        order: Sequence[int],
    ) -> list[tuple[Live, ...]]:
        """Live values per edge; ``nodes`` are kind and item, ``order`` is topological."""
        outgoing: list[list[int]] = [[] for _ in nodes]
        for index, (source, _, _) in enumerate(edges):
            outgoing[source].append(index)
        used = [self._used(kind, name) for kind, name in nodes]
        before = [NONE] * len(nodes)
        for index in reversed(order):
            live = _union(before[edges[edge][1]] for edge in outgoing[index])
            made = self._made(*nodes[index])
            if made:
                collected = self._collected(nodes[index], live & made)
                live = live - made | collected
            before[index] = live if used[index] <= live else live | used[index]
        return self._carried(nodes, edges, outgoing, order, before)

    def _carried(
        self,
        nodes: Sequence[tuple[NodeKind, str | None]],
        edges: Sequence[Link],
        outgoing: list[list[int]],
        order: Sequence[int],
        before: list[Numbers],
    ) -> list[tuple[Live, ...]]:
        """Of what is read later what is there already: what a later item gives is not yet."""
        there = [NONE] * len(nodes)
        found: list[tuple[Live, ...]] = [()] * len(edges)
        for index in order:
            known = there[index] | self._made(*nodes[index])
            there[index] = NONE
            for edge in outgoing[index]:
                target = edges[edge][1]
                wanted = before[target]
                carried = wanted if wanted <= known else wanted & known
                there[target] = there[target] | carried if there[target] else carried
                found[edge] = self._show(carried)
        return found

    def _used(self, kind: NodeKind, name: str | None) -> Numbers:
        if name is None:
            return self._numbered(reads(self.saga.output), "") if kind is NodeKind.END else NONE
        facts = self.facts[name]
        late = isinstance(facts.item, Repeat)
        found = NONE
        if (kind in _LAST) == late:
            found = self._numbered(facts.reads, name)
        if kind in (NodeKind.STEP, NodeKind.UNDO) or (kind is NodeKind.EXIT and not late):
            found |= self._numbered([r for r in facts.undo_reads if r.root != name], name)
        return found

    def _collected(self, node: tuple[NodeKind, str | None], made: Numbers) -> Numbers:
        """What the elements of a loop give to the lists that are made of it at its join."""
        kind, name = node
        if kind is not NodeKind.JOIN or name is None or not made:
            return NONE
        if not isinstance(self.facts[name].item, Foreach):
            return NONE
        given = (each for each in self._show(made) if each.path and each.path[0] in self.facts)
        span = self.facts[name].item.span
        return self._numbered([Reach(each.path[0], each.path[1:], span) for each in given], name)

    def _made(self, kind: NodeKind, name: str | None) -> Numbers:
        """The values that come to be at a node."""
        if name is None:
            return self.by_root.get("input", NONE) if kind is NodeKind.START else NONE
        item = self.facts[name].item
        if isinstance(item, Foreach):
            if kind is NodeKind.FORK and item.variable is not None:
                return self.by_root.get(item.variable.text, NONE)
            if kind is not NodeKind.JOIN:
                return NONE
        if kind in (NodeKind.STEP, NodeKind.WAIT, NodeKind.SAGA, NodeKind.JOIN):
            return self.by_root.get(name, NONE)
        return NONE

    def _numbered(self, found: Sequence[Reach], reader: str) -> Numbers:
        if not found:
            return NONE
        return frozenset(
            self._number(each, reader) for each in found if each.root not in ("saga", "event")
        )

    def _number(self, reach: Reach, reader: str) -> int:
        key = (reach.root, reach.path)
        number = self.numbers.get(key)
        if number is None:
            number = self.numbers[key] = len(self.values)
            type_ = self.type_of(reach, reader)
            inner = type_.inner if isinstance(type_, OptionalType) else type_
            self.values.append(Live(reach.root, reach.path, inner))
            self.by_root[reach.root] = self.by_root.get(reach.root, NONE) | {number}
        return number

    def _show(self, numbers: Numbers) -> tuple[Live, ...]:
        shown = self._shown.get(numbers)
        if shown is None:
            found = (self.values[number] for number in numbers)
            shown = tuple(sorted(found, key=lambda live: (live.root, live.path)))
            self._shown[numbers] = shown
        return shown


def _union(sets: Iterable[Numbers]) -> Numbers:
    """All of ``sets``; the same object where one of them holds the others."""
    found = NONE
    for each in sets:
        if not each <= found:
            found = each if found <= each else found | each
    return found
