"""RE003 compensate-without-fence."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.facts import ItemFacts, OnUnknown
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Saga, Step
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="RE003",
    summary="An unknown outcome is compensated at a service that cannot refuse the late action.",
    why="The compensation may arrive before the action that it undoes. A service with a fence"
    " keeps a tombstone, so that the late action is refused; one with `fence: false` would carry"
    " it out, after its undo.",
    example="""\
saga: example
version: 1
key: ${input.id}
services: { legacy: { fence: false } }
input: { id: string }
steps:
  - step: open_account
    service: legacy
    input: [id]
    on_unknown: compensate
    compensate: close_account
""",
    use_instead="""\
saga: example
version: 1
key: ${input.id}
services: { legacy: { fence: false } }
input: { id: string }
steps:
  - step: open_account
    service: legacy
    input: [id]
    on_unknown: query
    compensate: close_account
""",
    local=True,
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each step that compensates the unknown without a fence."""
    for facts in graph.facts.values():
        if not isinstance(facts.item, Step) or facts.fence or facts.compensation is None:
            continue
        if facts.effect and facts.on_unknown is OnUnknown.COMPENSATE:
            yield _finding(graph.saga, facts, facts.item)


def _finding(saga: Saga, facts: ItemFacts, step: Step) -> Diagnostic:
    service = saga.services.get(facts.service)
    written = step.on_unknown
    how = (
        "says `on_unknown: compensate`"
        if written
        else "compensates an unknown outcome (the default)"
    )
    return diagnostic(
        "RE003",
        written.span if written else step.name.span,
        f"{step.name.text!r} {how}, but {facts.service!r} cannot fence: the action could still"
        " arrive after its undo.",
        help="Say `on_unknown: query` (the service is asked what happened) or `on_unknown:"
        " manual`.",
        labels=() if service is None else (Label("has `fence: false`", service.name.span),),
    )
