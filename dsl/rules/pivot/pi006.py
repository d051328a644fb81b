"""PI006 retriable-before-pivot."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Repair
from sagac.dsl.facts import Position
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Item
from sagac.dsl.repairs import without_key
from sagac.dsl.rules.failing import covered, left_behind, not_before, written_role
from sagac.dsl.rules.places import places_of
from sagac.dsl.rules.rule import Fix, Rule

RULE = Rule(
    code="PI006",
    summary="A retriable step stands before the pivot.",
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
    """Yields a finding for each ``role: retriable`` that something may still fail after."""
    places = places_of(graph.saga)
    for name, facts in graph.facts.items():
        if written_role(facts.item) != "retriable" or facts.position is not Position.BEFORE:
            continue
        if left_behind(facts) and not covered(places, name):
            continue  # CO001 has said so
        follower = next(not_before(graph, places, name), None)
        if follower is not None:
            yield diagnostic(
                "PI006",
                facts.item.name.span,
                f"{name!r} is repeated until it is done, and the saga, which could still be undone,"
                " waits for it.",
                help="Remove `role: retriable`, so that the saga is undone when the retries are"
                " spent; or move the step after the pivot.",
                labels=(follower.label,),
                fix=_without_role(facts.item),
            )


def _without_role(item: Item) -> Repair | None:
    role = getattr(item, "role", None)
    return without_key("role: retriable", item.keys["role"], role.span) if role else None
