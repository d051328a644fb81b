"""CO006 child-cannot-be-undone."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Item
from sagac.dsl.rules.failing import choosing_join, covered, must_be_undone
from sagac.dsl.rules.pivots import first_pivot
from sagac.dsl.rules.places import places_of
from sagac.dsl.rules.rule import Rule
from sagac.dsl.structure import Place

RULE = Rule(
    code="CO006",
    summary="A sub-saga stands where it may have to be undone, but has a point of no return.",
    why="A sub-saga is undone by compensating its steps, also after it has completed. Once its"
    " pivot is done that is impossible, so a later failure of the saga around it would leave it"
    " done.",
    example="""\
saga: parent
version: 1
key: ${input.id}
services: { stock: {} }
input: { id: string }
steps:
  - saga: pay
    use: payment.saga.yaml
    input: { id: "${input.id}" }
  - step: reserve_stock
    service: stock
    input: [id]
    fails: [out_of_stock]
    compensate: release_stock
""",
    use_instead="""\
saga: parent
version: 1
key: ${input.id}
services: { stock: {} }
input: { id: string }
steps:
  - step: reserve_stock
    service: stock
    input: [id]
    fails: [out_of_stock]
    compensate: release_stock
  - saga: pay
    use: payment.saga.yaml
    role: pivot
    input: { id: "${input.id}" }
""",
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each sub-saga with a pivot that may have to be undone."""
    places = places_of(graph.saga)
    for name, child in graph.children.items():
        facts, pivot = graph.facts[name], first_pivot(child)
        if pivot is None:
            continue
        fork = choosing_join(places, name)
        loses = fork is not None and not covered(places, name, within=fork.item)
        if loses or (must_be_undone(facts) and not covered(places, name)):
            yield _finding(facts.item, child.saga.name.text, pivot, fork if loses else None)


def _finding(item: Item, child: str, pivot: Item, fork: Place | None) -> Diagnostic:
    because = "before the pivot, where a later failure undoes it"
    if fork is not None:
        because = f"in a branch of {fork.name!r} that may lose"
    return diagnostic(
        "CO006",
        item.name.span,
        f"{item.name.text!r} stands {because}, but the saga {child!r} cannot be undone once its"
        f" pivot {pivot.name.text!r} is done.",
        help="Make the sub-saga the pivot (`role: pivot`), put it after the pivot, or give every"
        f" step of {child!r} a compensation.",
        labels=(Label("the point of no return of the sub-saga", pivot.name.span),),
    )
