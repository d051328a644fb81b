"""PI002 compensatable-after-pivot."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Item, Undo
from sagac.dsl.rules.pivots import after_by_pivot
from sagac.dsl.rules.places import Places, places_of
from sagac.dsl.rules.rule import Rule
from sagac.dsl.span import Span

RULE = Rule(
    code="PI002",
    summary="A step that can be undone stands after the pivot.",
    why="After the pivot the saga only goes forward: a compensation there never runs, and a step"
    " that gives up there leaves the saga between done and undone.",
    example="""\
- step: pay_out
  service: payment
  role: pivot
  input: [id]
- step: book_courier
  service: shipping
  input: [id]
  compensate: cancel_courier
""",
    use_instead="""\
- step: book_courier
  service: shipping
  input: [id]
  compensate: cancel_courier
- step: pay_out
  service: payment
  role: pivot
  input: [id]
""",
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields one finding for each pivot that has compensatable steps after it."""
    places = places_of(graph.saga)
    for pivot, items in after_by_pivot(graph).items():
        yield _finding(places, places.places[pivot].item, *items)


def _finding(places: Places, pivot: Item, first: Item, *others: Item) -> Diagnostic:
    name = first.name.text
    help = "Move it before the pivot, or make it retriable: without a compensation and without"
    help += " refusals it is repeated until it is done."
    if isinstance(first, Undo):
        help = "Move it before the pivot, where what comes after it may fail, or remove it: here it"
        help += " never runs."
    return diagnostic(
        "PI002",
        _claim(first),
        f"{name!r} stands after the pivot {pivot.name.text!r}, where nothing is undone any more:"
        f" {places.path(pivot.name.text, name)}.",
        help=help,
        labels=(
            Label("the point of no return", pivot.name.span),
            *(Label("this one too", _claim(other)) for other in others),
        ),
    )


def _claim(item: Item) -> Span:
    """Where the item says that it can be undone."""
    compensate = getattr(item, "compensate", None)
    span: Span = compensate.action.span if compensate is not None else item.name.span
    return span
