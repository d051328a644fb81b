"""What a change of a saga breaks between services: events that others hear, rows that are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TypeAlias

from sagac.dsl.graph import SagaGraph
from sagac.dsl.types import Field, OptionalType, RecordType, Type
from sagac.generators.changes import Change, Pair, given_breaks
from sagac.generators.python.catalogue import make_catalogue
from sagac.generators.signatures import closed

from .events import Events, Told
from .parts import Edge, Node
from .payloads import Payloads
from .project import project

Place: TypeAlias = "tuple[str, str, str | None, str]"


class Version:
    """One version, as its services play it."""

    def __init__(self, graph: SagaGraph) -> None:
        self.projection = project(graph)
        self.events = Events(self.projection)
        self.payloads = Payloads(self.events, make_catalogue(graph, ()))

    @cached_property
    def hearers(self) -> Mapping[Told, tuple[str, ...]]:
        """The services that hear each event."""
        found: dict[Told, dict[str, None]] = {}
        for each in self.events.reactions:
            found.setdefault(each.told, {})[each.service] = None
        return {told: tuple(services) for told, services in found.items()}

    @cached_property
    def edges(self) -> Mapping[Place, Edge]:
        """The edges by their ends and their case; their names are only numbers."""
        return {(e.source, e.target, e.label, e.way): e for e in self.projection.edges}


def changes(pair: Pair) -> Iterator[Change]:
    """What differs for subscribers, for senders from outside, and in stored ledgers."""
    if not pair.renamed:
        comparison = _Comparison(pair)
        yield from comparison.subscribers()
        yield from comparison.senders()
        if not pair.raised:
            yield from comparison.ledgers()


class _Comparison:
    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._old, self._new = Version(pair.old), Version(pair.new)

    # Subscribers

    def subscribers(self) -> Iterator[Change]:
        """Events that are gone, are called otherwise, or carry something else."""
        for told, name in self._old.events.names.items():
            now = self._new.events.names.get(told)
            who = self._old.hearers.get(told, ())
            if now is None:
                what = f"nothing tells it any more ({told.node}: {told.outcome})"
                yield Change("subscribers", name, what, self._wean(name), who=who)
                continue
            if now != name:
                do = f"Name it {name} again under `events`, or let them listen to both names"
                yield Change("subscribers", name, f"it is called {now} now", do, who=who)
            yield from self._carried(told, name, who)
            yield from self._places(told, name, who)

    def _wean(self, name: str) -> str:
        version = self._pair.old.saga.version
        return f"See that nobody needs {name} before version {version} is gone"

    def _carried(self, told: Told, name: str, who: tuple[str, ...]) -> Iterator[Change]:
        before, after = self._old.payloads, self._new.payloads
        new = after.values(told)
        keep = f"Let a later item read it, or see that no subscriber of {name} does"
        for value, old in before.values(told).items():
            now = new.pop(value, None)
            if now is None:
                yield Change("subscribers", name, f"it has no {value} any more", keep, who=who)
            elif _type(old, before.types) != _type(now, after.types):
                do = "Give the value another name, and keep the old one until nobody reads it"
                yield Change("subscribers", name, f"{value} has another type", do, who=who)
            elif now.optional and not old.optional:
                do = f"Let the subscribers of {name} do without {value} first"
                yield Change("subscribers", name, f"{value} may be missing now", do, who=who)
            elif old.optional and not now.optional:
                yield self._needed(name, f"{value} is required now", who)
        for value, added in new.items():
            if not added.optional:
                yield self._needed(name, f"{value} is new and required", who)

    def _needed(self, name: str, what: str, who: tuple[str, ...]) -> Change:
        """Messages of the old version lack it; with a new version one can tell them apart."""
        version = self._pair.old.saga.version
        if self._pair.raised:
            do = f"Messages with version {version} may lack it: do not ask for it in those"
            return Change("subscribers", name, what, do, breaks=False, who=who)
        what = f"{what}, and messages under way lack it"
        return Change("subscribers", name, what, self._pair.raise_it, who=who)

    def _places(self, told: Told, name: str, who: tuple[str, ...]) -> Iterator[Change]:
        old = len(self._old.projection.nodes[told.node].loops)
        new = len(self._new.projection.nodes[told.node].loops)
        if old != new:
            what = f"its iteration has {new} indexes, and had {old}"
            do = f"Let the subscribers of {name} read any number of them first"
            yield Change("subscribers", name, what, do, who=who)

    # From outside

    def senders(self) -> Iterator[Change]:
        """What those must know who send events from outside."""
        known = {each.name: each for each in self._new.payloads.outside}
        before, after = self._old.payloads.types, self._new.payloads.types
        for old in self._old.payloads.outside:
            now = known.get(old.name)
            if now is None:
                do = f"Keep sending {old.name} until no saga of the old version is under way"
                what = "nothing waits for it any more"
                yield Change("senders", old.name, what, do, breaks=False)
                continue
            found = {
                why: None
                for data in now.data
                for why in given_breaks(_all(old.data), data, before, after)
            }
            for why in found:
                do = "Make it optional, or change the senders first"
                yield Change("senders", old.name, f"its data {why}", do, who=now.services)

    # Ledgers

    def ledgers(self) -> Iterator[Change]:
        """What rows of sagas under way do not fit: asked where the version stays the same."""
        new = self._new.projection.nodes
        for id, node in self._old.projection.nodes.items():
            now = new.get(id)
            if now is None:
                yield self._row(id, "there is no such node any more: its row goes on nowhere", node)
            else:
                yield from self._node(node, now)
        for place, edge in self._old.edges.items():
            if edge.source in new and edge.target in new:
                yield from self._edge(edge, self._new.edges.get(place))
        for place, edge in self._new.edges.items():
            if place not in self._old.edges and edge.target in self._old.projection.nodes:
                what = f"it waits for {edge.source} too, which has told nothing to a kept row"
                yield self._row(edge.target, what, new[edge.target])
        yield from self._numbers()

    def _numbers(self) -> Iterator[Change]:
        """A row knows the edges that it has heard by their numbers."""
        both = self._old.edges.keys() & self._new.edges.keys()
        other = sum(self._old.edges[each].name != self._new.edges[each].name for each in both)
        if other:
            what = f"{other} of them have another number, by which kept rows know what they heard"
            who = self._new.projection.services
            yield Change("ledgers", "edges", what, self._pair.raise_it, who=who)

    def _node(self, old: Node, new: Node) -> Iterator[Change]:
        if old.owner != new.owner:
            what = f"its rows lie with {old.owner}, and {new.owner} plays it now"
            yield self._row(old.id, what, old, new)
        if old.kind != new.kind:
            yield self._row(old.id, f"it was a {old.kind} and is a {new.kind}", old, new)
        if old.loops != new.loops:
            was, now = (", ".join(each.loops) or "no loop" for each in (old, new))
            yield self._row(old.id, f"it stood in {was} and stands in {now}", old, new)

    def _edge(self, old: Edge, new: Edge | None) -> Iterator[Change]:
        node = self._new.projection.nodes[old.target]
        if new is None:
            what = f"it does not hear {old.source} any more, which kept rows wait for"
            yield self._row(old.target, what, node)
            return
        for value in new.live:
            if value not in old.live:
                what = f"kept rows lack {value}, which comes from {old.source} now"
                yield self._row(old.target, what, node)

    def _row(self, id: str, what: str, *nodes: Node) -> Change:
        who = tuple(dict.fromkeys(each.owner for each in nodes))
        return Change("ledgers", id, what, self._pair.raise_it, who=who)


def _type(field: Field, types: Mapping[str, Type]) -> object:
    inner = field.type.inner if isinstance(field.type, OptionalType) else field.type
    return closed(inner, types)


def _all(records: tuple[RecordType, ...]) -> RecordType:
    """What is sent now: each wait reads a part of it."""
    fields = {each.name: each for record in records for each in record.fields}
    return RecordType(tuple(fields.values()))
