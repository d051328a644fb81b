"""RE002 retry-without-idempotence."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Step
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="RE002",
    summary="A step that must not be called twice has a retry of its own.",
    why="A call that timed out may have taken effect. Where the service cannot recognise a repeated"
    " call, trying again does it twice; the saga has to ask (`query`) or a person has to.",
    example="""\
- step: print_label
  service: shipping
  input: [id]
  idempotent: false
  retry: { attempts: 5 }
  compensate: void_label
""",
    use_instead="""\
- step: print_label
  service: shipping
  input: [id]
  idempotent: false
  on_unknown: query
  compensate: void_label
""",
    local=True,
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each step that is not idempotent and says ``retry``."""
    for facts in graph.facts.values():
        step = facts.item
        if not isinstance(step, Step) or step.retry is None or facts.idempotent:
            continue
        labels = tuple(
            Label("a second call would take effect again", span)
            for key, span in step.keys.items()
            if key == "idempotent"
        )
        yield diagnostic(
            "RE002",
            step.keys.get("retry", step.name.span),
            f"{step.name.text!r} is not idempotent, so trying it again could do it twice.",
            help="Remove `retry`, and let `on_unknown: query` (or `manual`) settle a lost answer;"
            " or make the action recognise its key and remove `idempotent: false`.",
            labels=labels,
        )
