"""ST011 case-always-matches."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.graph import SagaGraph
from sagac.dsl.rules.decided import Verdict, decided, where_it_holds
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="ST011",
    summary="A condition always holds: of an `if`, a case, or an `until`.",
    why="It decides nothing: an `if` that is no condition, cases after it that are never looked at,"
    " a loop that always ends after its first round. Something else was meant.",
    example="""\
- step: pack
  service: stock
  input: [id]
  if: len(input.skus) >= 0
  compensate: unpack
""",
    use_instead="""\
- step: pack
  service: stock
  input: [id]
  if: len(input.skus) > 0
  compensate: unpack
""",
)
HELP = {
    "if": "Correct the condition, or remove the `if`.",
    "case": "Correct the condition; or write it as `otherwise`, after all other cases.",
    "until": "Correct the condition, or write the steps without the `repeat`.",
}


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each condition that always holds where it is asked."""
    for verdict in decided(graph).verdicts:
        if verdict.holds:
            yield _finding(verdict)


def _finding(verdict: Verdict) -> Diagnostic:
    name = verdict.item.name.text
    what = {
        "if": f"The `if` of {name!r} always holds, so it decides nothing",
        "case": f"This case of {name!r} matches whatever comes",
        "until": f"{name!r} always ends after its first round: the condition holds from the start",
    }[verdict.where]
    if verdict.dead:
        what += ", so what comes after it never does"
    known = tuple(Label(where_it_holds(each), each[0].span) for each in verdict.because[:5])
    dead = tuple(Label("never reached", span) for span in verdict.dead[:5])
    return diagnostic(
        "ST011",
        verdict.condition.span,
        f"{what}.",
        help=HELP[verdict.where],
        labels=(*known, *dead),
    )
