"""From the saga as written to the saga graph: names bound, defaults filled in, positions found."""

from __future__ import annotations

from collections.abc import Mapping
from posixpath import normpath

from .action_signatures import Agreement
from .binder import Binder, Spot, binder_of, event_spot
from .children import Family, Load, find_children
from .codes import diagnostic
from .declared import check_names, owners
from .diagnostics import Diagnostics
from .draft import drawn
from .facts import ItemFacts, Role
from .failures import fill_failures, saga_reasons
from .graph import SagaGraph
from .item_facts import FactMaker, Surroundings
from .live import live_data
from .model import Saga, Step, SubSaga
from .positions import find_positions, is_covered
from .records import replace
from .relations import BOOLEAN, present
from .schemas import with_schemas
from .structure import Structure, keep
from .syntax import Value
from .types import EMPTY, Field, ListType, OptionalType, RecordType, Type

__all__ = ["Load", "resolve"]


def resolve(saga: Saga, load: Load, found: Diagnostics, file: str) -> SagaGraph | None:
    """The graph of ``saga``, which stands in ``file``; what is wrong goes to ``found``.

    ``load`` gives the text of other files by their path, joined from the directory of ``file``; it
    raises FileNotFoundError, PermissionError or ValueError with a reason. The graph is returned
    wherever it can be drawn; None if names stand for two items or ``needs`` goes in a circle.
    """
    return _resolve(saga, found, file, Family(load))


def _resolve(saga: Saga, found: Diagnostics, file: str, family: Family) -> SagaGraph | None:
    family.open.append(normpath(file))
    try:
        saga = with_schemas(saga, family, found, file)
        structure = Structure(saga)
        check_names(saga, structure, found)
        children = find_children(structure, family, _resolve, found, file)
    finally:
        family.open.pop()
    return _graph(saga, structure, children, found)


def _graph(
    saga: Saga, structure: Structure, children: dict[str, SagaGraph], found: Diagnostics
) -> SagaGraph | None:
    if structure.twice:
        return None
    if not structure.cyclic:
        return _resolved(saga, structure, children, found)
    # Nothing is known of the order, but what is wrong with values is found all the same.
    known = Diagnostics()
    _resolved(saga, structure, children, known)
    for each in known:
        if each.code != "NA003":  # that a value is read too early
            found.add(each)
    return None


def _resolved(
    saga: Saga, structure: Structure, children: dict[str, SagaGraph], found: Diagnostics
) -> SagaGraph:
    start, owned = owners(saga, structure)
    binder = binder_of(saga, structure, children, found)
    positions = find_positions(structure, children)
    maker = FactMaker(Surroundings(saga, structure, owned, positions, children), binder)
    facts = {place.name: maker.facts(place) for place in structure.in_order()}
    agreement = Agreement(saga, found)
    keep(structure)
    agreement.agree(facts)
    fill_failures(facts, children)
    output = _check_top(saga, binder)
    return SagaGraph(
        saga=saga,
        facts=facts,
        start_service=start,
        drawn=drawn,
        live_data=live_data,
        children=children,
        judge=positions.judge,
        output_type=output,
        signatures=tuple(agreement.signatures.values()),
        may_fail=_reasons(saga, facts),
        undoable=_is_undoable(structure, facts, children),
    )


# -- the graph ----------------------------------------------------------------------------------


def _reasons(saga: Saga, facts: Mapping[str, ItemFacts]) -> tuple[str, ...]:
    reasons = list(saga_reasons(saga.items, facts))
    if saga.deadline is not None:
        reasons.append("deadline")
    if saga.cancel is not None:
        reasons.append("cancelled")
    return tuple(reasons)


def _is_undoable(
    structure: Structure, facts: Mapping[str, ItemFacts], children: Mapping[str, SagaGraph]
) -> bool:
    """Whether the saga can be taken back when it is done: nothing lacks a compensation."""
    pivot = Role.PIVOT
    for place in structure.in_order():
        each = facts[place.name]
        if each.role is pivot:
            return False
        if each.compensation is not None:
            continue
        if isinstance(place.item, SubSaga):
            stays = place.name in children and not children[place.name].undoable
        else:
            stays = isinstance(place.item, Step) and each.effect
        if stays and each.role is not Role.OPTIONAL and not is_covered(place):
            return False
    return True


# -- what stands above the steps ----------------------------------------------------------------


def _check_top(saga: Saga, binder: Binder) -> RecordType:
    """Checks the key, locks and cancel; returns the type of the saga's output."""
    early = Spot(items=False)
    _check_key(saga.key, binder, replace(early, keyed=False))
    for lock in saga.locks.values():
        _check_key(lock.key, binder, early)
    if saga.cancel is not None and saga.cancel.match is not None:
        data = binder.outlook.event_data(saga.cancel.event.text, None)
        binder.check(saga.cancel.match, BOOLEAN, event_spot(early, data))
    if saga.output is None:
        return EMPTY
    values = saga.output.fields.items()
    return RecordType(tuple(_field(name, binder.infer(value, Spot())) for name, value in values))


def _check_key(value: Value, binder: Binder, spot: Spot) -> None:
    """A key is a text or a whole number, and always there."""
    type_ = binder.infer(value, spot)
    if isinstance(type_, OptionalType):
        message = "A key may not be absent."
        help = "Make the field that it reads a required one."
        binder.found.add(diagnostic("DA001", value.span, message, help=help))
    elif isinstance(type_, RecordType | ListType):
        message = "A key is a text or a number, not a record or a list."
        binder.found.add(diagnostic("TY002", value.span, message))


def _field(name: str, type_: Type) -> Field:
    optional = isinstance(type_, OptionalType)
    return Field(name, present(type_), optional)
