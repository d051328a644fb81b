"""Deadlines and cancels: of the whole, and of a saga that is used, whose judge asks for that.

Such a judge is a node that has not begun; once it has, nothing is asked any more. What it has
called off fails when it is reached, whatever becomes of the question.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .nodes import Edge, Node
from .tokens import Event, Failure, Row

if TYPE_CHECKING:
    from .rules import Rules

AFTER = "~after"  # when a saga that is used began, in seconds after the whole


class Limits:
    """What is called off, and when."""

    def __init__(self, machine: Rules) -> None:
        self._machine = machine

    def begun(self, node: Node, row: Row) -> None:
        """A saga that is used begins: its judge, if it has one, hears when."""
        at = self._machine
        if any(edge.way == "watch" for edge in at.table.after.get(node.id, ())):
            row.values[f"{node.id}/{AFTER}"] = round(at.now - at.course.started, 3)

    def watch(self, edge: Edge, event: Event) -> None:
        """The judge ``edge`` leads to hears of a saga that has begun."""
        at = self._machine
        row = at.row(edge.target, event.iteration)
        if event.outcome != "done" or edge.name in row.tokens:
            return
        row.tokens[edge.name] = "ok"
        node = at.table.nodes[row.node]
        if row.state != "waiting":
            return
        row.cause = event.id
        row.values.update(event.values)
        if node.within is not None:
            after = event.values.get(f"{edge.source}/{AFTER}", 0.0)
            row.due = at.course.started + after + node.within

    def listens(self, node: Node, row: Row) -> bool:
        """Whether ``row`` may still call its saga off, if an event says so."""
        if node.calls_off is None or row.state != "waiting" or row.stopped is not None:
            return False
        edges = self._machine.table.before[node.id]
        return any(edge.way == "watch" and edge.name in row.tokens for edge in edges)

    def halt(self, failure: Failure) -> None:
        """A cancel or deadline holds: what is open before the judge ends."""
        at = self._machine
        if at.course.halt is not None:
            return
        at.course.halt = failure
        for node in at.table.nodes.values():
            if node.cancellable and node.kind == "wait" and not node.judge:
                for row in [each for each in at.rows.all(node.id, ()) if each.state == "open"]:
                    at.halted(node, at.row(row.node, row.iteration))

    def call_off(self, row: Row, kind: str, reason: str) -> None:
        """The time is over, or a cancel has come, before the judge ``row`` has begun."""
        at = self._machine
        row.due = None
        over = at.course.ended or at.course.halt is not None
        if row.state != "waiting" or row.stopped is not None or over:
            return
        row.stopped = Failure(at.path(row), reason, None, kind)
        at.tell(row, "called_off", failure=row.stopped)


def from_inside(failure: Failure | None, path: str) -> Failure | None:
    """Why the saga at ``path`` goes back, as those see it that use it."""
    if failure is None or not (failure.step or "").startswith(f"{path}/"):
        return failure
    return replace(failure, step=path)
