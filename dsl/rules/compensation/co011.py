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
    """Yields a finding for each compensation that a step may have called before it.

    A step after the pivot calls it only where nothing is undone any more: giving back at the end
    what was held is no mistake.
    """
    forward: dict[tuple[str, str], ItemFacts] = {}
    for facts in graph.facts.values():
        if isinstance(facts.item, Step) and facts.position is Position.BEFORE:
            forward.setdefault((facts.service, facts.action), facts)
    for facts in graph.facts.values():
        item, undo = facts.item, facts.compensation
        if isinstance(item, Step | Group) and item.compensate is not None and undo is not None:
            action = (undo.service, undo.action)
            own = isinstance(item, Step) and action == (facts.service, facts.action)
            other = facts if own else forward.get(action)
            if other is not None:
                yield _finding(item, item.compensate, other)


def _finding(item: Step | Group, undo: Compensate, forward: ItemFacts) -> Diagnostic:
    name = forward.item.name
    if forward.item is item:
        message = f"{item.name.text!r} would be undone by doing it once more: {undo.action.text!r}"
        message += " is its own action."
    else:
        message = f"{item.name.text!r} is undone by {undo.action.text!r}, which {name.text!r} calls"
        message += " going forward: its service cannot tell doing from undoing."
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
