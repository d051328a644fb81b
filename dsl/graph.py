"""The saga graph: the one form that every way of running, checking and drawing a saga reads.

Nodes and edges carry integers; ``networkx()`` is a lazy view for dominators, components and
layouts, so that a cold lint need not import it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from heapq import heappop, heappush
from typing import TYPE_CHECKING, TypeAlias

from .facts import ItemFacts, Position, Role, Signature
from .model import Item, Saga
from .records import dataclass, field
from .types import EMPTY, RecordType, Type

if TYPE_CHECKING:
    import networkx


Link: TypeAlias = "tuple[int, int, str | None]"  # source, target, label


class NodeKind(StrEnum):
    """What a node does. A composite item has an entry and an exit node."""

    START = "start"
    END = "end"
    STEP = "step"
    UNDO = "undo"
    WAIT = "wait"
    SAGA = "saga"
    FAIL = "fail"
    DECISION = "decision"  # choose, race, ``if:``
    MERGE = "merge"
    FORK = "fork"  # parallel, foreach
    JOIN = "join"
    ENTER = "enter"  # scope: group, recoverable step, repeat
    EXIT = "exit"


@dataclass(frozen=True, slots=True)
class Node:
    """``id`` is unique and readable: the item's name, with ``:fork`` and such for composites."""

    index: int
    id: str
    kind: NodeKind
    owner: str
    item: Item | None
    loops: tuple[str, ...]  # the loops whose iteration its tokens carry
    parents: tuple[str, ...]
    position: Position


@dataclass(frozen=True, slots=True)
class Live:
    """A value that later nodes or compensations read: ``charge_payment.payment_id``."""

    root: str
    path: tuple[str, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Edge:
    """``target`` comes after ``source``; ``label`` names its case, branch or refusal."""

    index: int
    source: int
    target: int
    label: str | None
    live: tuple[Live, ...]


Drawing: TypeAlias = "tuple[tuple[Node, ...], tuple[Link, ...]]"


@dataclass(frozen=True, slots=True)
class FailurePoint:
    """A way to fail: an item and its reason, whether or not something around it catches it."""

    item: str
    reason: str


@dataclass(frozen=True)
class SagaGraph:
    """A saga, resolved: what was written, what it means, and the graph of both."""

    saga: Saga
    facts: Mapping[str, ItemFacts]
    start_service: str
    drawn: Callable[[SagaGraph], Drawing] = field(compare=False)
    live_data: Callable[[SagaGraph], Sequence[tuple[Live, ...]]] = field(compare=False)
    children: Mapping[str, SagaGraph] = field(default_factory=dict)  # by the sub-saga item's name
    judge: str | None = None  # the item that decides a race with cancel or deadline; None: the end
    output_type: RecordType = EMPTY
    signatures: tuple[Signature, ...] = ()  # in the order of first use
    may_fail: tuple[str, ...] = ()  # reasons for which the saga as a whole may fail
    undoable: bool = True  # as a sub-saga it can be taken back: nothing in it lacks a compensation

    @cached_property
    def _drawing(self) -> Drawing:
        return self.drawn(self)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes, in the order of the file; they are drawn when somebody asks for them."""
        return self._drawing[0]

    @property
    def links(self) -> tuple[Link, ...]:
        """The edges without their data, which few want to know."""
        return self._drawing[1]

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """The edges with their live data, found when somebody asks for it."""
        data = self.live_data(self)
        return tuple(Edge(index, *link, data[index]) for index, link in enumerate(self.links))

    @cached_property
    def outgoing(self) -> tuple[tuple[int, ...], ...]:
        """Indexes of the edges that leave each node."""
        found: list[list[int]] = [[] for _ in self.nodes]
        for index, (source, _, _) in enumerate(self.links):
            found[source].append(index)
        return tuple(map(tuple, found))

    @cached_property
    def incoming(self) -> tuple[tuple[int, ...], ...]:
        """Indexes of the edges that enter each node."""
        found: list[list[int]] = [[] for _ in self.nodes]
        for index, (_, target, _) in enumerate(self.links):
            found[target].append(index)
        return tuple(map(tuple, found))

    @cached_property
    def by_id(self) -> Mapping[str, Node]:
        """Nodes by id."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def topological(self) -> tuple[int, ...]:
        """Indexes of the nodes, each after those before it; else in the order of the file."""
        return in_topological_order(len(self.nodes), [(a, b) for a, b, _ in self.links])

    @cached_property
    def undo_order(self) -> tuple[str, ...]:
        """The items that have something to undo, last first: one order that all paths keep."""
        found = {
            node.item.name.text: None
            for node in (self.nodes[index] for index in reversed(self.topological))
            if node.item is not None and self._is_undone(node)
        }
        return tuple(found)

    def _is_undone(self, node: Node) -> bool:
        if node.item is None:
            return False
        facts = self.facts[node.item.name.text]
        if node.kind is NodeKind.SAGA:
            return facts.position is Position.BEFORE
        has_action = facts.compensation is not None
        return has_action and node.kind in (NodeKind.STEP, NodeKind.UNDO, NodeKind.EXIT)

    @cached_property
    def failure_points(self) -> tuple[FailurePoint, ...]:
        """Every item with every reason for which it may fail, in the order of the file."""
        return tuple(
            FailurePoint(name, reason)
            for name, facts in self.facts.items()
            for reason in facts.own_failures
        )

    @cached_property
    def pivots(self) -> tuple[str, ...]:
        """The items that are points of no return, declared or implicit."""
        return tuple(name for name, each in self.facts.items() if each.role is Role.PIVOT)

    def networkx(self) -> networkx.DiGraph[int]:
        """The same graph for networkx, made on demand; node and edge objects as attributes."""
        import networkx

        view: networkx.DiGraph[int] = networkx.DiGraph()
        for node in self.nodes:
            view.add_node(node.index, node=node)
        for edge in self.edges:
            view.add_edge(edge.source, edge.target, edge=edge)
        return view


def in_topological_order(nodes: int, edges: Iterable[tuple[int, int]]) -> tuple[int, ...]:
    """The nodes, each after those before it; else in their own order."""
    waiting = [0] * nodes
    outgoing: list[list[int]] = [[] for _ in range(nodes)]
    for source, target in edges:
        outgoing[source].append(target)
        waiting[target] += 1
    ready = [node for node in range(nodes) if not waiting[node]]
    found: list[int] = []
    while ready:
        node = heappop(ready)
        found.append(node)
        for target in outgoing[node]:
            waiting[target] -= 1
            if not waiting[target]:
                heappush(ready, target)
    return tuple(found)
