"""The facts of each item: defaults filled in, expressions bound and typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from .binder import Binder, Spot, compensating, event_spot
from .defaults import call_timeout, forward_retry, role_of, undo_retry, unknown_leads_to
from .facts import Compensation, ItemFacts, OnUnknown, Reach
from .failures import step_failures
from .graph import SagaGraph
from .inline import inlined_record
from .inputs import Inputs
from .model import (
    Choose,
    Compensate,
    Fail,
    Foreach,
    Group,
    Item,
    Join,
    Name,
    Parallel,
    Refusal,
    Repeat,
    Saga,
    Seconds,
    Step,
    SubSaga,
    Undo,
    Wait,
)
from .positions import Positions
from .reach import all_reads, may_be_missing
from .records import dataclass
from .relations import BOOLEAN, INTEGER, NUMBER
from .structure import ItemList, Place, Structure
from .syntax import Expr, Value
from .types import ANY, ListType, Primitive, Type

DURATION = Primitive("duration")
_GIVEN = (Step, SubSaga)
_Facts: TypeAlias = "dict[str, Any]"  # fields of the facts of one item, by name


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known before the facts: services, positions, sub-sagas."""

    saga: Saga
    structure: Structure
    owners: Mapping[str, str]
    positions: Positions
    children: Mapping[str, SagaGraph]


class FactMaker:
    """Makes the facts of items, in the order of the file."""

    def __init__(self, around: Surroundings, binder: Binder) -> None:
        self.around = around
        self.saga = around.saga
        self.binder = binder
        self.inputs = Inputs(around.saga, binder)
        self._loops: dict[int, tuple[tuple[str, ...], tuple[str, ...]]] = {}

    def facts(self, place: Place) -> ItemFacts:
        """The facts of the item at ``place``; ``may_fail`` is found later."""
        item = place.item
        name = item.name.text
        parents, loops = self._around(place.list)
        position = self.around.positions.of[name]
        before = place.list.before(place.position)
        base: _Facts = {
            "item": item,
            "parents": parents,
            "loops": loops,
            "service": self.around.owners[name],
            "position": position,
            "role": role_of(item, position, isinstance(item, Step) and item.effect),
            "cancellable": name in self.around.positions.cancellable,
            "predecessors": tuple([place.list.items[n].name.text for n in before]),
            "reads": all_reads(self._read_values(item), without=("saga", "event")),
            "maybe": may_be_missing(place),
            "output_type": self.binder.outlook.output(item),
        }
        self._check(place)
        special = _SPECIAL.get(item.__class__)
        if special is not None:
            base.update(special(self, place, item, base))
        return ItemFacts(**base)

    def _around(self, here: ItemList) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The composites around a list and the loops among them; shared by all of its items."""
        known = self._loops.get(id(here))
        if known is None:
            known = ((), ())
            if here.parent is not None:
                name = here.parent.name
                parents, loops = self._around(here.parent.list)
                if isinstance(here.parent.item, Foreach | Repeat):
                    loops = (*loops, name)
                known = ((*parents, name), loops)
            self._loops[id(here)] = known
        return known

    # -- kinds ------------------------------------------------------------------------------

    def _step(self, place: Place, item: Step, base: _Facts) -> _Facts:
        action = (item.action or item.name).text
        declared = self.inputs.declaration(base["service"], action)
        idempotent = item.idempotent
        if idempotent is None:
            idempotent = declared.idempotent if declared is not None else None
        once = idempotent is False
        values, types = self.inputs.make(item.input, Spot(place, holds=_own(item)))
        undo, undo_reads = None, tuple[Reach, ...]()
        if item.compensate is not None:
            own = self.inputs.own_output(item, base["output_type"], values)
            given = {**values, **own} if own else values
            undo = self._compensation(place, item.compensate, base["service"], given)
            if undo.input is given and undo.when is None and item.condition is None:
                undo_reads = base["reads"] + all_reads(own.values()) if own else base["reads"]
            else:
                undo_reads = _undo_reads(undo)
        unknown = unknown_leads_to(item, base["role"], not once, undo is not None)
        if unknown is OnUnknown.FAIL and item.effect and self._covered(place):
            unknown = OnUnknown.COMPENSATE
        service = self.saga.services.get(base["service"])
        refusals = self._refusals(item)
        own_failures, may_fail = step_failures(refusals, base["role"], unknown)
        return {
            "action": action,
            "input": values,
            "input_type": types,
            "refusals": refusals,
            "effect": item.effect,
            "idempotent": not once,
            "fence": service.fence if service is not None else True,
            "retry": forward_retry(self.saga, item.retry, base["role"], once),
            "timeout": call_timeout(self.saga, item.timeout),
            "heartbeat": item.heartbeat.value if item.heartbeat is not None else None,
            "on_unknown": unknown,
            "compensation": undo,
            "may_fail": may_fail,
            "own_failures": own_failures,
            "undo_reads": undo_reads,
        }

    def _covered(self, place: Place) -> bool:
        groups = (here.item for here in place.upwards() if here is not place)
        return any(isinstance(each, Group) and each.compensate is not None for each in groups)

    def _refusals(self, item: Step) -> tuple[Refusal, ...]:
        """The declared ones, and ``locked`` where a lock may refuse."""
        for lock in item.locks:
            declared = self.saga.locks.get(lock.text)
            named = any(each.name.text == "locked" for each in item.fails)
            if declared is not None and declared.conflict == "refuse" and not named:
                return (*item.fails, Refusal(Name("locked", lock.span), None))
        return item.fails

    def _undo(self, place: Place, item: Undo, base: _Facts) -> _Facts:
        action = (item.action or item.name).text
        spot = Spot(place, failing=True, holds=_own(item))
        values, types = self.inputs.make(item.input, spot)
        retry = undo_retry(item.retry)
        timeout = call_timeout(self.saga, item.timeout)
        undo = Compensation(
            action,
            base["service"],
            values,
            types,
            retry,
            timeout,
            None,
            item.on_failure or "stop",
            item.span,
            short=False,
        )
        return {
            "action": action,
            "input": values,
            "input_type": types,
            "effect": True,
            "retry": retry,
            "timeout": timeout,
            "on_unknown": OnUnknown.RETRY,
            "compensation": undo,
            "undo_reads": _undo_reads(undo),
        }

    def _sub_saga(self, place: Place, item: SubSaga, base: _Facts) -> _Facts:
        child = self.around.children.get(place.name)
        spot = Spot(place, holds=_own(item))
        values, types = self.inputs.make(item.input, spot)
        if child is not None:
            self.inputs.check_child(item, child, spot)
            types = inlined_record(child.saga.input, child.saga.types)
        return {"input": values, "input_type": types, "effect": True}

    def _group(self, place: Place, item: Group, base: _Facts) -> _Facts:
        if item.compensate is None:
            return {}
        undo = self._compensation(place, item.compensate, base["service"], {})
        return {"effect": True, "compensation": undo, "undo_reads": _undo_reads(undo)}

    def _compensation(
        self, place: Place, written: Compensate, service: str, given: dict[str, Value]
    ) -> Compensation:
        """``given`` is the request of the short form."""
        owner = written.service.text if written.service is not None else service
        spot = compensating(place, _own(place.item))
        short = written.input is None
        if short:
            values = self.inputs.declared_only(owner, written.action.text, given)
            types = self.inputs.types(values, spot, silent=True)
        else:
            values, types = self.inputs.make(written.input, spot)
        if written.when is not None:
            self.binder.check(written.when, BOOLEAN, spot)
        return Compensation(
            written.action.text,
            owner,
            values,
            types,
            undo_retry(written.retry),
            call_timeout(self.saga, written.timeout),
            written.when,
            written.on_failure or "stop",
            written.span,
            short,
        )

    # -- what items read, and whether it fits -----------------------------------------------

    def _read_values(self, item: Item) -> Iterable[Value]:
        """The values that an item reads before it runs, or at its end."""
        if isinstance(item, _GIVEN):
            values = self.inputs.values(item.input).values()
            return values if item.condition is None else [item.condition, *values]
        return [*(value for value, _ in _expressions(item)), *_plain_values(item)]

    def _check(self, place: Place) -> None:
        item = place.item
        if item.condition is None and isinstance(item, Step):
            return
        spot = Spot(place)
        if item.condition is not None:
            self.binder.check(item.condition, BOOLEAN, spot)
        spot = Spot(place, holds=_own(item))
        for value, target in _expressions(item):
            if value is not item.condition:
                self._one(value, target, spot)
        match item:
            case Repeat() if item.until is not None:
                self.binder.check(item.until, BOOLEAN, Spot(place, inside=True))
            case Fail() if item.data is not None:
                self.binder.infer(item.data, spot)
            case Wait():
                self._matches(item, spot)

    def _one(self, value: Expr, target: Type, spot: Spot) -> None:
        if target is DURATION:
            if self.binder.infer(value, spot) not in (DURATION, INTEGER, NUMBER, ANY):
                self.binder.check(value, DURATION, spot)
        else:
            self.binder.check(value, target, spot)

    def _matches(self, item: Wait, spot: Spot) -> None:
        data = self.binder.outlook.event_data
        if item.match is not None and item.event is not None:
            known = data(item.event.text, item.output)
            self.binder.check(item.match, BOOLEAN, event_spot(spot, known))
        for race in item.first:
            if race.match is not None and race.event is not None:
                known = data(race.event.text, race.output)
                self.binder.check(race.match, BOOLEAN, event_spot(spot, known))


def _own(item: Item) -> tuple[Expr, ...]:
    return (item.condition,) if item.condition is not None else ()


def _expressions(item: Item) -> Iterator[tuple[Expr, Type]]:
    """The bare expressions that an item reads before it runs, and what each must be."""
    if item.condition is not None:
        yield item.condition, BOOLEAN
    match item:
        case Choose():
            yield from ((case.condition, BOOLEAN) for case in item.cases)
        case Foreach():
            if item.source is not None:
                yield item.source, ListType(ANY)
            yield from _counts(item.limit, item.join)
        case Parallel():
            yield from _counts(item.join)
        case Wait():
            for time in (item.duration, item.timeout, *(each.after for each in item.first)):
                if time is not None and not isinstance(time, Seconds):
                    yield time, DURATION


def _counts(*values: Join | None) -> Iterator[tuple[Expr, Type]]:
    for value in values:
        if value is not None and not isinstance(value, str | int):
            yield value, INTEGER


def _plain_values(item: Item) -> Iterator[Value]:
    """The values that an item reads besides, whatever they are."""
    match item:
        case Wait():
            found = (item.match, *(each.match for each in item.first))
            yield from (each for each in found if each is not None)
        case Fail() if item.data is not None:
            yield item.data
        case Repeat() if item.until is not None:
            yield item.until


def _undo_reads(undo: Compensation) -> tuple[Reach, ...]:
    return all_reads((*undo.input.values(), undo.when), without=("saga",))


_SPECIAL: dict[type[Item], Callable[[FactMaker, Place, Any, _Facts], _Facts]] = {
    Step: FactMaker._step,
    Undo: FactMaker._undo,
    SubSaga: FactMaker._sub_saga,
    Group: FactMaker._group,
}
