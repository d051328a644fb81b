"""What there is to draw: the items of a saga as nested parts, with what a picture says of each.

A ``Unit`` is one state, a ``Frame`` holds regions of parts: branches, cases, a loop's body, a way
out of a refusal. All kinds of picture read this and the facts it comes from, nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sagac.dsl.facts import ItemFacts, OnUnknown, Position, Role
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Fail, Foreach, Item, Recover, Repeat, Saga, Step, SubSaga, Undo, Wait
from sagac.dsl.order import in_order

from .words import regions_of, seconds, summary, title_of


@dataclass(frozen=True, slots=True)
class Back:
    """A compensation; ``bounded``: its retries end, and then a person has to decide."""

    id: str
    title: str
    service: str
    bounded: bool


@dataclass(frozen=True, slots=True)
class Unit:
    """One state. ``acts`` is False for an undo item: nothing happens there on the way forward."""

    id: str
    title: str
    service: str
    team: str
    kind: str
    role: Role | None
    position: Position
    notes: tuple[str, ...]
    refusals: tuple[str, ...]  # reasons that lead to the undoing of what came before
    unknown: bool  # an unknown outcome leads to its own compensation
    stuck: tuple[str, ...]  # reasons for which it waits for a person
    back: Back | None
    needs: tuple[str, ...]

    @property
    def acts(self) -> bool:
        """Whether it is a state of the way forward."""
        return self.kind != "undo"

    @property
    def fails(self) -> bool:
        """Whether something leads from it to the way back."""
        return bool(self.refusals) or self.unknown


@dataclass(frozen=True, slots=True)
class Region:
    """One of the parallel, alternative or repeated courses inside a frame."""

    label: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """A composite item; ``refusals`` are those of the whole."""

    id: str
    title: str
    service: str
    team: str
    kind: str
    position: Position
    notes: tuple[str, ...]
    regions: tuple[Region, ...]
    refusals: tuple[str, ...]
    needs: tuple[str, ...]
    pivot: bool
    loops: bool  # its body runs again and again, one after the other

    @property
    def fails(self) -> bool:
        """Whether something leads from it to the way back."""
        return bool(self.refusals)


Part: TypeAlias = "Unit | Frame"


@dataclass(frozen=True, slots=True)
class Outline:
    """A whole saga, ready to be drawn."""

    name: str
    version: int
    description: str
    parts: tuple[Part, ...]
    start: str
    remarks: tuple[str, ...]

    @property
    def title(self) -> str:
        """The heading of the picture."""
        return f"{self.name} v{self.version}"


def outline(graph: SagaGraph) -> Outline:
    """The parts of ``graph`` in the order in which one coordinator takes them."""
    saga = graph.saga
    return Outline(
        name=saga.name.text,
        version=saga.version,
        description=saga.description or "",
        parts=_Builder(graph).parts(saga.items),
        start=graph.start_service,
        remarks=tuple(_remarks(graph)),
    )


def units(parts: Iterable[Part]) -> Iterator[Unit]:
    """All units of ``parts``, in order, those inside frames too."""
    for part in parts:
        if isinstance(part, Unit):
            yield part
        else:
            for region in part.regions:
                yield from units(region.parts)


def _remarks(graph: SagaGraph) -> Iterator[str]:
    saga = graph.saga
    ways = []
    if saga.cancel:
        ways.append(f"cancel ({saga.cancel.event})")
    if saga.deadline:
        ways.append(f"deadline ({saga.deadline.text})")
    if ways:
        until = f"until {graph.judge} starts" if graph.judge else "until the end"
        accepted = " and ".join(ways)
        yield f"{accepted[0].upper()}{accepted[1:]}: accepted {until}; what is done is then undone."


class _Builder:
    def __init__(self, graph: SagaGraph) -> None:
        self._graph = graph
        self._saga: Saga = graph.saga

    def parts(self, items: Sequence[Item], undone: bool = True) -> tuple[Part, ...]:
        return tuple(self._part(item, undone) for item in in_order(items))

    def _part(self, item: Item, undone: bool) -> Part:
        facts = self._graph.facts[item.name.text]
        if isinstance(item, Step) and item.recover:
            return self._rescued(item, facts, undone)
        found = regions_of(item)
        if not found:
            return self._unit(item, facts, undone)
        back = self._back(facts) if undone else None
        regions = [Region(label, self.parts(items, undone)) for label, items in found]
        if back is not None:  # in place of those of the members, but not of the handlers
            label, items = found[0]
            members = self.parts(items, undone=False)
            regions[0] = Region(label, (self._undo_of_all(facts, back), *members))
        return self._frame(item, facts, tuple(regions))

    def _rescued(self, item: Step, facts: ItemFacts, undone: bool) -> Frame:
        """A step with ``recover``: the step itself, and what runs instead of each refusal."""
        tried = Region("", (self._unit(item, facts, undone, rescued=item.recover),))
        instead = (
            Region(f"instead, on {each.refusal}", self.parts(each.items)) for each in item.recover
        )
        return self._frame(item, facts, (tried, *instead), f"{item.name}, with a way out")

    def _undo_of_all(self, facts: ItemFacts, back: Back) -> Unit:
        """What undoes a group in place of its members: it stands first, so it is reached last."""
        return Unit(
            id=f"{facts.item.name}~scope",
            title=back.title,
            service=back.service,
            team=self._team(back.service),
            kind="undo",
            role=None,
            position=facts.position,
            notes=(),
            refusals=(),
            unknown=False,
            stuck=(),
            back=back,
            needs=(),
        )

    def _frame(
        self,
        item: Item,
        facts: ItemFacts,
        regions: tuple[Region, ...],
        title: str = "",
    ) -> Frame:
        return Frame(
            id=f"{item.name}~frame",
            title=title or title_of(item),
            service=facts.service,
            team=self._team(facts.service),
            kind=item.kind,
            position=facts.position,
            notes=(*summary(item), *_remarkable(item, facts)),
            regions=regions,
            refusals=self._reasons(item, facts.may_fail)
            if facts.position is not Position.AFTER
            else (),
            needs=facts.predecessors,
            pivot=facts.role is Role.PIVOT,
            loops=isinstance(item, Repeat)
            or (isinstance(item, Foreach) and item.mode == "sequence"),
        )

    def _unit(
        self,
        item: Item,
        facts: ItemFacts,
        undone: bool,
        rescued: tuple[Recover, ...] = (),
    ) -> Unit:
        refusals = self._reasons(item, facts.own_failures)
        back = self._back(facts) if undone else None
        own = facts.on_unknown is OnUnknown.COMPENSATE and back is not None
        after = facts.position is Position.AFTER
        if rescued:
            refusals = _not_rescued(refusals, rescued)
        if facts.role is Role.OPTIONAL:
            refusals, own = (), False  # its failure is passed over
        if own:
            refusals = tuple(each for each in refusals if each != "unknown")
        return Unit(
            id=item.name.text,
            title=title_of(item),
            service=facts.service,
            team=self._team(facts.service),
            kind=item.kind,
            role=facts.role,
            position=facts.position,
            notes=summary(item),
            refusals=() if after else tuple(_explained(each, facts) for each in refusals),
            unknown=own and not after,
            stuck=_stuck(item, facts),
            back=back,
            needs=facts.predecessors,
        )

    def _reasons(self, item: Item, found: tuple[str, ...]) -> tuple[str, ...]:
        """``found`` and, at the judge, the requests that it may accept."""
        if isinstance(item, Undo):
            return ()
        asked: list[str] = []
        if item.name.text == self._graph.judge:
            asked += ["cancelled"] if self._saga.cancel else []
            asked += ["deadline"] if self._saga.deadline else []
        return tuple(dict.fromkeys((*found, *asked)))

    def _back(self, facts: ItemFacts) -> Back | None:
        item = facts.item
        name = f"{item.name}~undo"
        if isinstance(item, Undo):
            return Back(
                name,
                facts.action or item.name.text,
                facts.service,
                _ends(facts.retry.attempts),
            )
        undo = facts.compensation
        if undo is not None:
            return Back(name, undo.action, undo.service, _ends(undo.retry.attempts))
        if isinstance(item, SubSaga) and facts.position is Position.BEFORE:
            return Back(name, f"undo {item.name}", facts.service, False)
        return None

    def _team(self, service: str) -> str:
        known = self._saga.services.get(service)
        return known.team.text if known and known.team else service


def _ends(attempts: int | None) -> bool:
    return attempts is not None


def _not_rescued(reasons: tuple[str, ...], rescued: tuple[Recover, ...]) -> tuple[str, ...]:
    """What leads back from a step in spite of its ``recover``."""
    named = {each.refusal.text for each in rescued}
    return () if "any" in named else tuple(each for each in reasons if each not in named)


def _remarkable(item: Item, facts: ItemFacts) -> Iterator[str]:
    """What a frame says of its place in the saga."""
    if facts.role is Role.PIVOT:
        yield "point of no return"
    if isinstance(item, Repeat) and facts.position is Position.AFTER:
        yield "exhausted means STUCK here: a person decides"


def _explained(reason: str, facts: ItemFacts) -> str:
    queried = reason == "unknown" and facts.on_unknown is OnUnknown.QUERY
    return "never happened" if queried else reason


def _stuck(item: Item, facts: ItemFacts) -> tuple[str, ...]:
    """Why a person may have to decide at this item on the way forward."""
    if facts.on_unknown is OnUnknown.MANUAL:
        return ("unknown",)
    if isinstance(item, Fail | Undo):
        return ()
    if facts.role is Role.RETRIABLE and _ends(facts.retry.attempts):
        return (f"{facts.retry.attempts} attempts spent",)
    if not isinstance(item, Wait) or facts.position is not Position.AFTER:
        return ()
    if item.timeout is not None and item.on_timeout == "fail":
        return (f"no event in {seconds(item.timeout)}",)
    return ()
