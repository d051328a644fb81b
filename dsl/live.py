"""Live data: what the nodes after an edge, and their compensations, still read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .facts import ItemFacts, Reach
from .graph import Live, NodeKind
from .model import Foreach, Repeat, Saga
from .reach import reads
from .types import OptionalType, Type

Path = tuple[str, tuple[str, ...]]
# where an item does its reading: its first node, but what ends it is read at its last
_LAST = {NodeKind.EXIT, NodeKind.JOIN, NodeKind.MERGE}


class Liveness:
    """Finds the live values per edge by one walk from the end to the start.

    Sets of values are integers with a bit per value, so that a long saga stays cheap.
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
        self.bits: dict[Path, int] = {}
        self.by_root: dict[str, int] = {}
        self._shown: dict[int, tuple[Live, ...]] = {}

    def edges(
        self,
        nodes: Sequence[tuple[NodeKind, str | None]],
        edges: Sequence[tuple[int, int, str | None]],
        order: Sequence[int],
    ) -> list[tuple[Live, ...]]:
        """Live values per edge; ``nodes`` are kind and item, ``order`` is topological."""
        outgoing: list[list[int]] = [[] for _ in nodes]
        for index, (source, _, _) in enumerate(edges):
            outgoing[source].append(index)
        used = [self._used(kind, name) for kind, name in nodes]
        before = [0] * len(nodes)
        for index in reversed(order):
            live = 0
            for edge in outgoing[index]:
                live |= before[edges[edge][1]]
            made = self._made(*nodes[index])
            before[index] = used[index] | live & ~made | self._collected(nodes[index], live & made)
        there = self._available(nodes, edges, outgoing, order)
        return [self._show(before[target] & there[source]) for source, target, _ in edges]

    def _available(
        self,
        nodes: Sequence[tuple[NodeKind, str | None]],
        edges: Sequence[tuple[int, int, str | None]],
        outgoing: list[list[int]],
        order: Sequence[int],
    ) -> list[int]:
        """The values that may exist after each node: what a later item gives is not there yet."""
        found = [0] * len(nodes)
        for index in order:
            found[index] |= self._made(*nodes[index])
            for edge in outgoing[index]:
                found[edges[edge][1]] |= found[index]
        return found

    def _used(self, kind: NodeKind, name: str | None) -> int:
        if name is None:
            return self._mask(reads(self.saga.output), "") if kind is NodeKind.END else 0
        facts = self.facts[name]
        late = isinstance(facts.item, Repeat)
        mask = 0
        if (kind in _LAST) == late:
            mask |= self._mask(facts.reads, name)
        if kind in (NodeKind.STEP, NodeKind.UNDO) or (kind is NodeKind.EXIT and not late):
            mask |= self._mask([r for r in facts.undo_reads if r.root != name], name)
        return mask

    def _collected(self, node: tuple[NodeKind, str | None], made: int) -> int:
        """What the elements of a loop give to the lists that are made of it at its join."""
        kind, name = node
        if kind is not NodeKind.JOIN or name is None or not made:
            return 0
        if not isinstance(self.facts[name].item, Foreach):
            return 0
        given = (each for each in self._show(made) if each.path and each.path[0] in self.facts)
        span = self.facts[name].item.span
        return self._mask([Reach(each.path[0], each.path[1:], span) for each in given], name)

    def _made(self, kind: NodeKind, name: str | None) -> int:
        """The values that come to be at a node."""
        if name is None:
            return self.by_root.get("input", 0) if kind is NodeKind.START else 0
        item = self.facts[name].item
        if isinstance(item, Foreach):
            if kind is NodeKind.FORK and item.variable is not None:
                return self.by_root.get(item.variable.text, 0)
            if kind is not NodeKind.JOIN:
                return 0
        if kind in (NodeKind.STEP, NodeKind.WAIT, NodeKind.SAGA, NodeKind.JOIN):
            return self.by_root.get(name, 0)
        return 0

    def _mask(self, found: Sequence[Reach], reader: str) -> int:
        mask = 0
        for reach in found:
            if reach.root in ("saga", "event"):
                continue
            key = (reach.root, reach.path)
            bit = self.bits.get(key)
            if bit is None:
                bit = self.bits[key] = 1 << len(self.values)
                type_ = self.type_of(reach, reader)
                inner = type_.inner if isinstance(type_, OptionalType) else type_
                self.values.append(Live(reach.root, reach.path, inner))
                self.by_root[reach.root] = self.by_root.get(reach.root, 0) | bit
            mask |= bit
        return mask

    def _show(self, mask: int) -> tuple[Live, ...]:
        shown = self._shown.get(mask)
        if shown is None:
            found = []
            rest = mask
            while rest:
                bit = rest & -rest
                found.append(self.values[bit.bit_length() - 1])
                rest ^= bit
            shown = tuple(sorted(found, key=lambda live: (live.root, live.path)))
            self._shown[mask] = shown
        return shown
