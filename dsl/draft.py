"""The nodes and edges of a saga, drawn from the nested form when somebody asks for them.

Lists give edges in order, a composite has an entry and an exit node, ``if`` a decision, a merge and
a bypass. Nodes are numbered in the order of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .facts import ItemFacts, Position
from .graph import Link, Node, NodeKind, SagaGraph
from .model import (
    Choose,
    Fail,
    Foreach,
    Group,
    Item,
    Parallel,
    Recover,
    Repeat,
    Saga,
    Step,
    SubSaga,
    Undo,
    Wait,
)
from .records import fill
from .structure import race_name

_PLAIN: dict[type[Item], NodeKind] = {
    Step: NodeKind.STEP,
    Undo: NodeKind.UNDO,
    Wait: NodeKind.WAIT,
    SubSaga: NodeKind.SAGA,
    Fail: NodeKind.FAIL,
}
Ends = tuple[int, int]  # the first and the last node of an item


def drawn(graph: SagaGraph) -> tuple[tuple[Node, ...], tuple[Link, ...]]:
    """The nodes and edges of a resolved saga."""
    pencil = _Pencil(graph.facts)
    pencil.saga(graph.saga, graph.start_service)
    return tuple(pencil.nodes), tuple(pencil.edges)


class _Pencil:
    """Draws; ``parents`` and ``loops`` are those of the list being drawn."""

    def __init__(self, facts: Mapping[str, ItemFacts]) -> None:
        self.facts = facts
        self.nodes: list[Node] = []
        self.edges: list[Link] = []
        self.parents: tuple[str, ...] = ()
        self.loops: tuple[str, ...] = ()

    def saga(self, saga: Saga, start: str) -> None:
        first = self._node("start", NodeKind.START, start, None, Position.BEFORE)
        last_edges = self._list(saga.items, first, None)
        pivots = any(each.position is Position.PIVOT for each in self.facts.values())
        position = Position.AFTER if pivots else Position.BEFORE
        last = self._node("end", NodeKind.END, start, None, position)
        self._close(last_edges, last)
        self.edges.sort(key=lambda edge: edge[0])
        self._own_joins()

    # -- lists ------------------------------------------------------------------------------

    def _list(
        self, items: tuple[Item, ...], entry: int, label: str | None
    ) -> list[tuple[int, str | None]]:
        """Draws a list from ``entry`` on; returns the loose ends that lead out of it."""
        if all(item.needs is None for item in items):
            loose = [(entry, label)]
            for item in items:
                first, last = self._item(item)
                self._close(loose, first)
                loose = [(last, None)]
            return loose
        names = {item.name.text for item in items}
        incoming: list[tuple[int, str, str | None]] = []
        ends: dict[str, Ends] = {}
        followed: set[str] = set()
        before: str | None = None
        for item in items:
            name = item.name.text
            ends[name] = self._item(item)
            needed = [before] if before is not None else []
            if item.needs is not None:
                needed = [each.text for each in item.needs if each.text in names]
            followed.update(needed)
            incoming.extend((ends[name][0], each, None) for each in dict.fromkeys(needed))
            if not needed:
                self._edge(entry, ends[name][0], label)
            before = name
        for target, source, mark in incoming:
            self._edge(ends[source][1], target, mark)
        return [(ends[name][1], None) for name in ends if name not in followed]

    def _close(self, loose: list[tuple[int, str | None]], target: int) -> None:
        for source, label in loose:
            self._edge(source, target, label)

    def _inside(
        self, item: Item, items: tuple[Item, ...], entry: int, label: str | None, loop: bool = False
    ) -> list[tuple[int, str | None]]:
        parents, loops = self.parents, self.loops
        self.parents = (*parents, item.name.text)
        self.loops = (*loops, item.name.text) if loop else loops
        loose = self._list(items, entry, label)
        self.parents, self.loops = parents, loops
        return loose

    # -- items ------------------------------------------------------------------------------

    def _item(self, item: Item) -> Ends:
        if item.condition is None:
            return self._kind(item)
        asked = self._of(item, "if", NodeKind.DECISION)
        first, last = self._kind(item)
        taken = isinstance(item, Choose) or (isinstance(item, Wait) and item.first)
        merge = self._of(item, "endif" if taken else "merge", NodeKind.MERGE)
        self._edge(asked, first, "then")
        self._edge(last, merge, None)
        self._edge(asked, merge, "else")
        return asked, merge

    def _kind(self, item: Item) -> Ends:
        return self._DRAWERS[type(item)](self, item)

    def _plain(self, item: Item) -> Ends:
        facts = self.facts[item.name.text]
        kind = _PLAIN[type(item)]
        node = self._node(item.name.text, kind, facts.service, item, facts.position)
        return node, node

    def _step(self, item: Step) -> Ends:
        if not item.recover:
            return self._plain(item)
        enter = self._of(item, "enter", NodeKind.ENTER)
        node, _ = self._plain(item)
        self._edge(enter, node, None)
        return enter, self._recovered(item, item.recover, enter, [(node, None)])

    def _group(self, item: Group) -> Ends:
        enter = self._of(item, "enter", NodeKind.ENTER)
        loose = self._inside(item, item.items, enter, None)
        return enter, self._recovered(item, item.recover, enter, loose)

    def _recovered(
        self,
        item: Item,
        recover: tuple[Recover, ...],
        enter: int,
        loose: list[tuple[int, str | None]],
    ) -> int:
        for each in recover:
            loose = loose + self._inside(item, each.items, enter, each.refusal.text)
        leave = self._of(item, "exit", NodeKind.EXIT)
        self._close(loose, leave)
        return leave

    def _repeat(self, item: Repeat) -> Ends:
        enter = self._of(item, "enter", NodeKind.ENTER)
        loose = self._inside(item, item.items, enter, None, loop=True)
        leave = self._of(item, "exit", NodeKind.EXIT)
        self._close(loose, leave)
        return enter, leave

    def _choose(self, item: Choose) -> Ends:
        decision = self._of(item, "decision", NodeKind.DECISION)
        loose: list[tuple[int, str | None]] = []
        for number, case in enumerate(item.cases, start=1):
            loose += self._inside(item, case.items, decision, f"case {number}")
        if item.otherwise is None:
            loose.append((decision, "none"))
        else:
            loose += self._inside(item, item.otherwise, decision, "otherwise")
        merge = self._of(item, "merge", NodeKind.MERGE)
        self._close(loose, merge)
        return decision, merge

    def _wait(self, item: Wait) -> Ends:
        node, _ = self._plain(item)
        if not item.first:
            return node, node
        decision = self._of(item, "decision", NodeKind.DECISION)
        self._edge(node, decision, None)
        loose: list[tuple[int, str | None]] = []
        for race in item.first:
            loose += self._inside(item, race.items, decision, race_name(race))
        merge = self._of(item, "merge", NodeKind.MERGE)
        self._close(loose, merge)
        return node, merge

    def _parallel(self, item: Parallel) -> Ends:
        fork = self._of(item, "fork", NodeKind.FORK)
        loose: list[tuple[int, str | None]] = []
        for branch in item.branches:
            name = branch.name.text
            if item.join == "settled":
                loose += self._settled(item, branch.items, fork, name, loop=False)
            else:
                loose += self._inside(item, branch.items, fork, name)
        join = self._of(item, "join", NodeKind.JOIN)
        self._close(loose, join)
        return fork, join

    def _foreach(self, item: Foreach) -> Ends:
        fork = self._of(item, "fork", NodeKind.FORK)
        if item.join == "settled":
            loose = self._settled(item, item.items, fork, "each", loop=True)
        else:
            loose = self._inside(item, item.items, fork, "each", loop=True)
        join = self._of(item, "join", NodeKind.JOIN)
        self._close(loose, join)
        return fork, join

    def _settled(
        self, item: Item, items: tuple[Item, ...], fork: int, name: str, *, loop: bool
    ) -> list[tuple[int, str | None]]:
        """A branch or element that is a scope of its own: a failure inside stays inside."""
        parents, loops = self.parents, self.loops
        self.parents = (*parents, item.name.text)
        self.loops = (*loops, item.name.text) if loop else loops
        enter = self._of(item, f"enter:{name}", NodeKind.ENTER)
        self._edge(fork, enter, name)
        loose = self._list(items, enter, None)
        leave = self._of(item, f"exit:{name}", NodeKind.EXIT)
        self._close(loose, leave)
        self.parents, self.loops = parents, loops
        return [(leave, None)]

    # -- nodes and edges --------------------------------------------------------------------

    def _of(self, item: Item, suffix: str, kind: NodeKind) -> int:
        facts = self.facts[item.name.text]
        return self._node(f"{item.name.text}:{suffix}", kind, facts.service, item, facts.position)

    def _node(
        self, id: str, kind: NodeKind, owner: str, item: Item | None, position: Position
    ) -> int:
        index = len(self.nodes)
        self.nodes.append(Node(index, id, kind, owner, item, self.loops, self.parents, position))
        return index

    def _edge(self, source: int, target: int, label: str | None) -> None:
        self.edges.append((source, target, label))

    def _own_joins(self) -> None:
        """The state of a join or merge sits with the service that owns the node after it."""
        after: list[list[int]] = [[] for _ in self.nodes]
        for source, target, _ in self.edges:
            after[source].append(target)
        for index in range(len(self.nodes)):
            self._own_join(index, after)

    def _own_join(self, index: int, after: list[list[int]]) -> None:
        chain: list[int] = []
        while self.nodes[index].kind in (NodeKind.JOIN, NodeKind.MERGE):
            if not after[index] or index in chain:
                return
            chain.append(index)
            index = min(after[index])
        for each in chain:
            fill(self.nodes[each], owner=self.nodes[index].owner)

    _DRAWERS: Mapping[type[Item], Callable[[Any, Any], Ends]] = {
        Step: _step,
        Undo: _plain,
        Parallel: _parallel,
        Choose: _choose,
        Foreach: _foreach,
        Repeat: _repeat,
        Wait: _wait,
        SubSaga: _plain,
        Group: _group,
        Fail: _plain,
    }
