"""TI004 heartbeat-longer-than-timeout."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Step
from sagac.dsl.rules.rule import Rule
from sagac.dsl.rules.times import timeout_of

RULE = Rule(
    code="TI004",
    summary="The longest silence between two heartbeats is longer than the whole attempt may take.",
    why="The heartbeat tells early that a long call has died. If the attempt has timed out before,"
    " the heartbeat never says anything.",
    example="""\
- step: render_film
  service: shop
  input: [id]
  timeout: 30s
  heartbeat: 5m
  compensate: drop_film
""",
    use_instead="""\
- step: render_film
  service: shop
  input: [id]
  timeout: 30m
  heartbeat: 30s
  compensate: drop_film
""",
    local=True,
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each heartbeat that is longer than its timeout."""
    for facts in graph.facts.values():
        step = facts.item
        if not isinstance(step, Step) or step.heartbeat is None:
            continue
        if step.heartbeat.value > facts.timeout:
            text, written = timeout_of(step, graph.saga)
            assumed = "" if written else " (the default)"
            yield diagnostic(
                "TI004",
                step.heartbeat.span,
                f"{step.name.text!r} may be silent for {step.heartbeat.text}, but each attempt ends"
                f" after {text}{assumed}, so the heartbeat never tells anything.",
                help=f"Make the heartbeat shorter than {text}, or raise the step's `timeout`.",
                labels=(Label("one attempt", written),) if written else (),
            )
