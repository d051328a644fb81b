"""What a projection is made of: nodes with an owner each, and edges that say what travels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sagac.dsl.facts import ItemFacts
from sagac.dsl.graph import Live, SagaGraph
from sagac.dsl.model import Item


@dataclass(frozen=True, slots=True)
class Value:
    """A value that travels: its ``name`` is ``frame`` + ``root.path`` as the file writes it."""

    name: str
    live: Live


@dataclass(slots=True)
class Edge:
    """``target`` comes after ``source``; the words are those of the runtime's ``nodes.Edge``."""

    source: str
    target: str
    label: str | None = None
    way: str = "plain"
    rule: str = "all"
    live: dict[str, Value] = field(default_factory=dict)
    name: str = ""


@dataclass(slots=True)
class Node:
    """One node and who plays it; the words are those of the runtime's ``nodes.Node``."""

    id: str
    kind: str
    owner: str
    graph: SagaGraph
    frame: str
    item: Item | None
    path: str
    loops: tuple[str, ...]  # the loops around it, outermost first
    parents: tuple[str, ...]  # the composites around it, sagas that use others included
    partner: str | None = None
    loop: str | None = None
    judge: bool = False
    columns: tuple[tuple[str, str], ...] = ()
    settled: bool = False
    sequence: bool = False
    recover: tuple[str, ...] = ()
    compensates: bool = False  # it has a compensation and calls it itself
    undoer: str | None = None

    @property
    def facts(self) -> ItemFacts:
        """What is known of its item. Raises AssertionError at the start and the end."""
        assert self.item is not None
        return self.graph.facts[self.item.name.text]

    @property
    def makes(self) -> str:
        """The name under which others read what it gives."""
        return f"{self.frame}{self.item.name.text}" if self.item is not None else ""


@dataclass(frozen=True)
class Projection:
    """All nodes of a saga and of those that it uses, and the edges between them."""

    graph: SagaGraph
    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    news: Mapping[str, tuple[str, ...]]  # a node whose failure (or win) ends waits -> those waits

    @cached_property
    def services(self) -> tuple[str, ...]:
        """The services that take part, in the order of the file."""
        owners = {node.owner for node in self.nodes.values()}
        declared = [name for name in self.graph.saga.services if name in owners]
        return (*declared, *sorted(owners - set(declared)))

    @cached_property
    def after(self) -> Mapping[str, tuple[Edge, ...]]:
        """The edges from each node."""
        return {
            node: tuple(edge for edge in self.edges if edge.source == node) for node in self.nodes
        }

    @cached_property
    def before(self) -> Mapping[str, tuple[Edge, ...]]:
        """The edges to each node."""
        return {
            node: tuple(edge for edge in self.edges if edge.target == node) for node in self.nodes
        }

    def ways(self, node: str, outcome: str) -> list[list[Edge]]:
        """The edges that an event speaks for; several ways where it depends on what was chosen."""
        edges = self.after[node]
        match outcome:
            case "done":
                on = [e for e in edges if e.way in ("plain", "past", "out", "bypass")]
                always = [e for e in on if e.rule in ("all", "leaves")]
                if self.nodes[node].kind == "loop":
                    return [[e for e in on if e.way == "bypass"]]
                choices = _by_label(e for e in on if e.rule == "choice")
                return [[*always, *each] for each in choices] or [always]
            case "handling":
                return _by_label(e for e in edges if e.rule == "handler")
            case "returning":
                return [[e for e in edges if e.way == "reverse"]]
            case "failed" | "undone":
                return [[e for e in self.before[node] if e.way == "back"]]
        return []


def _by_label(edges: Iterable[Edge]) -> list[list[Edge]]:
    found: dict[str | None, list[Edge]] = {}
    for edge in edges:
        found.setdefault(edge.label, []).append(edge)
    return list(found.values())
