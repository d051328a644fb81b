"""A saga as an observer sees it: all nodes, who plays them, how they hang together.

It is data only and the same for every saga of a version, so that it can be kept beside what was
observed and read by any tool.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Spot:
    """One node; the words are those of ``nodes.Node``."""

    id: str
    kind: str
    owner: str
    path: str
    action: str = ""  # what is called
    effect: bool = False
    undo: str = ""  # the action of its compensation
    undoer: str = ""  # the node of another service that calls it
    events: tuple[str, ...] = ()  # what a wait waits for from outside; none: for time
    budget: float | None = None  # seconds that an answer may take; None: as long as it likes
    undo_budget: float | None = None
    partner: str = ""
    loop: str = ""
    sequence: bool = False
    asks: bool = False  # only the loop itself knows whether one more round comes
    pauses: bool = False  # between rounds
    settled: bool = False
    limit: int | None = None  # elements at once; 0: the data say
    order: str = ""  # of parts that are undone one after another: their join
    calls_off: str = ""  # the event from outside that cancels the saga that is used
    judge: bool = False  # decides whether a cancel holds
    depth: int = 0  # how many loops are around it


@dataclass(frozen=True)
class Link:
    """``target`` comes after ``source``; the words are those of ``nodes.Edge``."""

    name: str
    source: str
    target: str
    label: str | None = None
    way: str = "plain"
    rule: str = "all"


@dataclass(frozen=True)
class Heard:
    """What a service does about an event of another one."""

    service: str
    event: str
    does: str


@dataclass(frozen=True)
class Picture:
    """A version of a saga. ``names``: ``NODE OUTCOME`` -> the event's name."""

    saga: str
    version: int
    services: tuple[str, ...]
    spots: Mapping[str, Spot]
    links: tuple[Link, ...]
    names: Mapping[str, str]
    heard: tuple[Heard, ...] = ()
    teams: Mapping[str, str] = field(default_factory=dict)
    cancel: str = ""  # the event from outside that cancels

    @cached_property
    def after(self) -> Mapping[str, tuple[Link, ...]]:
        """The links from each node."""
        return _grouped(self.links, "source")

    @cached_property
    def before(self) -> Mapping[str, tuple[Link, ...]]:
        """The links to each node."""
        return _grouped(self.links, "target")

    @cached_property
    def reactions(self) -> Mapping[str, tuple[Heard, ...]]:
        """Who hears each event, by its name."""
        return _grouped(self.heard, "event")

    @property
    def judge(self) -> str:
        """The service that decides about a cancel."""
        return next(each.owner for each in self.spots.values() if each.judge)

    def listeners(self, event: str) -> tuple[str, ...]:
        """The services that listen for an event from outside."""
        spots = self.spots.values()
        found = [each.owner for each in spots if event in (*each.events, each.calls_off)]
        return tuple(dict.fromkeys([*found, self.judge] if event == self.cancel else found))

    def tells(self, node: str, outcome: str = "done") -> bool:
        """Whether an outcome of a node is an event."""
        return f"{node} {outcome}" in self.names

    def to_json(self) -> dict[str, Any]:
        """The picture as plain data."""
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        return plain | {
            "spots": {id: _short(spot) for id, spot in self.spots.items()},
            "links": [_short(each) for each in self.links],
            "heard": [asdict(each) for each in self.heard],
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Picture:
        """The picture that ``to_json`` wrote. Raises TypeError or LookupError if it is none."""
        return cls(
            saga=plain["saga"],
            version=plain["version"],
            services=tuple(plain["services"]),
            spots={id: Spot(**_tuples(each)) for id, each in plain["spots"].items()},
            links=tuple(Link(**each) for each in plain["links"]),
            names=dict(plain["names"]),
            heard=tuple(Heard(**each) for each in plain["heard"]),
            teams=dict(plain["teams"]),
            cancel=plain["cancel"],
        )


def _short(record: Spot | Link) -> dict[str, Any]:
    """Without what is at its default."""
    return {
        each.name: getattr(record, each.name)
        for each in fields(record)
        if getattr(record, each.name) != each.default
    }


def _tuples(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(v) if isinstance(v, list) else v for name, v in plain.items()}


def _grouped(records: tuple[Any, ...], key: str) -> Mapping[str, tuple[Any, ...]]:
    found: dict[str, list[Any]] = {}
    for each in records:
        found.setdefault(getattr(each, key), []).append(each)
    return {name: tuple(each) for name, each in found.items()}
