"""PI006 retriable-before-pivot."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label, Repair
from sagac.dsl.facts import ItemFacts, Position, Role
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Item, Retry, Step
from sagac.dsl.repairs import without_key
from sagac.dsl.rules.failing import Culprit, covered, left_behind, not_before, written_role
from sagac.dsl.rules.pivots import pivots
from sagac.dsl.rules.places import Places, Relation, places_of
from sagac.dsl.rules.rule import Fix, Rule

RULE = Rule(
    code="PI006",
    summary="A step before the pivot is repeated until it is done.",
    why="It is repeated until it is done, for days if need be, while everything before it is held"
    " and could still be given back. Before the pivot it is usually better to give up and undo.",
    example="""\
- step: reserve_stock
  service: stock
  input: [id]
  compensate: release_stock
- step: ask_for_price
  service: shop
  role: retriable
  input: [id]
  effect: none
- step: pay_out
  service: payment
  role: pivot
  input: [id]
""",
    use_instead="""\
- step: reserve_stock
  service: stock
  input: [id]
  compensate: release_stock
- step: ask_for_price
  service: shop
  input: [id]
  effect: none
- step: pay_out
  service: payment
  role: pivot
  input: [id]
""",
    fix=Fix.UNSAFE,
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for what is repeated for ever while the saga could still be undone.

    That is `role: retriable`, and a step whose `retry` has no bound where no deadline counts.
    """
    places = places_of(graph.saga)
    inherited: list[ItemFacts] = []
    before = Position.BEFORE
    for name, facts in graph.facts.items():
        if facts.position is not before or not isinstance(facts.item, Step):
            continue
        if left_behind(facts) and not covered(places, name):
            continue  # CO001 has said so
        if written_role(facts.item) == "retriable":
            follower = next(not_before(graph, places, name), None) or _pivot(graph, places, name)
            if follower is not None:
                yield _retriable(facts, follower)
        elif _for_ever(graph, facts):
            own = facts.item.retry is not None and "attempts" in facts.item.retry.written
            inherited += [] if own else [facts]
            if own:
                yield _unbounded(facts, facts.item.retry)
    if inherited:
        yield _unbounded(inherited[0], graph.saga.retry)


def _pivot(graph: SagaGraph, places: Places, name: str) -> Culprit | None:
    """A pivot that cannot fail but has not been reached: until then all can be given back."""
    found = (each for each in pivots(graph) if each.name.text != name)
    after = (each for each in found if places.relation(name, each.name.text) is Relation.BEFORE)
    return next((Culprit(each, ()) for each in after), None)


def _for_ever(graph: SagaGraph, facts: ItemFacts) -> bool:
    bounded = graph.saga.deadline is not None and facts.cancellable
    return facts.retry.attempts is None and facts.role is not Role.RETRIABLE and not bounded


def _retriable(facts: ItemFacts, follower: Culprit) -> Diagnostic:
    label = follower.label if follower.reasons else Label("comes later", follower.item.name.span)
    return diagnostic(
        "PI006",
        facts.item.name.span,
        f"{facts.item.name.text!r} is repeated until it is done, and the saga, which could still"
        " be undone, waits for it.",
        help="Remove `role: retriable`, so that the saga is undone when the retries are"
        " spent; or move the step after the pivot.",
        labels=(label,),
        fix=_without_role(facts.item),
    )


def _without_role(item: Item) -> Repair | None:
    role = getattr(item, "role", None)
    return without_key("role: retriable", item.keys["role"], role.span) if role else None


def _unbounded(facts: ItemFacts, retry: Retry | None) -> Diagnostic:
    name = facts.item.name
    span = retry.span if retry is not None and retry.span is not None else name.span
    return diagnostic(
        "PI006",
        span,
        f"{name.text!r} is repeated for ever (`attempts: forever`), and the saga, which could still"
        " be undone, waits for it.",
        help="Write a number of attempts, so that the saga is undone when they are spent; or give"
        " the saga a `deadline`.",
        labels=() if facts.item.name.span == span else (Label("waits here", name.span),),
    )
