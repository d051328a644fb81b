"""CO001 effect-without-compensation."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic
from sagac.dsl.facts import ItemFacts, Role
from sagac.dsl.graph import SagaGraph
from sagac.dsl.rules.failing import (
    Culprit,
    choosing_join,
    covered,
    in_foreach,
    left_behind,
    must_be_undone,
    not_before,
)
from sagac.dsl.rules.places import places_of
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="CO001",
    summary="A step changes something, the saga may fail afterwards, and nothing takes it back.",
    why="When a later step fails, or nobody knows whether this one has happened, the saga undoes"
    " what it did. What has no compensation stays: money taken for an order that does not exist."
    " This is the mistake that the language exists to catch.",
    example="""\
- step: charge_card
  service: payment
  input: [id]
- step: reserve_stock
  service: stock
  input: [id]
  fails: [out_of_stock]
  compensate: release_stock
""",
    use_instead="""\
- step: charge_card
  service: payment
  input: [id]
  compensate: refund_card
- step: reserve_stock
  service: stock
  input: [id]
  fails: [out_of_stock]
  compensate: release_stock
""",
)

HELP = (
    "Name what takes it back (`compensate: ACTION`); say `effect: none` if it changes nothing; or,"
    " if it cannot be undone, put it where nothing can fail any more (`role: pivot`)."
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each step whose effect could be left behind."""
    places = places_of(graph.saga)
    for name, facts in graph.facts.items():
        if not left_behind(facts) or not must_be_undone(facts) or facts.role is Role.OPTIONAL:
            continue
        if covered(places, name) or choosing_join(places, name) or in_foreach(places, name):
            continue
        follower = next(not_before(graph, places, name), None)
        if follower is not None or facts.role is not Role.RETRIABLE:
            yield _finding(facts, follower)


def _finding(facts: ItemFacts, follower: Culprit | None) -> Diagnostic:
    name = facts.item.name
    because = "its own outcome may be unknown"
    if follower is not None:
        because = f"{follower.name!r} may still fail"
    return diagnostic(
        "CO001",
        name.span,
        f"{name.text!r} has an effect and no compensation, and {because}: the effect would stay.",
        help=HELP,
        labels=() if follower is None else (follower.label,),
    )
