"""ST010 case-never-matches."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.graph import SagaGraph
from sagac.dsl.rules.decided import Verdict, decided, where_it_holds
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="ST010",
    summary="A condition can never hold: of a case, an `if` or an `until`.",
    why="What stands under it never runs. The condition contradicts itself or one around it, or an"
    " earlier case has taken all that it could match.",
    example="""\
- choose: size
  when:
    - if: input.count > 10
      steps:
        - step: order_lorry
          service: shipping
          input: [id]
          compensate: cancel_lorry
    - if: input.count > 100
      steps:
        - step: order_train
          service: shipping
          input: [id]
          compensate: cancel_train
  otherwise: []
""",
    use_instead="""\
- choose: size
  when:
    - if: input.count > 100
      steps:
        - step: order_train
          service: shipping
          input: [id]
          compensate: cancel_train
    - if: input.count > 10
      steps:
        - step: order_lorry
          service: shipping
          input: [id]
          compensate: cancel_lorry
  otherwise: []
""",
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each condition that never holds where it is asked."""
    for verdict in decided(graph).verdicts:
        if not verdict.holds:
            yield _finding(verdict)


def _finding(verdict: Verdict) -> Diagnostic:
    name = verdict.item.name.text
    what = {
        "if": f"{name!r} never runs",
        "case": f"This case of {name!r} never matches",
        "until": f"{name!r} can only end by failing after its last round",
    }[verdict.where]
    because = "the condition cannot hold"
    help = "Correct the condition, or remove what stands under it."
    if verdict.earlier:
        because = "an earlier case takes all that it could match"
        if len(verdict.because) > 1:
            because = "the earlier cases take all that it could match"
        help = "Put the narrower condition first, correct it, or remove the case."
    elif verdict.because:
        because = "what is known here already rules it out"
    return diagnostic(
        "ST010",
        verdict.condition.span,
        f"{what}: {because}.",
        help=help,
        labels=tuple(Label(where_it_holds(each), each[0].span) for each in verdict.because[:5]),
    )
