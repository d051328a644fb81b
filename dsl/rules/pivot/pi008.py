"""PI008 query-not-declared."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.facts import ItemFacts, OnUnknown, Role
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import ActionDeclaration, Step
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="PI008",
    summary="An unknown outcome is to be queried, and the service declares no such query.",
    why="After a crash the saga asks the action `query_ACTION` whether the step took effect. A"
    " service that lists the action without its query cannot answer, and the saga stands still at"
    " the very point where it must not guess.",
    example="""\
saga: payout
version: 1
key: ${input.id}
services:
  payment: { actions: { pay_out: { input: { id: string } } } }
input: { id: string }
steps:
  - step: pay_out
    service: payment
    role: pivot
    on_unknown: query
    input: [id]
""",
    use_instead="""\
saga: payout
version: 1
key: ${input.id}
services:
  payment:
    actions:
      pay_out: { input: { id: string } }
      query_pay_out: { input: { id: string } }
input: { id: string }
steps:
  - step: pay_out
    service: payment
    role: pivot
    on_unknown: query
    input: [id]
""",
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each action that is queried, declared, and has no declared query.

    A service need not list all its actions: one that does not list the action is not judged.
    """
    seen: set[tuple[str, str]] = set()
    for facts in graph.facts.values():
        if not isinstance(facts.item, Step) or not _is_queried(facts.item, facts):
            continue
        service = graph.saga.services.get(facts.service)
        actions = (service.actions if service is not None else None) or {}
        declared, key = actions.get(facts.action), (facts.service, facts.action)
        if declared is not None and f"query_{facts.action}" not in actions and key not in seen:
            seen.add(key)
            yield _finding(facts.item, facts, declared)


def _is_queried(step: Step, facts: ItemFacts) -> bool:
    """Whether the file says so, or it is the pivot; the query of other steps is RE004's matter."""
    if facts.on_unknown is not OnUnknown.QUERY:
        return False
    return step.on_unknown is not None or facts.role is Role.PIVOT


def _finding(step: Step, facts: ItemFacts, declared: ActionDeclaration) -> Diagnostic:
    span, because = (step.action or step.name).span, " (the default of a pivot)"
    labels = [Label("declared here, alone", declared.name.span)]
    if step.on_unknown is not None:
        span, because = step.on_unknown.span, ""
    elif step.role is not None:
        labels.append(Label("asks by default", step.role.span))
    return diagnostic(
        "PI008",
        span,
        f"An unknown outcome of {step.name.text!r} is queried{because}, but {facts.service!r}"
        f" declares {facts.action!r} without `query_{facts.action}`: nobody could answer.",
        help=f"Declare `query_{facts.action}` with the same input beside it, or say `on_unknown:"
        " manual` if a person is to decide.",
        labels=tuple(labels),
    )
