"""How the items of a saga lie to each other: what rules ask about order."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum

from sagac.dsl.model import Item, Saga
from sagac.dsl.structure import ItemList, Place, Structure, latest, sections

LONGEST = 5  # items of a path that are shown between its ends


class Relation(StrEnum):
    """How one item lies to another on the paths of the saga."""

    BEFORE = "before"
    AFTER = "after"
    BESIDE = "beside"
    EXCLUDES = "excludes"  # never both in one run
    AROUND = "around"  # one stands inside the other


class Places(Structure):
    """The places of all items of a saga, and how they lie to each other."""

    def __init__(self, saga: Saga) -> None:
        known = latest(saga)
        if known is None:
            super().__init__(saga)
        else:
            vars(self).update(vars(known))
        self._failing: dict[int, list[int]] = {}

    def failing(self, place: Place, fails: Callable[[Item], bool]) -> Iterator[Item]:
        """The items of the same list that fail beside or after it: those further down first.

        ``fails`` is asked once for each item of the list.
        """
        here, items = place.list, place.list.items
        if id(here) not in self._failing:
            self._failing[id(here)] = [at for at, item in enumerate(items) if fails(item)]
        found = self._failing[id(here)]
        middle = bisect_right(found, place.position)
        yield from (items[at] for at in found[middle:] if here.chained or self._open(place, at))
        if not here.chained:
            yield from (items[at] for at in found[:middle] if self._open(place, at))

    @staticmethod
    def _open(place: Place, at: int) -> bool:
        """Whether the item ``at`` of the list is another one and not surely before it."""
        return at != place.position and not place.list.precedes(at, place.position)

    def around(self, name: str) -> Iterator[Place]:
        """The places of the composites around the item ``name``, innermost first."""
        parent = self.places[name].parent
        return parent.upwards() if parent is not None else iter(())

    def relation(self, first: str, second: str) -> Relation:
        """How ``first`` lies to ``second``."""
        left = reversed(list(self.places[first].upwards()))
        right = reversed(list(self.places[second].upwards()))
        for mine, other in zip(left, right, strict=False):
            if mine is other:
                continue
            if mine.list is not other.list:
                beside = kind(mine) == "branch"
                return Relation.BESIDE if beside else Relation.EXCLUDES
            if mine.list.precedes(mine.position, other.position):
                return Relation.BEFORE
            follows = mine.list.precedes(other.position, mine.position)
            return Relation.AFTER if follows else Relation.BESIDE
        return Relation.AROUND

    def path(self, first: str, second: str) -> str:
        """The way from ``first`` to ``second``, which comes after it: ``a -> b -> c``."""
        lists = {id(here.list): here for here in self.places[first].upwards()}
        meeting = next(here for here in self.places[second].upwards() if id(here.list) in lists)
        start, end = lists[id(meeting.list)].position, meeting.position
        between: Sequence[int] = range(start + 1, end)
        if not meeting.list.chained:
            between = self._steps(meeting.list, start, end)
        shown: Sequence[int] = between if len(between) <= LONGEST else [between[0], between[-1]]
        names = [meeting.list.items[at].name.text for at in shown]
        if shown is not between:
            names.insert(1, "...")
        return " -> ".join([first, *names, second])

    def _steps(self, items: ItemList, start: int, end: int) -> list[int]:
        """The items between two of a list, back along what each one needs."""
        found: list[int] = []
        here = end
        while True:
            before = items.before(here)
            here = next(each for each in before if each == start or items.precedes(start, each))
            if here == start:
                return found[::-1]
            found.append(here)


_latest: list[Places] = []


def places_of(saga: Saga) -> Places:
    """The places of ``saga``; they are kept for the next rule, which asks for the same saga."""
    if not _latest or _latest[0].saga is not saga:
        _latest[:] = [Places(saga)]
    return _latest[0]


_latest_items: list[tuple[Saga, tuple[Item, ...]]] = []


def items_of(saga: Saga) -> tuple[Item, ...]:
    """All items of ``saga`` in the order of the file; they are kept for the next rule."""
    if not _latest_items or _latest_items[0][0] is not saga:
        _latest_items[:] = [(saga, tuple(every_item(saga.items)))]
    return _latest_items[0][1]


def kind(place: Place) -> str:
    """The kind of the section that the place is in; empty at the top."""
    return place.list.section.kind if place.list.section is not None else ""


def every_item(items: Iterable[Item]) -> Iterator[Item]:
    """All items of a list and of what is inside them, in the order of the file."""
    todo = [iter(items)]
    while todo:
        item = next(todo[-1], None)
        if item is None:
            todo.pop()
            continue
        yield item
        inner = [each for section in sections(item) for each in section.items]
        if inner:
            todo.append(iter(inner))
