"""The rules by which a node acts: forward, back, and what ends a saga. No I/O, no clock.

A node acts when each of its in-edges has a token: if one says ``abort`` it does not run; if all say
``skip`` it passes that on; otherwise it runs once. When everything that it had let go on is undone
it compensates itself, and then says so to the nodes before it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from .composites import Loops, Picks, Scopes
from .nodes import Edge, Node, Table, Values
from .tokens import Course, Event, Failure, Iteration, Outcome, Row

_ON = ("plain", "out", "bypass", "past", "back")  # ways on which a done node goes on


class Rows(Protocol):
    """The rows of one saga in one service."""

    def get(self, node: str, iteration: Iteration) -> Row:
        """The row of a node, a new one if there is none."""

    def all(self, node: str, prefix: Iteration) -> Iterable[Row]:
        """The rows of a node within an iteration, in the order of their making."""


class Rules:
    """One saga in one service. ``out`` is to be told, ``changed`` is to be written."""

    def __init__(self, table: Table, rows: Rows, course: Course, now: float = 0.0) -> None:
        self.table = table
        self.rows = rows
        self.course = course
        self._heard: deque[Event] = deque()
        self.begin(now)
        self.loops, self.picks, self.scopes = Loops(self), Picks(self), Scopes(self)

    def begin(self, now: float) -> None:
        """Another message is worked on."""
        self.now = now
        self.out: list[Event] = []
        self.changed: dict[tuple[str, Iteration], Row] = {}
        self._cause: str | None = None  # what leads to what is told now

    # Acting forward

    def look(self, row: Row) -> None:
        """Acts if the tokens of ``row`` are complete."""
        node = self._node(row)
        if node.kind == "pick":
            self.picks.look(node, row)
            return
        if row.state != "waiting":
            return
        slots = self.table.plain.get(node.id) or self._slots(node, row)
        if slots is None or any(slot not in row.tokens for slot in slots):
            return
        found = {row.tokens[slot] for slot in slots}
        if "abort" in found:
            self.abort(node, row)
        elif found == {"skip"}:
            row.state = "skipped"
            self.tell(row, "skipped")
        else:
            self._fire(node, row)

    def _slots(self, node: Node, row: Row) -> list[str] | None:
        """The in-edges that ``node`` waits for; None: not known yet."""
        edges = self.table.before.get(node.id, ())
        if any(edge.way in ("into", "again") for edge in edges):
            return ["loop"]
        if node.kind == "leave":
            handler = self.row(node.partner or "", row.iteration).chosen
            return [e.name for e in edges if (e.label if e.rule == "leaves" else None) == handler]
        fixed = [edge.name for edge in edges if edge.way != "out"]
        if node.kind != "gather" or row.tokens.get(fixed[0]) != "ok":
            return fixed if all(slot in row.tokens for slot in fixed) else None
        (out,) = (edge.name for edge in edges if edge.way == "out")
        if node.sequence:
            came = [slot for slot in row.tokens if slot.startswith(f"{out}@")]
            return [*fixed, *came] if came or not row.count else None
        return [*fixed, *(f"{out}@{index}" for index in range(row.count or 0))]

    def _fire(self, node: Node, row: Row) -> None:
        if node.judge:
            if self.course.halt is not None:
                self._halted(node, row)
                return
            self.course.decided = True
        elif node.cancellable and self.course.halt is not None and node.kind in ("step", "wait"):
            self._halted(node, row)
            return
        row.since = self.now
        if node.keyed:
            row.values["saga.key"] = self.course.key
        match node.kind:
            case "step":
                row.state, row.due, row.lease, row.attempts = "ready", self.now, None, 0
            case "wait":
                self._open(node, row)
            case "fail":
                data = node.data(row.values) if node.data else None
                self.fail(node, row, node.reason, data)
            case "undoer":
                row.ran = True
                self.compensate(node, row)
            case _:
                self.go_on(node, row)

    def go_on(self, node: Node, row: Row) -> None:
        """It is done: goes on along its edges."""
        match node.kind:
            case "decision":
                row.chosen = node.choose(row.values) if node.choose else None
            case "loop":
                self.loops.begin(node, row)
                return
            case "gather":
                self.loops.columns(node, row)
            case "child":
                row.values.update(node.given(row.values) if node.given else {})
            case "back":
                given = node.given(row.values) if node.given else {}
                row.values = self.row(node.partner or "", row.iteration).values | given
            case "undo":
                row.ran = True
            case "end":
                self._complete(node, row)
                return
        if node.kind == "leave" and row.own is None:
            row.own = {"~outcome": "done", "outcome": "done"}
        if self.loops.again(node, row):
            return
        self.loops.gathered(node, row)
        row.state = "done"
        self._send(node, row)
        self.loops.follow(node, row)

    def _send(self, node: Node, row: Row, **more: Any) -> None:
        chosen = row.chosen if node.kind == "decision" else None
        if node.need is not None:  # the fork of a join that goes on with the first N
            row.count = sum(e.way == "plain" for e in self.table.after[node.id])
            row.need = node.need(row.values, row.count)
            more |= {"count": row.count, "need": row.need}
        edges = [
            edge
            for edge in self.table.after.get(node.id, ())
            if edge.way in _ON and goes(edge, chosen)
        ]
        row.sent += [edge.name for edge in edges if edge.way != "past"]
        if node.kind == "step":
            more |= {"ran": row.ran, "undid": row.undid}
        self.tell(row, "done", values=self.values(node, row, edges), chosen=chosen, **more)

    def values(self, node: Node, row: Row, edges: Iterable[Edge]) -> dict[str, Any]:
        known = self.known(row)
        found = {name: find(known, name) for edge in edges for name in edge.live}
        return {name: value for name, value in found.items() if value is not None}

    def _over_values(self, node: Node, row: Row) -> dict[str, Any]:
        """What an undo item before ``node`` reads."""
        edges = self.table.over.get(node.id)
        return self.values(node, row, edges) if edges else {}

    def known(self, row: Row) -> dict[str, Any]:
        """All values that can be read at ``row``, those that it gave itself included."""
        node = self._node(row)
        if row.own is None or not node.makes:
            return row.values
        return row.values | {_full(node, name): each for name, each in row.own.items()}

    def _open(self, node: Node, row: Row) -> None:
        if row.stopped is not None:
            self.fail_for(node, row, row.stopped)
            return
        seconds = node.seconds(row.values) if node.seconds else None
        row.state = "open"
        row.due = None if seconds is None else self.now + seconds

    # Going back

    def abort(self, node: Node, row: Row) -> None:
        """Something before it has failed."""
        if node.kind == "leave" and self.row(node.partner or "", row.iteration).state == "done":
            self.scopes.inside(row)
            return
        if node.kind == "back" and row.failure is not None:
            row.failure = replace(row.failure, step=self.path(row))
        row.state = "aborted"
        slots = tuple(slot for slot, token in row.tokens.items() if token == "ok")
        self.tell(row, "aborted", failure=row.failure, slots=slots if node.kind == "pick" else ())
        self.loops.follow(node, row)
        if node.kind == "end":
            self._close()

    def fail(self, node: Node, row: Row, reason: str, data: Any = None) -> None:
        if node.after_pivot:
            self.stuck(row, reason)
            return
        self.fail_for(node, row, self._failure(node, row, reason, data))

    def fail_for(self, node: Node, row: Row, failure: Failure) -> None:
        row.state, row.failure, row.due = "failed", failure, None
        self.tell(row, "failed", failure=failure, values=self._over_values(node, row))
        self.loops.follow(node, row)

    def _failure(self, node: Node, row: Row, reason: str, data: Any = None) -> Failure:
        return Failure(self.path(row), reason, data)

    def _halted(self, node: Node, row: Row) -> None:
        assert self.course.halt is not None
        self.fail_for(node, row, replace(self.course.halt, step=self.path(row)))

    def _returned(self, node: Node, row: Row) -> None:
        """Something that ``row`` had let go on has come back."""
        self.picks.returned(node, row)
        if set(row.sent) - set(row.back):
            return
        if node.kind == "scope":
            self.scopes.back(row)
        elif row.state == "done":
            self.compensate(node, row)

    def compensate(self, node: Node, row: Row) -> None:
        """Undoes ``row``, if it did something."""
        row.due = None
        has_run = row.ran and not node.fenced
        if has_run and (node.undo or node.kind == "undoer") and self._is_due(node, row):
            row.state, row.due, row.attempts, row.since = "undoing", self.now, 0, self.now
            row.lease = None
        elif has_run and node.undoer is not None:
            row.state = "returned"
            values = self.values(node, row, self._reverse(node))
            self.tell(row, "returning", values=values, failure=row.failure, broken=row.unknown)
        else:
            self._undone(node, row)

    def _reverse(self, node: Node) -> list[Edge]:
        return [edge for edge in self.table.after.get(node.id, ()) if edge.way == "reverse"]

    def _is_due(self, node: Node, row: Row) -> bool:
        return node.when is None or node.when(row.values, row.own, about(row.failure))

    def _undone(self, node: Node, row: Row) -> None:
        if row.unknown and node.optional and row.state != "done" and not row.sent:
            row.ran, row.own = False, None
            self.go_on(node, row)
            return
        row.state = "undone"
        self.tell(
            row,
            "undone",
            values=self._over_values(node, row),
            failure=row.failure,
            slots=tuple(row.taken),
            ran=row.ran and (node.fenced or not node.undo),
            undid=row.undid,
            broken=row.unknown and not row.sent,
        )
        if node.kind == "leave":
            scope = self.row(node.partner or "", row.iteration)
            self.scopes.back(scope)
        if node.kind == "start":
            self._close()

    # The whole saga

    def _complete(self, node: Node, row: Row) -> None:
        row.state = "done"
        row.own = node.given(row.values) if node.given else {}
        self.tell(row, "done", values=row.own, open=tuple(row.open))
        self._close()

    def _rest(self, event: Event) -> None:
        end = self.row("end", ())
        place = f"{event.node}@{'.'.join(map(str, event.iteration))}"
        if place not in end.rests:
            end.rests.append(place)
        self._keep(end)
        self._close()

    def _close(self) -> None:
        """The saga has ended when nothing is under way any more."""
        if "end" not in self.table.nodes or self.course.ended:
            return
        start, end = self.row("start", ()), self.row("end", ())
        completed = end.state == "done" and not set(end.open) - set(end.rests)
        compensated = start.state == "undone"
        if completed or compensated:
            self.course.ended = True
            marks = end.marks if completed else start.marks
            self.tell(end, "ended", failure=start.failure, marks=tuple(marks))

    def _halt(self, failure: Failure) -> None:
        """A cancel or deadline holds: what is open before the judge ends."""
        if self.course.halt is not None:
            return
        self.course.halt = failure
        for node in self.table.nodes.values():
            if node.cancellable and node.kind == "wait" and not node.judge:
                for row in list(self.rows.all(node.id, ())):
                    if row.state == "open":
                        self._keep(row)
                        self._halted(node, row)

    def stuck(self, row: Row, why: str) -> None:
        """``row`` needs a person."""
        self._take_up(row, self._cause)
        row.due, row.why = None, why
        row.stuck_times += 1
        place = f"{self.path(row)}{'~undo' if row.state == 'undoing' else ''}"
        self.tell(row, "stuck", failure=Failure(place, why), round=row.stuck_times)

    # Small things

    def path(self, row: Row) -> str:
        """How people name ``row``: ``lines[2].reserve_line``."""
        return self._node(row).path.format(*row.iteration)

    def call(self, row: Row) -> str:
        """How people name what ``row`` does now: ``reserve_line~undo`` on the way back."""
        return f"{self.path(row)}{'~undo' if row.state == 'undoing' else ''}"

    def _node(self, row: Row) -> Node:
        return self.table.nodes[row.node]

    def row(self, node: str, iteration: Iteration) -> Row:
        return self._keep(self.rows.get(node, iteration))

    def _keep(self, row: Row) -> Row:
        self.changed[row.node, row.iteration] = row
        return row

    def _take_up(self, row: Row, cause: str | None = None) -> None:
        """Something happens to ``row``; unless that has a ``cause``, it is what led to the row."""
        self._keep(row)
        self._cause = cause or row.cause or None

    def tell(self, row: Row, outcome: Outcome, **more: Any) -> None:
        more.setdefault("marks", tuple(row.marks))
        more.setdefault("open", tuple(row.open) if outcome == "done" else ())
        more["cause"] = self._cause
        event = Event(self.course.key, self._name(row), row.iteration, outcome, **more)
        self.out.append(event)
        self._heard.append(event)

    def _name(self, row: Row) -> str:
        """An undoer speaks for the step that it undoes."""
        node = self._node(row)
        return node.partner or node.id if node.kind == "undoer" else node.id


def _full(node: Node, name: str) -> str:
    """The name under which others read what a node gave; an outcome is the element's own."""
    return name if name.startswith("~") else f"{node.makes}.{name}"


def find(values: Values, name: str) -> Any:
    """The value of ``name``, which may lie within another one; None if there is none."""
    if name in values:
        return values[name]
    root, dot, last = name.rpartition(".")
    outer = find(values, root) if dot else None
    return outer.get(last) if isinstance(outer, Mapping) else None


def about(failure: Failure | None) -> dict[str, Any]:
    """``saga.failure`` as expressions read it."""
    if failure is None:
        return {"reason": "not_needed"}
    return {"step": failure.step, "reason": failure.reason, "data": failure.data}


def goes(edge: Edge, chosen: str | None) -> bool:
    """Whether an edge goes on when the node before it is done."""
    return edge.rule in ("all", "leaves") or (edge.rule == "choice" and edge.label == chosen)


def unite(into: list[str], more: Iterable[str]) -> None:
    """Adds what is not there yet."""
    into += [each for each in more if each not in into]
