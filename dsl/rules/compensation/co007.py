"""CO007 optional-effect-stays."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic
from sagac.dsl.facts import Role
from sagac.dsl.graph import SagaGraph
from sagac.dsl.rules.failing import (
    choosing_join,
    covered,
    left_behind,
    must_be_undone,
    not_before,
)
from sagac.dsl.rules.places import places_of
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="CO007",
    summary="An optional step has an effect, and nothing takes it back when the saga is undone.",
    why="An optional step need not have a compensation, but its effect then outlives a saga that"
    " failed. That is right for a greeting, and wrong for a booking.",
    example="""\
- step: book_lounge
  service: shop
  role: optional
  input: [id]
- step: reserve_seat
  service: stock
  input: [id]
  fails: [sold_out]
  compensate: release_seat
""",
    use_instead="""\
- step: book_lounge
  service: shop
  role: optional
  input: [id]
  compensate: cancel_lounge
- step: reserve_seat
  service: stock
  input: [id]
  fails: [sold_out]
  compensate: release_seat
""",
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each optional effect that a failed saga leaves behind."""
    places = places_of(graph.saga)
    for name, facts in graph.facts.items():
        if facts.role is not Role.OPTIONAL or not left_behind(facts) or not must_be_undone(facts):
            continue
        if covered(places, name) or choosing_join(places, name):
            continue
        follower = next(not_before(graph, places, name), None)
        if follower is not None:
            yield diagnostic(
                "CO007",
                facts.item.name.span,
                f"The effect of the optional step {name!r} stays when the saga is undone, since it"
                " has no compensation.",
                help="Add `compensate: ACTION`, say `effect: none` if it changes nothing, or move"
                " it after the pivot.",
                labels=(follower.label,),
            )
