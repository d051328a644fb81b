"""Loops, joins of the first N, scopes that may fail on their own, and sagas within a saga.

The parts of a composite that must agree (a loop and its rounds, the enter and exit of a scope)
belong to one service, so what they tell each other is no message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from .nodes import Edge, Node
from .tokens import Failure, Row, Token

if TYPE_CHECKING:
    from .rules import Rules


class Loops:
    """``foreach`` and ``repeat``: an enter and an exit per element or round."""

    def __init__(self, machine: Rules) -> None:
        self._machine = machine

    def begin(self, node: Node, row: Row) -> None:
        """The loop begins with its first elements, or its first round."""
        at = self._machine
        row.state = "done"
        row.elements = node.elements(row.values) if node.elements else [None]
        row.count = len(row.elements)
        row.need = node.need(row.values, row.count) if node.need else None
        bypass = [e for e in at.table.after[node.id] if e.way in ("bypass", "turn")]
        row.sent += [edge.name for edge in bypass]
        values = at.values(node, row, bypass)
        at.tell(row, "done", values=values, count=row.count, need=row.need)
        limit = 1 if node.sequence else (node.limit(row.values) if node.limit else None)
        at_once = limit if limit and limit > 0 else row.count
        for index in range(min(at_once, row.count)):
            self._start(node, row, index, "ok")

    def follow(self, node: Node, row: Row) -> None:
        """An element of a limited loop has ended: the next one begins, or never runs."""
        at = self._machine
        if node.loop is None or node.sequence:
            return
        if not any(edge.way == "out" for edge in at.table.after.get(node.id, ())):
            return
        loop_node, loop = at.table.nodes[node.loop], at.row(node.loop, row.iteration[:-1])
        begun = len(list(at.rows.all(self._into(loop_node).target, loop.iteration)))
        if begun < len(loop.elements):
            lost = self._lost(node, loop)
            self._start(loop_node, loop, begun, "abort" if lost else "ok", lost)

    def again(self, node: Node, row: Row) -> bool:
        """Whether another element or round comes after ``row``."""
        if node.loop is None or not node.sequence:
            return False
        at = self._machine
        loop, index = at.row(node.loop, row.iteration[:-1]), row.iteration[-1]
        if node.until is None:
            if index + 1 < len(loop.elements) and not self._enough(node, loop):
                self.next(node, row)
                return True
            return self._too_few(node, row, loop)
        if row.forced or node.until(row.values):
            return False
        if (index + 1) % node.most == 0:
            row.state = "pausing"
            at.fail(node, row, "exhausted")
        elif node.every:
            row.state, row.due, row.since = "pausing", at.now + node.every, at.now
        else:
            self.next(node, row)
        return True

    def next(self, node: Node, row: Row) -> None:
        """The next element or round."""
        at = self._machine
        (edge,) = (e for e in at.table.after[node.id] if e.way == "again")
        row.state = "done"
        row.sent += [e.name for e in at.table.after[node.id] if e.way in ("again", "turn")]
        loop = at.row(node.loop or "", row.iteration[:-1])
        index = row.iteration[-1] + 1
        entry = at.row(edge.target, (*loop.iteration, index))
        entry.values.update(loop.values)
        self._name(at.table.nodes[loop.node], loop, entry, index)
        _unite(entry.open, row.open)
        _unite(entry.marks, row.marks)
        entry.tokens["loop"] = "ok"
        at.look(entry)

    def columns(self, node: Node, row: Row) -> None:
        """What the elements gave, as lists in their order."""
        at = self._machine
        edges = [e.name for e in at.table.before[node.id] if e.way == "out"]
        if not edges:
            return
        if node.sequence:
            for part in row.parts.values():
                row.values.update(part)
            if not row.parts:
                row.values.update({name: [] for name, _ in node.columns})
            return
        parts = [row.parts.get(f"{edges[0]}@{index}", {}) for index in range(row.count or 0)]
        for name, element in node.columns:
            row.values[name] = [part.get(element) for part in parts]
            if element == "~outcome":
                row.values[name] = [self._outcome(edges[0], row, n) for n in range(len(parts))]

    def gathered(self, node: Node, row: Row) -> None:
        """In sequence the last element tells what all of them gave."""
        if node.loop is None or not node.sequence or node.until is not None:
            return
        at = self._machine
        rows = list(at.rows.all(node.id, row.iteration[:-1]))
        for name, element in node.columns:
            found = (each.own if element == "~outcome" else each.values for each in rows)
            row.values[name] = [
                (each or {}).get(element, "done" if element == "~outcome" else None)
                for each in found
            ]

    def _outcome(self, edge: str, row: Row, index: int) -> Any:
        slot = f"{edge}@{index}"
        if row.taken and slot not in row.taken and row.tokens.get(slot) == "ok":
            return "not_needed"
        return row.parts.get(slot, {}).get("~outcome") or (
            "done" if row.tokens.get(slot) == "ok" else row.reasons.get(slot, "not_needed")
        )

    def _into(self, node: Node) -> Edge:
        (edge,) = (e for e in self._machine.table.after[node.id] if e.way == "into")
        return edge

    def _start(
        self, node: Node, loop: Row, index: int, token: Token, why: Failure | None = None
    ) -> None:
        at, edge = self._machine, self._into(node)
        entry = at.row(edge.target, (*loop.iteration, index))
        entry.tokens["loop"] = token
        if token == "ok":
            loop.sent.append(f"{edge.name}@{index}")
            entry.values.update(loop.values)
            self._name(node, loop, entry, index)
        else:
            entry.failure = why
        at.look(entry)

    @staticmethod
    def _name(node: Node, loop: Row, entry: Row, index: int) -> None:
        if node.variable is not None:
            entry.values[node.variable] = loop.elements[index]

    def _lost(self, node: Node, loop: Row) -> Failure | None:
        """Why the elements that have not begun never will."""
        rows = list(self._machine.rows.all(node.id, loop.iteration))
        failed = [each for each in rows if each.state in ("aborted", "failed")]
        if loop.need is None:
            settled = node.kind == "leave" and node.settled
            return failed[0].failure if failed and not settled else None
        if len(failed) > len(loop.elements) - loop.need:
            return failed[-1].failure
        done = sum(each.state == "done" for each in rows)
        return Failure(None, "not_needed") if done >= loop.need else None

    def _enough(self, node: Node, loop: Row) -> bool:
        return loop.need is not None and self._succeeded(node, loop) >= loop.need

    def _too_few(self, node: Node, row: Row, loop: Row) -> bool:
        """In sequence, the first N: the elements are used up."""
        if loop.need is None or self._enough(node, loop):
            return False
        at = self._machine
        last = Failure(at.path(loop), "exhausted") if row.lost is None else row.lost
        at.fail_for(node, row, last)
        return True

    def _succeeded(self, node: Node, loop: Row) -> int:
        rows = self._machine.rows.all(node.id, loop.iteration)
        return sum((row.own or {}).get("~outcome") == "done" for row in rows)


class Picks:
    """Joins that go on with the first N."""

    def __init__(self, machine: Rules) -> None:
        self._machine = machine

    def look(self, node: Node, row: Row) -> None:
        """A token has come to the join ``row``."""
        at = self._machine
        bypass = next(e.name for e in at.table.before[node.id] if e.way == "bypass")
        if bypass not in row.tokens:
            return
        came = [slot for slot, token in row.tokens.items() if token == "ok" and slot != bypass]
        if row.state == "waiting":
            self._decide(node, row, row.tokens[bypass], came)
        if row.state != "waiting":
            late = [s for s in came if s not in row.taken and s not in row.rests]
            if late:
                row.rests += late
                at.tell(row, "released", slots=tuple(late), failure=Failure(None, "not_needed"))

    def _decide(self, node: Node, row: Row, first: Token, came: list[str]) -> None:
        at = self._machine
        count, need = row.count or 0, row.need or 0
        failed = sum(token == "abort" for token in row.tokens.values())
        if first == "skip":
            row.state = "skipped"
            at.tell(row, "skipped")
        elif first == "abort" or failed > count - need or need > count:
            if first == "ok" and row.failure is None:
                row.failure = Failure(at.path(row), "exhausted")
            row.rests += came
            at.abort(node, row)
        elif len(came) >= need:
            row.taken = came[:need]
            if count > need:
                row.open.append(f"{node.partner}@{'.'.join(map(str, row.iteration))}")
            self._outcomes(node, row)
            at.go_on(node, row)

    def _outcomes(self, node: Node, row: Row) -> None:
        at = self._machine
        at.loops.columns(node, row)
        for edge in at.table.before[node.id]:
            if edge.way == "plain" and edge.label:
                slot = edge.name
                known = "done" if slot in row.taken else row.reasons.get(slot, "not_needed")
                row.values[f"{edge.label}.outcome"] = known

    def returned(self, node: Node, row: Row) -> None:
        """Something that the fork ``row`` of such a join had let go on has come back."""
        at = self._machine
        if node.need is None or row.count is None or row.need is None or "rest" in row.rests:
            return
        if row.count <= row.need:
            return
        bypass = {e.name for e in at.table.after[node.id] if e.way in ("bypass", "turn")}
        out = set(row.sent) - set(row.back) - bypass
        into = [e for e in at.table.after[node.id] if e.way == "into"]
        begun = len(list(at.rows.all(into[0].target, row.iteration))) if into else row.count
        if len(out) <= row.need and begun == row.count:
            row.rests.append("rest")
            at.tell(row, "rest", marks=tuple(row.marks))


class Scopes:
    """What may fail on its own: a recoverable item, an element of a settled join."""

    def __init__(self, machine: Rules) -> None:
        self._machine = machine

    def inside(self, row: Row) -> None:
        """The exit ``row`` has heard that something inside failed: first all of it is undone."""
        at = self._machine
        row.state = "inside"
        slots = tuple(slot for slot, token in row.tokens.items() if token == "ok")
        if slots:
            at.tell(row, "released", slots=slots, failure=row.failure, round=len(row.rests))
            row.rests += slots
        self.back(at.row(at.table.nodes[row.node].partner or "", row.iteration))

    def back(self, row: Row) -> None:
        """All that the enter ``row`` had let go on is undone."""
        at = self._machine
        node = at.table.nodes[row.node]
        leave = at.row(node.partner or "", row.iteration)
        if row.state != "done" or set(row.sent) - set(row.back) or leave.state == "waiting":
            return
        if leave.state == "inside" and self._go_on(node, row, leave):
            return
        if leave.state == "inside":
            leave.state = "aborted"
            at.tell(leave, "aborted", failure=leave.failure)
            at.loops.follow(at.table.nodes[leave.node], leave)
        at.compensate(node, row)

    def _go_on(self, node: Node, row: Row, leave: Row) -> bool:
        failure = leave.failure
        assert failure is not None
        if failure.kind != "failed" or row.chosen is not None:
            return False
        handler = _handler(node.recover, failure.reason)
        if handler is None and not node.settled:
            return False
        row.failure, leave.failure = None, None
        if handler is not None:
            self._handle(node, row, leave, handler)
            return True
        at, exit = self._machine, at_node(self._machine, leave)
        leave.own, leave.lost = {"~outcome": failure.reason, "outcome": failure.reason}, failure
        _unite(leave.marks, row.marks)
        leave.values.update(row.values)
        at.go_on(exit, leave)
        return True

    def _handle(self, node: Node, row: Row, leave: Row, handler: str) -> None:
        at = self._machine
        edges = [e for e in at.table.after[node.id] if e.rule == "handler" and e.label == handler]
        row.chosen, row.back = handler, []
        row.sent = [edge.name for edge in edges]
        leave.state, leave.tokens = "waiting", {}
        leave.marks = list(row.marks)
        values = at.values(node, row, edges)
        at.tell(row, "handling", chosen=handler, values=values)


def at_node(machine: Rules, row: Row) -> Node:
    """The node of a row."""
    return machine.table.nodes[row.node]


def _handler(recover: Sequence[str], reason: str) -> str | None:
    unknown = reason in ("unknown", "timeout")
    for each in recover:
        if each == reason or (unknown and each == "unknown"):
            return each
    return "any" if "any" in recover else None


def _unite(into: list[str], more: Iterable[str]) -> None:
    into += [each for each in more if each not in into]
