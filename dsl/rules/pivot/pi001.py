"""PI001 pivot-with-compensation."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Group, Step
from sagac.dsl.repairs import without_key
from sagac.dsl.rules.pivots import lone_pivots
from sagac.dsl.rules.rule import Fix, Rule

RULE = Rule(
    code="PI001",
    summary="A pivot has a compensation.",
    why="The pivot is the point of no return: once it is done the saga only goes forward, so its"
    " compensation never runs. Who wrote it expects that it does.",
    example="""\
- step: pay_out
  service: payment
  role: pivot
  input: [id]
  compensate: collect_back
""",
    use_instead="""\
- step: pay_out
  service: payment
  role: pivot
  input: [id]
""",
    fix=Fix.UNSAFE,
    local=True,
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each pivot with ``compensate``."""
    for item in lone_pivots(graph):
        if isinstance(item, Step | Group) and item.compensate is not None:
            role = item.role.span if item.role is not None else item.name.span
            yield diagnostic(
                "PI001",
                item.compensate.action.span,
                f"{item.name.text!r} is the pivot, so its compensation would never run.",
                help="Remove `compensate`, or remove `role: pivot` if it can be undone after all.",
                labels=(Label("the point of no return", role),),
                fix=without_key("compensate", item.keys["compensate"], item.compensate.span),
            )
