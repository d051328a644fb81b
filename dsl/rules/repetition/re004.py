"""RE004 unknown-without-query."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.facts import ItemFacts, OnUnknown
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Saga, Step
from sagac.dsl.rules.rule import Rule
from sagac.dsl.span import Span

RULE = Rule(
    code="RE004",
    summary="The unknown outcome of what must not be called twice is neither asked for nor left to"
    " a person.",
    why="Where the service does not recognise a call by its key, nobody can tell from outside"
    " whether a lost call took effect. Only the service (`query`) or a person (`manual`) knows;"
    " anything else guesses, and may leave the effect standing or undo what never was.",
    example="""\
- step: print_label
  service: shipping
  input: [id]
  idempotent: false
  on_unknown: compensate
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
SETTLED = (OnUnknown.QUERY, OnUnknown.MANUAL)
INSTEAD = {
    "compensate": "is undone without looking whether it happened",
    "fail": "counts as a failure, although the effect may exist",
    "retry": "is tried again, which could do it twice",
}


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each step that is not idempotent and settles the unknown by a guess."""
    for facts in graph.facts.values():
        step = facts.item
        if not isinstance(step, Step) or facts.idempotent or not facts.effect:
            continue
        fenceless = not facts.fence and facts.on_unknown is OnUnknown.COMPENSATE  # RE003
        if facts.on_unknown not in SETTLED and not fenceless:
            yield _finding(graph.saga, facts, step)


def _finding(saga: Saga, facts: ItemFacts, step: Step) -> Diagnostic:
    written = step.on_unknown
    place = _not_idempotent(saga, facts, step)
    return diagnostic(
        "RE004",
        written.span if written is not None else step.name.span,
        f"{step.name.text!r} is not idempotent, and its unknown outcome"
        f" {INSTEAD[facts.on_unknown.value]}.",
        help="Say `on_unknown: query` (the service is asked what happened) or `on_unknown:"
        " manual`; or make the action recognise its key and remove `idempotent: false`.",
        labels=() if place is None else (Label("a second call would take effect again", place),),
    )


def _not_idempotent(saga: Saga, facts: ItemFacts, step: Step) -> Span | None:
    if "idempotent" in step.keys:
        return step.keys["idempotent"]
    service = saga.services.get(facts.service)
    declared = ((service.actions if service else None) or {}).get(facts.action)
    return declared.name.span if declared is not None else None
