"""DA003 refusal-never-handled."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.facts import ItemFacts, OnUnknown, Role
from sagac.dsl.failures import united
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Group, Recover, Step, SubSaga
from sagac.dsl.rules.places import every_item
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="DA003",
    summary="A declared refusal is not handled, or a handler waits for what never comes.",
    why="A refusal that a service declares and a step does not list has no place in the saga: it"
    " is not in its failure paths, its tests or its diagrams. A `recover` for what cannot happen"
    " is a plan that is never carried out.",
    example="""\
saga: example
version: 1
key: ${input.id}
services:
  payment:
    actions:
      charge: { fails: [card_declined, limit_reached] }
input: { id: string }
steps:
  - step: charge
    service: payment
    input: [id]
    fails: [card_declined]
    compensate: refund
""",
    use_instead="""\
saga: example
version: 1
key: ${input.id}
services:
  payment:
    actions:
      charge: { fails: [card_declined, limit_reached] }
input: { id: string }
steps:
  - step: charge
    service: payment
    input: [id]
    fails: [card_declined, limit_reached]
    compensate: refund
""",
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each step that leaves refusals out, and for each idle handler."""
    declares = any(service.actions for service in graph.saga.services.values())
    for facts in graph.facts.values():
        item = facts.item
        if isinstance(item, Step):
            if declares:
                yield from _left_out(graph, facts, item)
            if item.recover:
                yield from _idle(item, (*facts.own_failures, *_by_person(facts)), facts.role)
        elif isinstance(item, Group) and item.recover:
            inside = _reasons(graph, item)
            yield from _idle(item, inside) if inside is not None else ()


def _left_out(graph: SagaGraph, facts: ItemFacts, step: Step) -> Iterator[Diagnostic]:
    service = graph.saga.services.get(facts.service)
    declared = ((service.actions if service else None) or {}).get(facts.action)
    if declared is None or not declared.fails:
        return
    listed = {each.name.text for each in step.fails}
    missing = [each.name for each in declared.fails if each.name.text not in listed]
    if missing:
        names = ", ".join(f"`{each.text}`" for each in missing)
        them, they = ("it", "it comes") if len(missing) == 1 else ("them", "they come")
        yield diagnostic(
            "DA003",
            step.name.span,
            f"The action {facts.action!r} may be refused with {names}, and the step"
            f" {step.name.text!r} does not list {them}: the saga has no answer when {they}.",
            help=_help(facts, them),
            labels=tuple(Label("declared here", each.span) for each in missing),
        )


def _help(facts: ItemFacts, them: str) -> str:
    if facts.role is Role.RETRIABLE:
        return (
            f"Add {them} to `fails` with a `recover` for each: a retriable step may not fail for"
            " good. Or put the step before the pivot."
        )
    return f"Add {them} to `fails` of the step; where the saga can go on without it, add `recover`."


def _reasons(graph: SagaGraph, group: Group) -> tuple[str, ...] | None:
    """Why the members of a group may fail; None if a sub-saga in it is unknown."""
    members = list(every_item(group.items))
    for each in members:
        if isinstance(each, SubSaga) and each.name.text not in graph.children:
            return None
    decided = (_by_person(graph.facts[each.name.text]) for each in members)
    return united((*(graph.facts[each.name.text].may_fail for each in group.items), *decided))


def _by_person(facts: ItemFacts) -> tuple[str, ...]:
    """A person who settles an unknown outcome may say that it never happened."""
    return ("unknown",) if facts.on_unknown is OnUnknown.MANUAL else ()


def _idle(
    item: Step | Group, reasons: tuple[str, ...], role: Role | None = None
) -> Iterator[Diagnostic]:
    """The handlers of ``recover`` that nothing leads to."""
    caught = {each.refusal.text for each in item.recover}
    for each in item.recover:
        name = each.refusal.text
        if name == "any" and set(reasons) <= caught:
            why = "every way to fail is named beside it" if reasons else "nothing here fails"
        elif name != "any" and name not in reasons:
            why = REPEATED if role is Role.RETRIABLE and name == "unknown" else _why(item, name)
        else:
            continue
        yield _finding(item, each, why)


def _why(item: Step | Group, name: str) -> str:
    if isinstance(item, Group):
        return f"no member fails with `{name}`" if name != "unknown" else NEVER_UNKNOWN
    return "the lock waits instead of refusing" if name == "locked" else NEVER_UNKNOWN


REPEATED = "a retriable step is repeated until its outcome is known"
NEVER_UNKNOWN = "its unknown outcome is settled otherwise"


def _finding(item: Step | Group, handler: Recover, why: str) -> Diagnostic:
    return diagnostic(
        "DA003",
        handler.refusal.span,
        f"`{handler.refusal.text}` of {item.name.text!r} is never recovered: {why}, so these items"
        " never run.",
        help="Remove it, or name the refusal that was meant.",
    )
