"""Names that are no expressions: services, events, locks, refusals, ``needs``; names used twice."""

from __future__ import annotations

from collections.abc import Iterable

from .codes import diagnostic
from .diagnostics import Diagnostics, Label
from .model import (
    Compensate,
    Foreach,
    Group,
    Item,
    Name,
    Recover,
    Saga,
    Step,
    Undo,
    Wait,
)
from .repairs import renamed
from .span import Span
from .structure import ItemList, Place, Structure, sections
from .suggest import SLIP, did_you_mean, nearest

ANY_REFUSAL = ("unknown", "any")


def check_names(saga: Saga, structure: Structure, found: Diagnostics) -> None:
    """Reports unknown names (NA001) and names that are there twice (NA002)."""
    checks = _Names(saga, structure, found)
    for first, second in structure.twice:
        checks.twice(second.name, first.name.span)
    for place in structure.in_order():
        checks.item(place)
    for here, position in structure.unknown_needs:
        checks.needs(here, position)
    checks.top()


class _Names:
    def __init__(self, saga: Saga, structure: Structure, found: Diagnostics) -> None:
        self.saga = saga
        self.structure = structure
        self.found = found

    def twice(self, name: Name, first: Span) -> None:
        message = f"`{name.text}` is the name of another item or loop variable already."
        self._report("NA002", name.span, message, "Choose another name.", Label("here", first))

    def top(self) -> None:
        start, cancel = self.saga.start, self.saga.cancel
        if start is not None and start.service is not None:
            self._service(start.service)
        if start is not None and start.event is not None:
            self._event(start.event)
        if cancel is not None:
            self._event(cancel.event)

    def needs(self, here: ItemList, position: int) -> None:
        for need in here.items[position].needs or ():
            if need.text in here.positions:
                continue
            elsewhere = self.structure.places.get(need.text)
            sisters = [item.name.text for item in here.items if item is not here.items[position]]
            if elsewhere is None:
                help = self._near(need.text, sisters) or None
                message = f"There is no item named `{need.text}`."
                self._unknown(need, message, help, sisters)
            else:
                message = f"`{need.text}` is not in the same list: `needs` names items of its own."
                label = Label("it stands here", elsewhere.item.name.span)
                self._report("NA003", need.span, message, _instead(elsewhere, here), label)

    def item(self, place: Place) -> None:
        item = place.item
        service = getattr(item, "service", None)
        if service is not None:
            self._service(service)
        match item:
            case Step():
                self._step(item)
            case Undo():
                self._locks(item.locks)
            case Group():
                self._compensate(item.compensate)
                inside = _refusals_inside(item)
                if inside is not None:
                    self._refusals(item.recover, inside)
            case Foreach():
                self._variable(place, item)
            case Wait():
                for event in (item.event, *(each.event for each in item.first)):
                    if event is not None:
                        self._event(event)

    def _step(self, item: Step) -> None:
        self._compensate(item.compensate)
        self._locks(item.locks)
        declared = {each.name.text for each in item.fails}
        if item.locks:
            declared.add("locked")
        self._refusals(item.recover, declared)

    def _compensate(self, written: Compensate | None) -> None:
        if written is not None and written.service is not None:
            self._service(written.service)

    def _variable(self, place: Place, item: Foreach) -> None:
        if item.variable is None:
            return
        other = self.structure.places.get(item.variable.text)
        if other is not None:
            self.twice(item.variable, other.item.name.span)
            return
        for here in place.upwards():
            outer = here.item
            if outer is item or not isinstance(outer, Foreach) or outer.variable is None:
                continue
            if outer.variable.text == item.variable.text:
                self.twice(item.variable, outer.variable.span)

    # -- single names -----------------------------------------------------------------------

    def _service(self, name: Name) -> None:
        if name.text not in self.saga.services and name.text.isascii():  # else SY008 speaks of it
            help = self._near(name.text, self.saga.services) or "Add it to `services:`."
            self._unknown(
                name, f"There is no service named `{name.text}`.", help, self.saga.services
            )

    def _event(self, name: Name) -> None:
        """An event need not be declared; one that looks like a declared one is misspelt."""
        if name.text in self.saga.events:
            return
        if self.found.full:
            return
        meant = nearest(name.text, self.saga.events, SLIP)
        if meant is not None:
            help = f"Did you mean `{meant}`? Else declare it under `events:` with its data."
            self._unknown(name, f"There is no event named `{name.text}`.", help, self.saga.events)

    def _locks(self, names: Iterable[Name]) -> None:
        for name in names:
            if name.text not in self.saga.locks:
                help = self._near(name.text, self.saga.locks) or "Declare it under `locks:`."
                self._unknown(name, f"There is no lock named `{name.text}`.", help, self.saga.locks)

    def _refusals(self, recover: Iterable[Recover], declared: set[str]) -> None:
        for each in recover:
            name = each.refusal
            if name.text not in declared and name.text not in ANY_REFUSAL:
                known = [*sorted(declared), *ANY_REFUSAL]
                message = f"Nothing here fails with `{name.text}`."
                self._unknown(name, message, self._near(name.text, known), known)

    def _near(self, word: str, known: Iterable[str]) -> str:
        return "" if self.found.full else did_you_mean(word, known)

    def _unknown(self, name: Name, message: str, help: str | None, known: Iterable[str]) -> None:
        meant = None if self.found.full else nearest(name.text, known)
        fix = renamed(name.span, meant)
        self.found.add(diagnostic("NA001", name.span, message, help=help, fix=fix))

    def _report(
        self, code: str, span: Span, message: str, help: str | None, label: Label | None = None
    ) -> None:
        labels = (label,) if label is not None else ()
        self.found.add(diagnostic(code, span, message, help=help, labels=labels))


def _instead(elsewhere: Place, here: ItemList) -> str:
    for outer in elsewhere.upwards():
        if outer.list is here:
            return f"Write `{outer.name}`, which it is part of."
    return "Put both into one list, or name what is around it."


def _refusals_inside(item: Group) -> set[str] | None:
    """Every reason for which a member of a group could refuse; None with a sub-saga in it."""
    reasons: set[str] = {"timeout", "exhausted"}
    todo: list[Item] = list(item.items)
    while todo:
        each = todo.pop()
        if isinstance(each, Step):
            reasons.update(refusal.name.text for refusal in each.fails)
            if each.locks:
                reasons.add("locked")
        elif each.kind == "fail":
            reasons.add(each.name.text)
        elif each.kind == "saga":
            return None
        todo.extend(inner for section in sections(each) for inner in section.items)
    return reasons


def owners(saga: Saga, structure: Structure) -> tuple[str, dict[str, str]]:
    """The service that starts the saga, and the owner of every item.

    A wait, choose or foreach without a service belongs to that of the item before it, at the
    beginning to the one that starts the saga; so does what can name no service.
    """
    start = _start_service(saga, structure)
    found: dict[str, str] = {}
    for place in structure.in_order():
        own = getattr(place.item, "service", None)
        if own is not None:
            found[place.name] = own.text
        elif place.position:
            found[place.name] = found[place.list.items[place.position - 1].name.text]
        else:
            found[place.name] = found[place.parent.name] if place.parent is not None else start
    return start, found


def _start_service(saga: Saga, structure: Structure) -> str:
    if saga.start is not None and saga.start.service is not None:
        return saga.start.service.text
    for place in structure.in_order():
        service = getattr(place.item, "service", None)
        if service is not None:
            return str(service.text)
    return next(iter(saga.services), "")
