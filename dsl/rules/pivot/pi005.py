"""PI005 retriable-that-fails."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Name, Step
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="PI005",
    summary="A retriable step declares a refusal.",
    why="Retriable means: repeated until it is done. A refusal is never repeated, so the two cannot"
    " both hold; when the refusal comes the saga would have no next move.",
    example="""\
- step: pay_out
  service: payment
  role: pivot
  input: [id]
- step: send_mail
  service: mail
  role: retriable
  input: [id]
  fails: [address_unknown]
""",
    use_instead="""\
- step: pay_out
  service: payment
  role: pivot
  input: [id]
- step: send_mail
  service: mail
  role: optional
  input: [id]
  fails: [address_unknown]
""",
    local=True,
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each step with ``role: retriable`` and a refusal not recovered."""
    for facts in graph.facts.values():
        step = facts.item
        if not isinstance(step, Step) or step.role is None or step.role.text != "retriable":
            continue
        recovered = {each.refusal.text for each in step.recover}
        open_ones = [each.name for each in facts.refusals if each.name.text not in recovered]
        if open_ones and "any" not in recovered:
            yield _finding(step, step.role, open_ones[0])


def _finding(step: Step, role: Name, refusal: Name) -> Diagnostic:
    locked = refusal.text == "locked" and all(each.name.text != "locked" for each in step.fails)
    help = "Say `role: optional` or `recover` if the saga can go on without it; else remove the"
    help += " refusal, or put the step before the pivot and give it a compensation."
    if locked:
        help = "Let the lock queue: `conflict: wait`."
    return diagnostic(
        "PI005",
        refusal.span if not locked else step.name.span,
        f"{step.name.text!r} is retriable, so it is repeated until it is done, but it may be"
        f" refused ({refusal.text}), and a refusal is never repeated.",
        help=help,
        labels=(Label("repeated until it is done", role.span),),
    )
