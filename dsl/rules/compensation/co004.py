"""CO004 loop-without-undo."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.facts import Role
from sagac.dsl.graph import SagaGraph
from sagac.dsl.rules.failing import (
    choosing_join,
    covered,
    in_foreach,
    left_behind,
    must_be_undone,
)
from sagac.dsl.rules.places import places_of
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="CO004",
    summary="A loop changes something for each element, and there is no undo for each element.",
    why="When one element fails, those before and beside it have already had their effect; each of"
    " them needs its own compensation, with its own data.",
    example="""\
- foreach: lines
  in: input.skus
  as: sku
  steps:
    - step: reserve_line
      service: stock
      input: { sku: "${sku}" }
      fails: [out_of_stock]
""",
    use_instead="""\
- foreach: lines
  in: input.skus
  as: sku
  steps:
    - step: reserve_line
      service: stock
      input: { sku: "${sku}" }
      fails: [out_of_stock]
      compensate: release_line
""",
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each step of a foreach whose effects could be left behind."""
    places = places_of(graph.saga)
    for name, facts in graph.facts.items():
        if not left_behind(facts) or not must_be_undone(facts) or facts.role is Role.OPTIONAL:
            continue
        loop = in_foreach(places, name)
        if loop is None or covered(places, name) or choosing_join(places, name):
            continue
        yield diagnostic(
            "CO004",
            facts.item.name.span,
            f"{name!r} has an effect for each element of {loop.name!r} and no compensation:"
            " when one element fails, the effects of the others would stay.",
            help="Add `compensate: ACTION` to the step: it is called once per element, with the"
            " element's own data. Or say `effect: none` if it changes nothing.",
            labels=(Label("once per element", loop.item.name.span),),
        )
