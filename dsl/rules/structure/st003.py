"""ST003 unreachable-item."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.model import Choose, Fail, Group, Item, Parallel, Repeat, Saga, Wait
from sagac.dsl.rules.places import Places, places_of
from sagac.dsl.rules.rule import Rule
from sagac.dsl.structure import ItemList, Place, sections

RULE = Rule(
    code="ST003",
    summary="An item stands after something that always fails.",
    why="It never runs. Either it is left over, or the `fail` before it was meant for one case"
    " only, and then the saga refuses what it should do.",
    example="""\
- choose: size
  when:
    - if: input.count > 100
      steps:
        - fail: too_many
        - step: tell_buyer
          service: mail
          input: [id]
  otherwise: []
""",
    use_instead="""\
- choose: size
  when:
    - if: input.count > 100
      steps:
        - undo: tell_buyer
          service: mail
          input: [id]
        - fail: too_many
  otherwise: []
""",
)


def check_saga(saga: Saga) -> Iterator[Diagnostic]:
    """Yields a finding for each list with something that always fails and something after it."""
    places = places_of(saga)
    if places.cyclic:
        return
    failing = _Failing(places)
    seen: set[int] = set()
    for place in places.in_order():
        here = place.list
        if id(here) not in seen:
            seen.add(id(here))
            yield from _unreachable(here, failing)


def _unreachable(here: ItemList, failing: _Failing) -> Iterator[Diagnostic]:
    ends = [at for at, item in enumerate(here.items) if failing.always(item)]
    if not ends:
        return
    mask = sum(1 << at for at in ends)
    after = [
        at
        for at in range(len(here.items))
        if (at > ends[0] if here.chained else here.masks[at] & mask)
    ]
    if after and not failing.is_inside_dead(here):
        failing.dead.update(here.items[at].name.text for at in after)
        items = [here.items[at] for at in after]
        end = next(at for at in ends if here.precedes(at, after[0]))
        yield _finding(items, here.items[end])


def _finding(items: list[Item], end: Item) -> Diagnostic:
    first, others = items[0], len(items) - 1
    runs = f" and {others} more after it never run" if others else " never runs"
    every = "" if isinstance(end, Fail) else " on every path"
    return diagnostic(
        "ST003",
        first.name.span,
        f"{first.name.text!r}{runs}: {end.name.text!r} before it fails{every}.",
        help="Remove what is never reached; or put the `fail` last, or under the condition that it"
        " is meant for (`if: EXPR`, a case of a `choose`). What is to run when the saga fails is"
        " an `undo` item before the `fail`.",
        labels=(Label("always fails", end.name.span),),
    )


class _Failing:
    """Which items always fail. ``dead`` are those found to be out of reach."""

    def __init__(self, places: Places) -> None:
        self.dead: set[str] = set()
        self._always: dict[int, bool] = {}
        for place in reversed(list(places.in_order())):  # members before what is around them
            self._always[id(place.item)] = self._fails(place.item)

    def always(self, item: Item) -> bool:
        """Whether nothing after the item is ever reached."""
        return self._always.get(id(item), False)

    def is_inside_dead(self, here: ItemList) -> bool:
        """Whether what is around the list is itself out of reach."""
        around: Place | None = here.parent
        return around is not None and any(each.name in self.dead for each in around.upwards())

    def _fails(self, item: Item) -> bool:
        if item.condition is not None:
            return False
        match item:
            case Fail():
                return True
            case Choose(otherwise=otherwise) if otherwise is None:
                return False
            case Parallel(join=join):
                return join != "settled" and self._lists(item, any if join == "all" else all)
            case Group(recover=recover):
                return not recover and self._lists(item, any)
            case Choose() | Repeat() | Wait():
                return self._lists(item, all)
        return False

    def _lists(self, item: Item, quantifier: object) -> bool:
        """Whether any or all of the lists inside always fail; without lists, no."""
        found = [any(map(self.always, section.items)) for section in sections(item)]
        return bool(found) and (any(found) if quantifier is any else all(found))
