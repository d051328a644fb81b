"""What ran side by side, and is undone part by part: the last to end is the first to go.

The fork, the exits of the parts and their join belong to one service. When all is to be undone, the
join lets one exit go, and the next one when nothing of that part is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .nodes import Edge, Node
from .tokens import Row

if TYPE_CHECKING:
    from .rules import Rules


class Orders:
    """``undo_order: sequence``."""

    def __init__(self, machine: Rules) -> None:
        self._machine = machine

    def waits(self, node: Node, row: Row) -> bool:
        """Whether ``row`` is the exit of a part whose turn has not come."""
        return node.order is not None and self._is_exit(node) and not row.turn

    def holds(self, node: Node, row: Row) -> bool:
        """Nobody knows the outcome of ``row``: whether it is undone later, when it has its turn."""
        turns = [] if node.optional else [edge.name for edge in self._turns(row)]
        if turns:
            row.state = "unsettled"
            row.sent += turns
            self._machine.tell(row, "unsettled", failure=row.failure)
        return bool(turns)

    def free(self, row: Row) -> None:
        """``row`` is not needed, whatever becomes of the rest: it waits for no turn."""
        row.turn = True
        row.back += [edge.name for edge in self._turns(row) if edge.name not in row.back]

    def look(self, node: Node, row: Row) -> None:
        """Something has happened to a fork or to a join: perhaps the next part has its turn."""
        if node.order is None or self._is_exit(node):
            return
        at = self._machine
        join = at.table.nodes[node.order]
        end = row if node is join else at.row(join.id, row.iteration)
        fork = row if node is not join else at.row(join.partner or "", row.iteration)
        held = {edge.name for edge in self._turns(fork)} - set(fork.back)
        if end.state in ("aborted", "undone") and not held:
            self._next(join, end, fork)

    def _next(self, join: Node, end: Row, fork: Row) -> None:
        at = self._machine
        for leave in self._parts(join, end, fork):
            if leave.turn:
                return
            if leave.state == "aborted" and (join.kind == "pick" or at_node(at, leave).settled):
                continue  # it goes back by itself
            self._give(leave)
            return

    def _give(self, leave: Row) -> None:
        at = self._machine
        leave.turn = True
        if leave.state == "done":
            at.returned(at_node(at, leave), leave)
        elif any(edge.way == "turn" for edge in at.table.before[leave.node]):
            at.tell(leave, "released")

    def _parts(self, join: Node, end: Row, fork: Row) -> Iterator[Row]:
        """The exits of the parts of which something may be left, the last to end first."""
        out = {e.name: e for e in self._machine.table.before[join.id] if e.way in ("plain", "out")}
        for slot in reversed(end.tokens):
            name, _, index = slot.partition("@")
            if name not in out:
                continue
            iteration = (*end.iteration, int(index)) if index else end.iteration
            leave = self._machine.row(out[name].source, iteration)
            into = self._into(fork, leave, index)
            if into in fork.sent and into not in fork.back:
                yield leave

    def _into(self, fork: Row, leave: Row, index: str) -> str:
        at = self._machine
        enter = at_node(at, leave).partner
        (edge,) = (e for e in at.table.after[fork.node] if e.target == enter)
        return f"{edge.name}@{index}" if index else edge.name

    def _turns(self, row: Row) -> Iterator[Edge]:
        after = self._machine.table.after.get(row.node, ())
        return (edge for edge in after if edge.way == "turn")

    @staticmethod
    def _is_exit(node: Node) -> bool:
        return node.id != node.order and node.partner is not None


def at_node(machine: Rules, row: Row) -> Node:
    """The node of a row."""
    return machine.table.nodes[row.node]
