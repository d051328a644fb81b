"""What may still fail: the questions that the rules of compensation and of the pivot share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sagac.dsl.diagnostics import Label
from sagac.dsl.facts import ItemFacts, Position, Role
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Foreach, Group, Item, Parallel, Step
from sagac.dsl.structure import Place, sections
from sagac.dsl.syntax import Constant

from .places import Places, kind


class Culprit(NamedTuple):
    """An item that may fail for good, and why."""

    item: Item
    reasons: tuple[str, ...]

    @property
    def name(self) -> str:
        """The item's name."""
        return self.item.name.text

    @property
    def why(self) -> str:
        """The reasons as text: ``card_declined, unknown outcome``."""
        return ", ".join("unknown outcome" if each == "unknown" else each for each in self.reasons)

    @property
    def label(self) -> Label:
        """A label at the item's name."""
        return Label(f"may fail: {self.why}", self.item.name.span)


def not_before(graph: SagaGraph, places: Places, name: str) -> Iterator[Culprit]:
    """What may fail for good beside or after the item ``name``, nearest first.

    A composite counts as one node; of one that may fail, its first failing item is given.
    """
    for place in places.places[name].upwards():
        for item in places.failing(place, lambda item: _fails(graph, item)):
            yield from _first(graph, item)
        yield from _sisters(graph, place)


def _sisters(graph: SagaGraph, place: Place) -> Iterator[Culprit]:
    """What may fail in the other branches of the fork around ``place``."""
    fork = place.parent
    if fork is None or kind(place) != "branch":
        return
    if isinstance(fork.item, Parallel) and fork.item.join == "settled":
        return  # each branch is undone alone
    for number, section in enumerate(sections(fork.item)):
        if number != place.list.number:
            for item in section.items:
                yield from _first(graph, item)


def _first(graph: SagaGraph, item: Item) -> Iterator[Culprit]:
    if not _fails(graph, item):
        return
    for section in sections(item):
        for inner in section.items:
            for culprit in _first(graph, inner):
                yield culprit
                return
    yield Culprit(item, graph.facts[item.name.text].may_fail)


def _fails(graph: SagaGraph, item: Item) -> bool:
    return bool(graph.facts[item.name.text].may_fail)


def covered(places: Places, name: str, *, within: Item | None = None) -> bool:
    """Whether a group around the item (inside ``within``, if given) is compensated in its place."""
    for place in places.around(name):
        if place.item is within:
            return False
        if isinstance(place.item, Group) and place.item.compensate is not None:
            return True
    return False


def choosing_join(places: Places, name: str) -> Place | None:
    """The nearest fork around the item whose join does not wait for all: its losers are undone."""
    for place in places.around(name):
        match place.item:
            case Parallel(join=join, branches=branches):
                if _chooses(join, len(branches)):
                    return place
            case Foreach(join=join):
                if _chooses(join, None):
                    return place
    return None


def in_foreach(places: Places, name: str) -> Place | None:
    """The innermost foreach around the item, or None."""
    return next((each for each in places.around(name) if isinstance(each.item, Foreach)), None)


def _chooses(join: object, branches: int | None) -> bool:
    if isinstance(join, Constant):
        join = join.value
    return join not in ("all", "settled") and (branches is None or join != branches)


def left_behind(facts: ItemFacts) -> bool:
    """Whether a step has an effect and nothing of its own that takes it back."""
    return facts.compensation is None and facts.effect and isinstance(facts.item, Step)


def written_role(item: Item) -> str | None:
    """The role that the file gives the item, or None."""
    role = getattr(item, "role", None)
    return role.text if role is not None else None


def must_be_undone(facts: ItemFacts) -> bool:
    """Whether the item stands where a failure may still call for its compensation."""
    return facts.position is not Position.AFTER and facts.role is not Role.PIVOT
