"""PI004 failure-after-pivot."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Item
from sagac.dsl.rules.failing import Culprit, not_before, written_role
from sagac.dsl.rules.pivots import after_by_pivot, sound_pivots
from sagac.dsl.rules.places import Places, Relation, places_of
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="PI004",
    summary="Something beside or after the pivot may fail for good.",
    why="When it fails, everything is to be undone, but the pivot cannot be: it may have happened"
    " already. What may fail must come before the pivot on every path, or never run with it.",
    example="""\
- step: pay_out
  service: payment
  role: pivot
  input: [id]
- step: ship
  service: shipping
  input: [id]
  fails: [address_unknown]
""",
    use_instead="""\
- step: check_address
  service: shipping
  input: [id]
  effect: none
  fails: [address_unknown]
- step: pay_out
  service: payment
  role: pivot
  input: [id]
- step: ship
  service: shipping
  input: [id]
""",
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields one finding for each pivot that something may fail beside or after."""
    places, seen = places_of(graph.saga), set[str]()
    elsewhere = after_by_pivot(graph)
    for pivot in sound_pivots(graph):
        found = [
            culprit
            for culprit in not_before(graph, places, pivot.name.text)
            if culprit.name not in seen and not _is_reported(graph, culprit.item)
        ]
        seen.update(culprit.name for culprit in found)
        if found and pivot.name.text not in elsewhere:
            yield _finding(places, pivot, *found)


def _is_reported(graph: SagaGraph, item: Item) -> bool:
    """Whether PI003 or PI005 speaks of it."""
    role = written_role(item)
    return role == "pivot" or (role == "retriable" and bool(graph.facts[item.name.text].refusals))


def _finding(places: Places, pivot: Item, first: Culprit, *others: Culprit) -> Diagnostic:
    name = pivot.name.text
    if places.relation(name, first.name) is Relation.BEFORE:
        drawn = places.path(name, first.name)
        where, help = "after", "Move it before the pivot"
    else:
        where, drawn = "beside", f"{name} | {first.name}"
        help = "Let the pivot wait for it (`needs`, or a place after the `parallel`)"
    return diagnostic(
        "PI004",
        first.item.name.span,
        f"{first.name!r} may fail ({first.why}) {where} the pivot {name!r}, which then cannot be"
        f" undone: {drawn}.",
        help=f"{help}, or let it not fail: without refusals it is repeated until it is done; with"
        " `recover` or `role: optional` the saga goes on.",
        labels=(
            Label("the point of no return", pivot.name.span),
            *(other.label for other in others),
        ),
    )
