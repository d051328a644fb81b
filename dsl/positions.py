"""The point of no return: which items are it, what is before and after, who judges a cancel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .facts import Position
from .graph import SagaGraph
from .model import Fail, Foreach, Group, Item, Parallel, Repeat, Step, SubSaga, Wait
from .records import dataclass
from .structure import ItemList, Place, Structure, walk


@dataclass(frozen=True, slots=True)
class Positions:
    """``of`` each item by name; ``judge`` None is the end of the saga."""

    of: Mapping[str, Position]
    judge: str | None
    cancellable: frozenset[str]


def find_positions(structure: Structure, children: Mapping[str, SagaGraph]) -> Positions:
    """Finds the pivots, declared or implicit, and what they mean for every item."""
    pivots = [place for place in structure.in_order() if declared_role(place.item) == "pivot"]
    if not pivots:
        implicit = _implicit_pivot(structure, children)
        pivots = [implicit] if implicit is not None else []
    positions = dict.fromkeys(structure.places, Position.BEFORE)
    positions |= dict.fromkeys(_after(pivots), Position.AFTER)
    positions |= {place.name: Position.PIVOT for place in pivots}
    judge = _judge(structure, pivots, positions)
    return Positions(positions, judge, _cancellable(structure, judge))


def declared_role(item: Item) -> str | None:
    """The role that the file gives the item."""
    role = getattr(item, "role", None)
    return role.text if role is not None else None


def is_covered(place: Place) -> bool:
    """Whether a group around the item is compensated in its place."""
    return any(
        isinstance(here.item, Group) and here.item.compensate is not None
        for here in place.upwards()
        if here is not place
    )


def _after(places: Iterable[Place]) -> Iterator[str]:
    """The items that begin after one of ``places``, in its list or in one around it."""
    marked: dict[int, tuple[ItemList, set[int]]] = {}
    for place in places:
        for here in place.upwards():
            marked.setdefault(id(here.list), (here.list, set()))[1].add(here.position)
    for around, positions in marked.values():
        later: Iterable[Item] = around.items[min(positions) + 1 :]
        if not around.chained:
            mask = sum(1 << each for each in positions)
            later = (item for at, item in enumerate(around.items) if around.masks[at] & mask)
        yield from (item.name.text for item in walk(later))


def _before(place: Place) -> Iterator[str]:
    """The items that begin before ``place``, in its list or in one around it."""
    for here in place.upwards():
        if here is not place:
            yield here.name
        items = here.list.items
        earlier = (items[at] for at in range(len(items)) if here.list.precedes(at, here.position))
        yield from (item.name.text for item in walk(earlier))


def _implicit_pivot(structure: Structure, children: Mapping[str, SagaGraph]) -> Place | None:
    """The last step with an effect, if it has no compensation and nothing after it can fail."""
    last = _last_that_counts(structure)
    if last is None or not isinstance(last.item, Step):
        return None
    if last.item.compensate is not None or is_covered(last) or not _may_be_pivot(last):
        return None
    return last if _nothing_fails_after(last, structure, children) else None


def _last_that_counts(structure: Structure) -> Place | None:
    """The last step with an effect, or sub-saga, on the paths of the saga."""
    parts: Iterable[tuple[Item, ...]] = [structure.top.items]
    if structure.top.chained:  # then it is in the last item that has any
        parts = ((item,) for item in reversed(structure.top.items))
    for part in parts:
        found = [structure.places[item.name.text] for item in walk(part) if _counts(item)]
        if found:  # of those that are side by side the one further down
            return max(reversed(found), key=_running_order)
    return None


def _counts(item: Item) -> bool:
    return isinstance(item, SubSaga) or (
        isinstance(item, Step) and item.effect and item.role is None
    )


def _running_order(place: Place) -> tuple[tuple[int, int, int], ...]:
    """Greater for what comes later on a path."""
    return tuple(_rank(here) for here in reversed(list(place.upwards())))


def _rank(place: Place) -> tuple[int, int, int]:
    here = place.list
    depth = 0 if here.chained else here.masks[place.position].bit_count()
    return (here.number, depth, place.position)


def _may_be_pivot(place: Place) -> bool:
    """A pivot stands in no loop and in no branch that may be undone because others were faster."""
    for here in place.upwards():
        if isinstance(here.item, Foreach | Repeat):
            return False
        if isinstance(here.item, Parallel) and here.item.join != "all":
            return False
    return True


def _nothing_fails_after(
    pivot: Place, structure: Structure, children: Mapping[str, SagaGraph]
) -> bool:
    before, after = set(_before(pivot)), set(_after([pivot]))
    for place in structure.in_order():
        name, follows = place.name, place.name in after
        if place is pivot or name in before or not _fails(place.item, children, follows):
            continue
        if follows or not _exclusive(place, pivot):
            return False
    return True


def _fails(item: Item, children: Mapping[str, SagaGraph], after: bool) -> bool:
    """Whether an item could fail; a step after the pivot would be retried if it has no refusal."""
    match item:
        case Step():
            if declared_role(item) in ("optional", "retriable"):
                return False
            return not after or bool(item.fails) or item.compensate is not None
        case Fail() | Repeat():
            return True
        case Wait():
            return item.timeout is not None and item.on_timeout == "fail"
        case SubSaga():
            child = children.get(item.name.text)
            return child is None or bool(child.may_fail)
    return False


def _exclusive(one: Place, other: Place) -> bool:
    """Whether two items never run in the same saga: they stand in different cases of a choice."""
    lists = {id(here.parent): here.list for here in one.upwards() if here.parent is not None}
    for here in other.upwards():
        sister = lists.get(id(here.parent)) if here.parent is not None else None
        if sister is not None:
            kind = here.list.section.kind if here.list.section is not None else ""
            return sister is not here.list and kind in ("case", "race")
    return False


def _judge(
    structure: Structure, pivots: list[Place], positions: Mapping[str, Position]
) -> str | None:
    """The pivot, or the top-level item around it; without one, what first lacks a compensation."""
    lacking = pivots or [
        place for place in structure.in_order() if _stays(place) and positions[place.name]
    ]
    tops = {id(top): top for place in lacking for top in [list(place.upwards())[-1]]}
    if not tops:
        return None
    return min(tops.values(), key=_rank).name


def _stays(place: Place) -> bool:
    """Whether the item has an effect that nothing takes back, and that cannot be given up."""
    item = place.item
    if not isinstance(item, Step) or not item.effect or item.compensate is not None:
        return False
    return declared_role(item) != "optional" and not is_covered(place)


def _cancellable(structure: Structure, judge: str | None) -> frozenset[str]:
    if judge is None:
        return frozenset(structure.places)
    return frozenset((*_before(structure.places[judge]), judge))
