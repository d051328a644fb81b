"""CO005 loser-without-compensation."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.graph import SagaGraph
from sagac.dsl.rules.failing import choosing_join, covered, left_behind
from sagac.dsl.rules.places import places_of
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="CO005",
    summary="A branch of a join that does not wait for all has an effect that cannot be undone.",
    why="With `join: any` or a number the saga goes on with the first branches that are done; the"
    " others are undone when they finish. Any branch may be such a loser, so each effect in it"
    " needs a compensation, wherever the pivot is.",
    example="""\
- parallel: offers
  join: any
  branches:
    north:
      - step: book_north
        service: shipping
        input: [id]
        compensate: cancel_north
    south:
      - step: book_south
        service: shipping
        input: [id]
""",
    use_instead="""\
- parallel: offers
  join: any
  branches:
    north:
      - step: book_north
        service: shipping
        input: [id]
        compensate: cancel_north
    south:
      - step: book_south
        service: shipping
        input: [id]
        compensate: cancel_south
""",
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each effect without a compensation in a branch that may lose."""
    places = places_of(graph.saga)
    for name, facts in graph.facts.items():
        if not left_behind(facts):
            continue
        fork = choosing_join(places, name)
        if fork is None or covered(places, name, within=fork.item):
            continue
        yield diagnostic(
            "CO005",
            facts.item.name.span,
            f"{name!r} has an effect and no compensation, and it may lose at the join of"
            f" {fork.name!r}: then it has to be undone.",
            help="Add `compensate: ACTION`, or wait for every branch (`join: all`).",
            labels=(
                Label(
                    "does not wait for all branches",
                    fork.item.keys.get("join", fork.item.name.span),
                ),
            ),
        )
