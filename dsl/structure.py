"""Where each item of a saga stands: its list, what is around it, what comes before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .model import (
    Choose,
    Foreach,
    Group,
    Item,
    Parallel,
    Race,
    Recover,
    Repeat,
    Saga,
    Step,
    Wait,
)
from .order import in_order
from .records import dataclass, field
from .syntax import Expr

MOST_REMEMBERED = 32  # cases of a choose whose conditions are known not to hold in a later one


class Section(NamedTuple):
    """A list of items inside a composite: ``kind`` is body, branch, case, race or handler."""

    kind: str
    label: str
    items: tuple[Item, ...]


def sections(item: Item) -> tuple[Section, ...]:
    """The lists inside ``item``, in the order of the file."""
    if item.__class__ is Step and not item.recover:  # nearly always
        return ()
    match item:
        case Parallel():
            return tuple(Section("branch", each.name.text, each.items) for each in item.branches)
        case Choose():
            return tuple(_cases(item))
        case Wait():
            return tuple(Section("race", race_name(each), each.items) for each in item.first)
        case Foreach() | Repeat():
            return (Section("body", "", item.items),)
        case Group():
            return (Section("body", "", item.items), *_handlers(item.recover))
        case Step():
            return tuple(_handlers(item.recover))
    return ()


def walk(items: Iterable[Item]) -> Iterator[Item]:
    """All items, composites before their parts."""
    for item in items:
        yield item
        for section in sections(item):
            yield from walk(section.items)


def race_name(race: Race) -> str:
    """How a way out of a race is called: the event's name, or ``after``."""
    return race.name.text if race.name is not None else "after"


def _cases(item: Choose) -> Iterator[Section]:
    for number, case in enumerate(item.cases, start=1):
        yield Section("case", f"case {number}", case.items)
    if item.otherwise is not None:
        yield Section("case", "otherwise", item.otherwise)


def _handlers(recover: tuple[Recover, ...]) -> Iterator[Section]:
    return (Section("handler", each.refusal.text, each.items) for each in recover)


@dataclass(eq=False, slots=True)
class ItemList:
    """One list of items.

    Only where some have ``needs`` it knows their ``positions``, the ``predecessors`` of each, and
    ``masks``, which have a bit per item of the list that surely comes earlier.
    """

    items: tuple[Item, ...]
    parent: Place | None
    section: Section | None
    number: int  # which of the parent's sections
    positions: dict[str, int] = field(default_factory=dict)
    predecessors: list[tuple[int, ...]] = field(default_factory=list)
    chained: bool = True  # no ``needs``: each follows the one before it
    masks: list[int] = field(default_factory=list)

    def before(self, position: int) -> tuple[int, ...]:
        """The items that one of them needs, or else the one above it."""
        if self.chained:
            return (position - 1,) if position else ()
        return self.predecessors[position]

    def precedes(self, first: int, second: int) -> bool:
        """Whether the item ``first`` of the list is done before ``second`` begins."""
        return first < second if self.chained else bool(self.masks[second] >> first & 1)


@dataclass(eq=False, slots=True)
class Place:
    """An item and where it stands: number ``position`` of ``list``."""

    item: Item
    list: ItemList
    position: int
    order: int  # in the order of the file

    @property
    def name(self) -> str:
        """The item's name."""
        return self.item.name.text

    @property
    def parent(self) -> Place | None:
        """The composite around it."""
        return self.list.parent

    def upwards(self) -> Iterator[Place]:
        """This place and the ones around it, innermost first."""
        here: Place | None = self
        while here is not None:
            yield here
            here = here.parent


class Structure:
    """All places of a saga. Of a name written twice the first counts; ``twice`` has the others."""

    def __init__(self, saga: Saga) -> None:
        self.saga = saga
        self.places: dict[str, Place] = {}
        self.twice: list[tuple[Item, Item]] = []
        self.unknown_needs: list[tuple[ItemList, int]] = []
        self.cyclic = False
        self.top = self._list(saga.items, None, None, 0)

    def _list(
        self,
        items: tuple[Item, ...],
        parent: Place | None,
        section: Section | None,
        number: int,
    ) -> ItemList:
        here = ItemList(items, parent, section, number)
        for position, item in enumerate(items):
            place = Place(item, here, position, len(self.places))
            first = self.places.setdefault(item.name.text, place)
            if first is not place:
                self.twice.append((first.item, item))
            for index, inner in enumerate(sections(item)):
                self._list(inner.items, place, inner, index)
        self._order(here)
        return here

    def _order(self, here: ItemList) -> None:
        here.chained = all(item.needs is None for item in here.items)
        if here.chained:
            return
        for position, item in enumerate(here.items):
            here.positions.setdefault(item.name.text, position)
        for position, item in enumerate(here.items):
            if item.needs is None:
                here.predecessors.append((position - 1,) if position else ())
                continue
            names = [need.text for need in item.needs]
            known = [here.positions[name] for name in names if name in here.positions]
            here.predecessors.append(tuple(dict.fromkeys(known)))
            if len(known) < len(names):
                self.unknown_needs.append((here, position))
        self._mask(here)

    def _mask(self, here: ItemList) -> None:
        here.masks = [0] * len(here.items)
        placed = 0
        for item in in_order(here.items):
            position = here.positions[item.name.text]
            mask = 0
            for before in here.predecessors[position]:
                self.cyclic = self.cyclic or not placed >> before & 1
                mask |= here.masks[before] | 1 << before
            here.masks[position] = mask
            placed |= 1 << position

    def in_order(self) -> Iterator[Place]:
        """All places in the order of the file."""
        return iter(self.places.values())

    def conditions(self, place: Place) -> Iterator[tuple[Expr, bool]]:
        """What holds (or does not) wherever ``place`` is reached, without its own ``if``."""
        if place.list.parent is None:
            return
        around = list(place.upwards())
        for here in reversed(around):
            if here is not place and here.item.condition is not None:
                yield here.item.condition, True
            section = here.list.section
            parent = here.parent
            if parent is not None and section is not None and isinstance(parent.item, Choose):
                yield from chosen(parent.item, here.list.number)


_latest: list[Structure] = []


def keep(structure: Structure) -> None:
    """Keeps the structure for those that ask for the ``latest``."""
    _latest[:] = [structure]


def latest(saga: Saga) -> Structure | None:
    """The structure of ``saga`` if it is the one that was kept last; it is not kept any longer."""
    return _latest.pop() if _latest and _latest[0].saga is saga else None


def chosen(item: Choose, number: int) -> Iterator[tuple[Expr, bool]]:
    """The conditions that hold, or do not, in the case ``number`` of a choose."""
    for case in item.cases[: min(number, MOST_REMEMBERED)]:
        yield case.condition, False
    if number < len(item.cases):
        yield item.cases[number].condition, True
