"""Several sagas together: of each what others may clash with, as small plain data.

The rules of a project read these outlines and no graphs, so that they can be kept between runs
and handed from one process to another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from .facts import ItemFacts, Position, Signature
from .graph import SagaGraph
from .held_locks import Nesting, Uses, held, nestings
from .inline import inlined
from .lost_updates import lost_updates
from .model import EventNames, Name, Saga, Step, Suppression, Undo, Wait
from .reach import reads
from .records import dataclass
from .relations import INTEGER, STRING, show
from .span import Span
from .types import Field, ListType, NamedType, Primitive, RecordType

UUID = Primitive("uuid")
Shape = Mapping[str, str]  # field -> type as text; an optional field ends with ``?``


class Team(NamedTuple):
    """A service whose team is written."""

    service: str
    team: Name


class Called(NamedTuple):
    """An action as a saga sees it; ``refusals`` is None for what takes something back."""

    service: str
    action: str
    span: Span
    input: Shape
    output: Shape
    refusals: frozenset[str] | None


class Event(NamedTuple):
    """An event of a saga: one that it emits, or (``outside``) one that it waits for."""

    name: Name
    data: Shape
    outcome: str = ""  # done, failed, undone, skipped; empty from outside
    action: str = ""  # ``service.action`` of which it is the outcome

    @property
    def outside(self) -> bool:
        """Whether it comes from outside."""
        return not self.outcome


class Access(NamedTuple):
    """A step that reads from a service, or changes what may still be undone.

    ``by`` are the fields of its request that tell what it is about; ``own`` are those among them
    that hold the saga's key, which no other saga of this name has.
    """

    service: str
    item: Name
    by: frozenset[str]
    own: frozenset[str]
    locks: frozenset[str]


class Outline(NamedTuple):
    """What other sagas may clash with in one saga."""

    saga: Name
    teams: tuple[Team, ...]
    calls: tuple[Called, ...]
    events: tuple[Event, ...]
    reading: tuple[Access, ...]
    undoable: tuple[Access, ...]
    locks: tuple[Nesting, ...]
    suppressions: tuple[Suppression, ...]

    @property
    def file(self) -> str:
        """The file of the saga."""
        return self.saga.span.file


@dataclass(frozen=True)
class Project:
    """The sagas that are looked at together, one per file, in the order of their files."""

    sagas: tuple[Outline, ...]

    @cached_property
    def distinct(self) -> tuple[Outline, ...]:
        """The first saga of each name: a copy of it (NA007) is not compared with it any further."""
        first: dict[str, Outline] = {}
        for each in self.sagas:
            first.setdefault(each.saga.text, each)
        return tuple(first.values())


def project(outlines: Iterable[Outline]) -> Project:
    """The project of these sagas; a file that is there twice counts once."""
    by_file = {each.file: each for each in outlines}
    return Project(tuple(by_file[file] for file in sorted(by_file)))


def outline(graph: SagaGraph) -> Outline:
    """What others may clash with in the saga of ``graph``."""
    saga = graph.saga
    here = _Accesses(graph)
    return Outline(
        saga.name,
        tuple(_teams(saga)),
        tuple(_called(graph, each) for each in graph.signatures if each.uses),
        tuple(_events(graph)),
        tuple(here.reading()),
        tuple(here.undoable()),
        nestings(graph),
        tuple(_suppressions(graph)),
    )


def _suppressions(graph: SagaGraph) -> Iterator[Suppression]:
    """Its own, and those of the sagas it uses: a lock may be taken there."""
    yield from graph.saga.suppressions
    for child in graph.children.values():
        yield from _suppressions(child)


def _teams(saga: Saga) -> Iterator[Team]:
    for service in saga.services.values():
        if service.team is not None:
            yield Team(service.name.text, service.team)


def _called(graph: SagaGraph, signature: Signature) -> Called:
    refusals = None
    if not signature.compensation:
        refusals = frozenset(each.name.text for each in signature.refusals)
    return Called(
        signature.service,
        signature.action,
        _place(graph.facts[signature.uses[0]], signature),
        _shape(signature.input, graph.saga),
        _shape(signature.output, graph.saga),
        refusals,
    )


def _place(facts: ItemFacts, signature: Signature) -> Span:
    """Where the first item that uses an action names it."""
    item = facts.item
    if isinstance(item, Step | Undo) and _key(facts) == _key(signature):
        return item.action.span if item.action is not None else item.name.span
    written = getattr(item, "compensate", None)
    return written.action.span if written is not None else item.name.span


def _key(what: ItemFacts | Signature) -> tuple[str, str]:
    return what.service, what.action


def _shape(record: RecordType | None, saga: Saga) -> Shape:
    fields = record.fields if record is not None else ()
    return {f"{each.name}{'?' if each.optional else ''}": _type(each, saga) for each in fields}


def _type(each: Field, saga: Saga) -> str:
    if isinstance(each.type, Primitive):
        return each.type.name
    return show(inlined(each.type, saga.types))


# -- events -------------------------------------------------------------------------------------


def _events(graph: SagaGraph) -> Iterator[Event]:
    saga = graph.saga
    for event in saga.events.values():
        yield Event(event.name, _shape(event.data, saga))
    for facts in graph.facts.values():
        item = facts.item
        if isinstance(item, Step | Undo):
            yield from _emitted(item.events, facts, saga)
        elif isinstance(item, Wait):
            races = ((race.event, race.output) for race in item.first)
            for name, data in ((item.event, item.output), *races):
                if name is not None and data is not None:
                    yield Event(name, _shape(data, saga))


def _emitted(names: EventNames, facts: ItemFacts, saga: Saga) -> Iterator[Event]:
    action = f"{facts.service}.{facts.action}"
    if names.done is not None:
        yield Event(names.done, _shape(facts.output_type, saga), "done", action)
    if names.failed is not None:
        data = {each.name.text: str(_shape(each.data, saga)) for each in facts.refusals}
        yield Event(names.failed, data, "failed", action)
    for name, outcome in ((names.undone, "undone"), (names.skipped, "skipped")):
        if name is not None:
            yield Event(name, {}, outcome, action)


# -- who reads what others may undo -------------------------------------------------------------


class _Accesses:
    def __init__(self, graph: SagaGraph) -> None:
        self.graph = graph
        self.key = {(each.root, each.path) for each in reads(graph.saga.key)}
        self.locks: Uses = held(graph)

    def reading(self) -> Iterator[Access]:
        """The steps without an effect whose answer something uses; not those of lost updates."""
        facts = self.graph.facts
        steps = [each for each in facts.values() if isinstance(each.item, Step) and not each.effect]
        if not any(each.output_type.fields for each in steps):
            return
        used = {reach.root for each in facts.values() for reach in (*each.reads, *each.undo_reads)}
        used |= {reach.root for reach in reads(self.graph.saga.output)}
        used -= {lost.reader.name.text for lost in lost_updates(self.graph)}  # IS004 tells of them
        for each in steps:
            if each.output_type.fields and each.item.name.text in used:
                yield self._access(each)

    def undoable(self) -> Iterator[Access]:
        """The steps whose effect the saga may still take back."""
        for each in self.graph.facts.values():
            if not isinstance(each.item, Step) or not each.effect or each.compensation is None:
                continue
            if each.position is Position.BEFORE:
                yield self._access(each)

    def _access(self, facts: ItemFacts) -> Access:
        fields = [each for each in facts.input_type.fields if _tells(each, self.graph.saga)]
        own = set()
        for each in fields:
            value = facts.input.get(each.name)
            found = {(reach.root, reach.path) for reach in reads(value)}
            if found and found == self.key:
                own.add(each.name)
        name = facts.item.name
        by = frozenset(each.name for each in fields)
        return Access(
            facts.service, name, by, frozenset(own), self.locks.get(name.text, frozenset())
        )


def _tells(each: Field, saga: Saga) -> bool:
    """Whether a field of a request may tell which thing it is about: an id, or a list of them."""
    type_ = each.type
    if isinstance(type_, NamedType):
        type_ = inlined(type_, saga.types)
    if isinstance(type_, ListType | RecordType):
        return True
    if type_ == INTEGER:
        return each.name.lower().endswith(("id", "number", "no", "code"))
    return type_ in (STRING, UUID)
