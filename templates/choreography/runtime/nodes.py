"""What a service plays of a saga: nodes, the edges between them, and what each node computes.

A table is the same for every saga of a version. Values are plain JSON data by name
(``input.order_id``, ``reserve_inventory.reservation_id``); the generated part turns them into
typed requests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

Values = Mapping[str, Any]
Kind = Literal[
    "start",
    "end",
    "step",
    "undo",
    "wait",
    "fail",
    "decision",
    "pass",  # merge, fork, join of all, enter, exit: what has come goes on
    "scope",  # enter of what may fail on its own: a recoverable item, an element of a settled join
    "leave",  # exit of a scope
    "loop",  # fork of a foreach, enter of a repeat
    "round",  # exit of one element or round, one after another
    "gather",  # join of a foreach, exit of a repeat
    "pick",  # join of the first N
    "child",  # enter of another saga
    "back",  # exit of another saga
    "undoer",  # undoes what another service did
]
Way = Literal["plain", "into", "out", "again", "bypass", "reverse", "past", "back"]


_COMES_ONCE = ("plain", "bypass", "past", "back")


@dataclass(frozen=True, slots=True)
class Edge:
    """``target`` comes after ``source``.

    ``way``: plain keeps the iteration; ``into`` a loop adds an index, ``out`` of it drops it,
    ``again`` raises it; ``bypass`` goes past a loop; ``reverse`` asks for an undo elsewhere;
    ``past`` leaves out an undo item on the way there, which is on the way ``back``.
    """

    name: str
    source: str
    target: str
    label: str | None = None
    way: Way = "plain"
    rule: Literal["all", "choice", "handler", "leaves"] = "all"  # which outcomes it hears
    live: tuple[str, ...] = ()  # what the source's event says for this edge


@dataclass(frozen=True)
class Node:
    """One node. What its kind does not need stays at the default."""

    id: str
    kind: Kind
    path: str = ""  # how people name it: ``lines[{}].reserve_line``
    depth: int = 0  # how many loops are around it
    frame: str = ""  # of another saga that this one uses: ``pack/``
    makes: str = ""  # the name under which others read what it gives
    judge: bool = False  # decides whether cancel and deadline still hold
    cancellable: bool = False
    after_pivot: bool = False  # what would fail here, waits for a person
    keyed: bool = False  # it reads the key of the saga
    # steps
    effect: bool = False
    optional: bool = False
    retriable: bool = False
    on_unknown: Literal["compensate", "query", "manual", "fail", "retry"] = "fail"
    undo: bool = False  # it has a compensation here
    undoer: str | None = None  # its compensation belongs to another service: that node
    fenced: bool = False  # it is undone as part of its group: only fenced
    when: Callable[[Values, Values | None, Mapping[str, Any]], bool] | None = None
    # decisions and loops
    choose: Callable[[Values], str] | None = None
    elements: Callable[[Values], list[Any]] | None = None
    variable: str | None = None
    need: Callable[[Values, int], int] | None = None  # how many a join waits for
    limit: Callable[[Values], int | None] | None = None
    sequence: bool = False
    until: Callable[[Values], bool] | None = None
    most: int = 0  # rounds
    every: float = 0.0  # seconds between rounds
    columns: tuple[tuple[str, str], ...] = ()  # lists, each with what an element gives to it
    loop: str | None = None  # of the enter and exit of an element or round
    partner: str | None = None  # the enter of an exit, the exit of an enter, the fork of a join
    recover: tuple[str, ...] = ()  # refusals with a handler
    settled: bool = False  # goes on although it failed
    # waits and the end
    seconds: Callable[[Values], float | None] | None = None
    events: tuple[Any, ...] = ()  # ``Listening``
    tolerant: bool = False  # goes on when the time is over
    race: bool = False
    reason: str = ""
    data: Callable[[Values], Any] | None = None
    given: Callable[[Values], dict[str, Any]] | None = None


@dataclass(frozen=True)
class Calling:
    """How the action of a node is called: ``request`` gets the values and, in an undo, the rest.

    ``request(values)`` for an action; ``request(values, own, failure)`` for a compensation, where
    ``own`` is what the step gave (None if that is unknown) and ``failure`` is ``saga.failure``.
    """

    action: Callable[..., Any]
    request: Callable[..., Any]
    output: Any
    policy: Any
    query: Callable[..., Any] | None = None
    locks: tuple[Callable[[Values], Any], ...] = ()
    on_failure: Literal["stop", "continue"] = "stop"


@dataclass(frozen=True)
class Listening:
    """An event from outside that a wait (or a cancel) listens for."""

    event: str
    data: Any
    match: Callable[[Any, Values], bool] | None = None
    early: Literal["keep", "ignore"] = "keep"


@dataclass(frozen=True)
class Table:
    """The part of one service: its nodes, and all edges that begin or end at them."""

    saga: str
    version: int
    service: str
    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    news: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # failure of -> waits here
    deadline: float | None = None
    names: Mapping[str, str] = field(default_factory=dict)  # ``NODE OUTCOME`` -> the event's name
    hears: tuple[str, ...] = ()  # names of the events that it subscribes to
    listeners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # ``hears`` of all
    calls: Mapping[str, Calling] = field(default_factory=dict)  # a step's action
    undos: Mapping[str, Calling] = field(default_factory=dict)  # a step's compensation
    cancel: Listening | None = None  # where the judge is
    key: Callable[[Any], str] | None = None  # where the start is
    input: Any = None

    @cached_property
    def after(self) -> Mapping[str, tuple[Edge, ...]]:
        """The edges from each node."""
        return _grouped(self.edges, "source")

    @cached_property
    def before(self) -> Mapping[str, tuple[Edge, ...]]:
        """The edges to each node."""
        return _grouped(self.edges, "target")

    @cached_property
    def plain(self) -> Mapping[str, tuple[str, ...]]:
        """The in-edges of nodes that wait for all of them, whatever has come."""
        return {
            id: tuple(edge.name for edge in self.before.get(id, ()) if edge.way != "back")
            for id, node in self.nodes.items()
            if node.kind not in ("leave", "gather", "pick")
            and all(edge.way in _COMES_ONCE for edge in self.before.get(id, ()))
        }

    @cached_property
    def waits(self) -> bool:
        """Whether it has nodes that wait for events from outside, or for time."""
        return any(node.kind == "wait" for node in self.nodes.values())

    @cached_property
    def over(self) -> Mapping[str, tuple[Edge, ...]]:
        """The edges on which a node tells an undo item before it what that reads."""
        back = (edge for edge in self.edges if edge.way == "back")
        return _grouped(tuple(edge for edge in back if edge.target in self.nodes), "target")


def _grouped(edges: tuple[Edge, ...], end: str) -> Mapping[str, tuple[Edge, ...]]:
    found: dict[str, list[Edge]] = {}
    for edge in edges:
        found.setdefault(getattr(edge, end), []).append(edge)
    return {name: tuple(each) for name, each in found.items()}
