"""CO011 compensation-is-forward-action."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.facts import ItemFacts, Position
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Compensate, Group, Step
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="CO011",
    summary="A compensation is an action that the saga also calls going forward.",
    why="Doing it and taking it back are two things: for one action the service cannot tell which"
    " is meant, nor refuse what comes late after the undo. Often the name of the undo is simply"
    " wrong.",
    example="""\
- step: reserve_stock
  service: stock
  input: [id]
  compensate: reserve_stock
""",
    use_instead="""\
- step: reserve_stock
  service: stock
  input: [id]
  compensate: release_stock
""",
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each compensation that a step also calls going forward.

    A step after the pivot calls it only where nothing is undone any more: giving back at the end
    what was held is no mistake, unless it is called with more than the undo can know.
    """
    forward: dict[tuple[str, str], ItemFacts] = {}
    late: dict[tuple[str, str], ItemFacts] = {}
    undone = {facts.compensation.action for facts in graph.facts.values() if facts.compensation}
    for facts in graph.facts.values():
        if facts.action in undone and isinstance(facts.item, Step):
            calls = forward if facts.position is Position.BEFORE else late
            calls.setdefault((facts.service, facts.action), facts)
    for facts in graph.facts.values() if forward or late else ():
        item, undo = facts.item, facts.compensation
        if isinstance(item, Step | Group) and item.compensate is not None and undo is not None:
            action = (undo.service, undo.action)
            own = isinstance(item, Step) and action == (facts.service, facts.action)
            other = facts if own else forward.get(action)
            if other is None and action in late and _knows_more(graph, late[action], facts):
                other = late[action]
            if other is not None:
                yield _finding(item, item.compensate, other)


def _knows_more(graph: SagaGraph, forward: ItemFacts, undone: ItemFacts) -> bool:
    """Whether the call going forward is given what other items gave, and the undo is not."""
    known = {undone.item.name.text, *(reach.root for reach in undone.undo_reads)}
    return any(reach.root in graph.facts and reach.root not in known for reach in forward.reads)


def _finding(item: Step | Group, undo: Compensate, forward: ItemFacts) -> Diagnostic:
    name = forward.item.name
    if forward.item is item:
        message = f"{item.name.text!r} would be undone by doing it once more: {undo.action.text!r}"
        message += " is its own action."
    else:
        calls = f"which {name.text!r} calls" if name.text != undo.action.text else "which is a step"
        message = f"{item.name.text!r} is undone by {undo.action.text!r}, {calls} going forward:"
        message += " its service cannot tell doing from undoing."
    span = name.span
    if isinstance(forward.item, Step) and forward.item.action is not None:
        span = forward.item.action.span
    return diagnostic(
        "CO011",
        undo.action.span,
        message,
        help="Name an action that takes it back, and that no step calls going forward.",
        labels=(Label("called here going forward", span),),
    )
