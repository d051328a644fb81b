"""CO012 one-undo-for-two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.facts import Compensation, ItemFacts, OnUnknown
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Step
from sagac.dsl.reach import reads
from sagac.dsl.rules.conditions import canonical
from sagac.dsl.rules.places import Places, Relation, places_of
from sagac.dsl.rules.rule import Rule
from sagac.dsl.span import Span

RULE = Rule(
    code="CO012",
    summary="Two different actions are undone by one and the same compensation.",
    why="It is given nothing that says which of the two it is to undo. When only one has happened"
    " it may undo what never was; when both have, the second undo looks like a repeated first.",
    example="""\
- step: reserve_seat
  service: stock
  input: [id]
  compensate: { action: cancel, input: [id] }
- step: print_ticket
  service: stock
  input: [id]
  compensate: { action: cancel, input: [id] }
""",
    use_instead="""\
- step: reserve_seat
  service: stock
  input: [id]
  compensate: { action: cancel_seat, input: [id] }
- step: print_ticket
  service: stock
  input: [id]
  compensate: { action: void_ticket, input: [id] }
""",
)
MOST_COMPARED = 8  # different actions with one undo


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each undo that cannot tell which of two actions it is for."""
    places = places_of(graph.saga)
    users: dict[tuple[object, ...], list[ItemFacts]] = {}
    undone = Counter(each.compensation.action for each in graph.facts.values() if each.compensation)
    for facts in graph.facts.values() if len(undone) < undone.total() else ():
        undo = facts.compensation
        if isinstance(facts.item, Step) and undo is not None and facts.effect:
            key = (facts.service, undo.service, undo.action, facts.loops)
            users.setdefault(key, []).append(facts)
    for same in users.values():
        for actions in _by_request(same) if len(same) > 1 else ():
            found = _together(list(actions.values())[:MOST_COMPARED], places)
            if len(found) > 1:
                yield _finding(*found)


def _by_request(users: list[ItemFacts]) -> Iterable[dict[str, ItemFacts]]:
    """The users of an undo that tell it the same, the first one of each action."""
    found: dict[object, dict[str, ItemFacts]] = {}
    for facts in users:
        if facts.compensation is not None:
            told = _told(facts, facts.compensation)
            found.setdefault(told, {}).setdefault(facts.action, facts)
    return found.values()


def _told(facts: ItemFacts, undo: Compensation) -> tuple[tuple[str, str], ...]:
    """What is sure to be known of the request: after an unknown outcome, nothing of its own."""
    name = facts.item.name.text
    settled = facts.on_unknown is not OnUnknown.COMPENSATE
    return tuple(
        sorted(
            (field, canonical(value))
            for field, value in undo.input.items()
            if settled or all(reach.root != name for reach in reads(value))
        )
    )


def _together(found: list[ItemFacts], places: Places) -> list[ItemFacts]:
    """Those that may run in one saga together with the first of them that does."""
    for index, first in enumerate(found):
        name = first.item.name.text
        others = [
            each
            for each in found[index + 1 :]
            if places.relation(name, each.item.name.text) is not Relation.EXCLUDES
        ]
        if others:
            return [first, *others]
    return []


def _finding(first: ItemFacts, second: ItemFacts, *others: ItemFacts) -> Diagnostic:
    undo = second.compensation
    action = undo.action if undo is not None else ""
    return diagnostic(
        "CO012",
        _span(second),
        f"{action!r} undoes {first.action!r} and {second.action!r}, and is given nothing that says"
        " which of them it is for.",
        help="Give each of them a compensation of its own, or tell it which one is meant (an input"
        " that differs).",
        labels=tuple(Label(f"undoes {each.action}", _span(each)) for each in (first, *others)),
    )


def _span(facts: ItemFacts) -> Span:
    undo = getattr(facts.item, "compensate", None)
    return undo.action.span if undo is not None else facts.item.name.span
