"""PI003 second-pivot."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Item
from sagac.dsl.rules.pivots import second_pivots
from sagac.dsl.rules.places import Places, Relation, places_of
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="PI003",
    summary="There is a second pivot on a path.",
    why="A pivot may fail, and then everything before it is undone. Behind another pivot that is"
    " impossible: the first cannot be taken back.",
    example="""\
- step: pay_out
  service: payment
  role: pivot
  input: [id]
- step: ship
  service: shipping
  role: pivot
  input: [id]
""",
    use_instead="""\
- step: pay_out
  service: payment
  role: pivot
  input: [id]
- step: ship
  service: shipping
  input: [id]
""",
)

_WHERE = {
    Relation.BEFORE: "after",
    Relation.AFTER: "before",
    Relation.BESIDE: "beside",
    Relation.AROUND: "inside",
}


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each pivot that shares a path with an earlier one of the file."""
    places = places_of(graph.saga)
    for pair in second_pivots(graph, places):
        yield _finding(places, *pair)


def _finding(places: Places, first: Item, second: Item, relation: Relation) -> Diagnostic:
    one, two = first.name.text, second.name.text
    drawn = ""
    if relation is Relation.BEFORE:
        drawn = f": {places.path(one, two)}"
    elif relation is Relation.AFTER:
        drawn = f": {places.path(two, one)}"
    return diagnostic(
        "PI003",
        second.name.span,
        f"{two!r} is a second pivot {_WHERE[relation]} {one!r}, which could not be undone if it"
        f" fails{drawn}.",
        help="Keep one point of no return on a path: let the other be compensated if it comes"
        " first, or retriable (no `role`, no `fails`) if it comes after.",
        labels=(Label("a pivot already", first.name.span),),
    )
