"""ST001 cycle-in-needs."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.model import Item, Saga
from sagac.dsl.rules.places import places_of
from sagac.dsl.rules.rule import Rule
from sagac.dsl.span import Span
from sagac.dsl.structure import ItemList

RULE = Rule(
    code="ST001",
    summary="Items need each other in a circle.",
    why="Each waits for the one before it, so none of them can ever start.",
    example="""\
- step: reserve_stock
  service: stock
  needs: [charge_card]
  input: [id]
  compensate: release_stock
- step: charge_card
  service: payment
  needs: [reserve_stock]
  input: [id]
  compensate: refund_card
""",
    use_instead="""\
- step: reserve_stock
  service: stock
  input: [id]
  compensate: release_stock
- step: charge_card
  service: payment
  needs: [reserve_stock]
  input: [id]
  compensate: refund_card
""",
)


def check_saga(saga: Saga) -> Iterator[Diagnostic]:
    """Yields a finding for each circle of each list; circles that share an item are one."""
    structure = places_of(saga)
    if structure.cyclic:
        lists = {id(place.list): place.list for place in structure.in_order()}
        for each in lists.values():
            for circle in () if each.chained else _circles(each):
                yield _finding([each.items[position] for position in circle])


def _circles(items: ItemList) -> Iterator[list[int]]:
    """Walks back along what is needed, depth first in the order of the file."""
    done: set[int] = set()
    for start in range(len(items.items)):
        path: list[int] = []
        following: int | None = None if start in done else start
        while following is not None or path:
            if following is None:
                done.add(path.pop())
            elif following in path:
                circle = path[path.index(following) :]
                yield _from_first(circle[::-1])
                done.update(circle)
            else:
                path.append(following)
            following = _open_need(items, path, done)


def _open_need(items: ItemList, path: list[int], done: set[int]) -> int | None:
    """The first item that the last one of the path needs and that has not been looked at."""
    if not path or path[-1] in done:
        return None
    return next((each for each in items.before(path[-1]) if each not in done), None)


def _from_first(circle: list[int]) -> list[int]:
    """The circle, begun at the item that stands first in the file."""
    first = circle.index(min(circle))
    return circle[first:] + circle[:first]


def _finding(circle: list[Item]) -> Diagnostic:
    names = [item.name.text for item in circle]
    labels = []
    for before, item in zip([circle[-1], *circle[:-1]], circle, strict=True):
        span, written = _need(item, before)
        what = "needs" if written else "follows"
        labels.append(Label(f"{item.name.text} {what} {before.name.text}", span))
    drawn = " -> ".join([*names, names[0]])
    return diagnostic(
        "ST001",
        labels[0].span,
        f"These items need each other, so none of them can start: {drawn}.",
        help="Remove one `needs` of the circle.",
        labels=tuple(labels),
    )


def _need(item: Item, before: Item) -> tuple[Span, bool]:
    """Where ``item`` says that it comes after ``before``, and whether it says so at all."""
    for name in item.needs or ():
        if name.text == before.name.text:
            return name.span, True
    return item.name.span, False
