"""PI007 pivot-in-loop."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.graph import SagaGraph
from sagac.dsl.rules.failing import choosing_join
from sagac.dsl.rules.pivots import lone_pivots
from sagac.dsl.rules.places import places_of
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="PI007",
    summary="A pivot stands inside a loop.",
    why="It would be a pivot for every element or round, and when a later one fails the earlier"
    " ones cannot be undone. There is at most one point of no return on a path.",
    example="""\
- foreach: lines
  in: input.skus
  as: sku
  steps:
    - step: ship_line
      service: shipping
      role: pivot
      input: { sku: "${sku}" }
""",
    use_instead="""\
- step: pay_out
  service: payment
  role: pivot
  input: [id]
- foreach: lines
  in: input.skus
  as: sku
  steps:
    - step: ship_line
      service: shipping
      input: { sku: "${sku}" }
""",
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each pivot inside a foreach or a repeat."""
    places = places_of(graph.saga)
    for pivot in lone_pivots(graph):
        loops = graph.facts[pivot.name.text].loops
        has_undo = getattr(pivot, "compensate", None) is not None  # PI001
        if not loops or has_undo or choosing_join(places, pivot.name.text):
            continue
        loop = places.places[loops[-1]].item
        if loop.kind == "repeat":
            help = f"Put `role: pivot` on {loop.name.text!r}: it is done when its last round is."
        else:
            help = "Put the pivot before the loop, or a `group` with `role: pivot` around the loop."
        yield diagnostic(
            "PI007",
            pivot.name.span,
            f"{pivot.name.text!r} would be a pivot in every round of {loop.name.text!r}: when a"
            " later one fails, the earlier ones cannot be undone.",
            help=help,
            labels=(Label("the loop", loop.name.span),),
        )
