"""What happens to a saga in one service, and how its events are read as tokens.

What is asked for with a row's ``due`` (a call, a pause, a time limit) comes back by ``answered``,
``refused``, ``unknown``, ``happened`` or ``rang``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .nodes import Edge, Node, Values
from .rules import Rules, goes, unite
from .tokens import Event, Failure, Row, Token


class Machine(Rules):
    """One saga in one service; ``begin`` comes before each message."""

    # What happens to a saga

    def start(self, values: Values, cause: str | None = None) -> None:
        """The saga begins with ``values``; ``cause`` is the id of the message that asked for it."""
        row = self.row("start", ())
        if row.state != "waiting":
            return
        self._cause = cause
        self.course.started = self.now
        row.values.update(values)
        self._fire(self.table.nodes["start"], row)
        self._run()

    def receive(self, event: Event) -> None:
        """An event of another service."""
        self._read(event)
        self._run()

    def answered(
        self, row: Row, output: dict[str, Any] | None = None, mark: str | None = None
    ) -> None:
        """The action of ``row`` is done, or its compensation if it was undoing."""
        self._take_up(row)
        row.due, row.why = None, None
        if mark is not None:
            row.marks.append(mark)
        if row.state == "undoing":
            row.undid = mark is None
            self._undone(self._node(row), row)
        else:
            row.own = output or {}
            row.ran = self._node(row).effect
            self.go_on(self._node(row), row)
        self._run()

    def refused(self, row: Row, reason: str, data: Any = None) -> None:
        """The action of ``row`` was refused: it had no effect and never will."""
        self._take_up(row)
        node = self._node(row)
        row.due = None
        if node.optional:
            self.go_on(node, row)
        else:
            self.fail(node, row, reason, data)
        self._run()

    def unknown(self, row: Row, reason: str) -> None:
        """Nobody knows what became of the action of ``row``, and it is to be undone."""
        self._take_up(row)
        node = self._node(row)
        row.due = None
        row.unknown, row.ran = True, node.effect
        row.failure = self._failure(node, row, reason)
        if node.undo or node.undoer:
            self.compensate(node, row)
        elif node.optional:
            self.go_on(node, row)
        else:
            self._undone(node, row)
        self._run()

    def happened(
        self, row: Row, won: str | None, data: Mapping[str, Any], cause: str | None = None
    ) -> None:
        """The event that the wait ``row`` is open for has come (``won`` names it in a race)."""
        self._take_up(row, cause)
        node = self._node(row)
        row.due = None
        row.own = {**data, "won": won} if won is not None else dict(data)
        self.go_on(node, row)
        self._run()

    def rang(self, row: Row) -> None:
        """The time of a wait or pause is over."""
        self._take_up(row)
        node = self._node(row)
        row.due = None
        if row.state == "pausing":
            self.loops.next(node, row)
        elif node.race:
            row.own = {"won": "after"}
            self.go_on(node, row)
        elif node.tolerant or not node.events:
            self.go_on(node, row)
        else:
            self.fail(node, row, "timeout")
        self._run()

    def accept(self, kind: str, reason: str, cause: str | None = None) -> bool:
        """A cancel, or the deadline: whether it holds. Only the service of the judge is asked."""
        if self.course.decided or self.course.ended or self.course.halt is not None:
            return False
        judge = next(node for node in self.table.nodes.values() if node.judge)
        failure = Failure(None, reason, None, kind)
        self._cause = cause or Event(self.course.key, "start", (), "done").id
        self._halt(failure)
        self.tell(self.row(judge.id, ()), "accepted", failure=failure)
        self._run()
        return True

    def resolved(
        self, row: Row, action: str, reason: str, output: dict[str, Any] | None = None
    ) -> None:
        """A person's answer about a stuck ``row``: retry, done, skip, failed."""
        self._take_up(row)
        node = self._node(row)
        row.why, row.attempts, row.asking = None, 0, False
        self.tell(row, "unstuck", round=row.stuck_times)
        mark = f"{self.call(row)}: skipped by a person: {reason}" if action == "skip" else None
        if action == "retry":
            self._retry(node, row)
        elif action == "failed":
            self.refused(row, "unknown", {"resolved": reason})
        elif row.state in ("ready", "undoing"):
            self.answered(row, output, mark)
        else:
            row.own = output or row.own
            unite(row.marks, [mark] if mark else [])
            row.forced = True
            self.go_on(node, row)
        self._run()

    def _retry(self, node: Node, row: Row) -> None:
        if row.state == "pausing":
            self.loops.next(node, row)
        elif row.state == "open":
            self._open(node, row)
        else:
            row.due, row.lease = self.now, None

    # Reading events

    def _run(self) -> None:
        while self._heard:
            self._read(self._heard.popleft())

    def _read(self, event: Event) -> None:
        self._cause = event.id
        if event.outcome == "accepted" and event.failure is not None:
            self._halt(event.failure)
            return
        if event.outcome == "ended":
            self.course.ended = True
            return
        for edge in self.table.after.get(event.node, ()):
            if edge.target in self.table.nodes:
                self._forward(edge, event)
        for edge in self.table.before.get(event.node, ()):
            if edge.source in self.table.nodes:
                self._backward(edge, event)
        if event.outcome == "rest" and "end" in self.table.nodes:
            self._rest(event)
        self._take_news(event)

    def _forward(self, edge: Edge, event: Event) -> None:
        token = _token(edge, event)
        if token is None:
            return
        if edge.way in ("into", "again"):
            return  # both ends are here: the loop itself sends these
        iteration, slot = event.iteration, edge.name
        if edge.way == "out":
            slot = f"{edge.name}@{iteration[-1]}"
            iteration = iteration[:-1]
        row = self.row(edge.target, iteration)
        self._give(row, slot, token, event)

    def _give(self, row: Row, slot: str, token: Token, event: Event) -> None:
        if slot in row.tokens:
            return
        row.tokens[slot], row.cause = token, event.id
        if token == "ok":
            if "@" in slot:
                row.parts[slot] = dict(event.values)
            else:
                row.values.update(event.values)
                row.count = event.count if event.count is not None else row.count
                row.need = event.need if event.need is not None else row.need
            unite(row.open, event.open)
        if event.outcome == "returning":
            row.unknown = event.broken  # then what comes after the step reads an abort
        if event.failure is not None:
            if token == "abort":
                row.reasons[slot] = event.failure.reason
            if row.failure is None or list(row.tokens.values()).count("abort") == 1:
                row.failure = event.failure
        unite(row.marks, event.marks)
        self.look(row)

    def _backward(self, edge: Edge, event: Event) -> None:
        if edge.way == "past" or not (event.returns or event.outcome == "released"):
            return
        if edge.way == "back" and self.table.nodes[edge.source].kind == "undo":
            self._over(edge, event)
            return
        for row, slot in self._senders(edge, event):
            if slot not in row.sent or slot in row.back:
                continue
            row.back.append(slot)
            row.cause = event.id
            row.ran = row.ran or event.ran
            if event.failure is not None and row.failure is None:
                row.failure = event.failure
            unite(row.marks, event.marks)
            self._keep(row)
            self._returned(self._node(row), row)

    def _over(self, edge: Edge, event: Event) -> None:
        """What comes after an undo item is undone or was refused: now the item has its turn."""
        row = self.row(edge.source, event.iteration)
        if event.outcome == "aborted" or row.state != "waiting":
            return  # what never began says that what is before it has failed, too
        node = self._node(row)
        row.cause, row.failure, row.ran = event.id, event.failure, True
        row.values.update(event.values)
        if node.keyed:
            row.values["saga.key"] = self.course.key
        unite(row.marks, event.marks)
        self.compensate(node, row)

    def _senders(self, edge: Edge, event: Event) -> Iterable[tuple[Row, str]]:
        """The rows that had sent along ``edge`` to the node of ``event``."""
        iteration = event.iteration
        if edge.way == "into":
            return [(self.row(edge.source, iteration[:-1]), f"{edge.name}@{iteration[-1]}")]
        if edge.way == "again":
            before = (*iteration[:-1], iteration[-1] - 1)
            return [(self.row(edge.source, before), edge.name)] if before[-1] >= 0 else []
        if edge.way == "out":
            return [
                (row, edge.name)
                for row in list(self.rows.all(edge.source, iteration))
                if not event.slots or f"{edge.name}@{row.iteration[-1]}" in event.slots
            ]
        if event.slots and edge.name not in event.slots and edge.way != "bypass":
            return []
        if event.outcome == "released" and edge.name not in event.slots:
            return []
        return [(self.row(edge.source, iteration), edge.name)]

    def _take_news(self, event: Event) -> None:
        """A failure elsewhere that ends waits here."""
        if event.outcome == "done":
            heard = self.table.news.get(f"{event.node}!", ())  # a join that has its first N
        elif event.breaks and event.outcome != "aborted":
            heard = self.table.news.get(event.node, ())
        else:
            return
        failure = event.failure or Failure(None, "not_needed")
        for name in heard:
            wait, _, depth = name.partition("@")
            prefix = event.iteration[: int(depth or 0)]
            for row in list(self.rows.all(wait, prefix)):
                if row.state in ("open", "waiting"):
                    row.stopped = failure
                    self._keep(row)
                if row.state == "open":
                    self.fail_for(self._node(row), row, failure)


def _token(edge: Edge, event: Event) -> Token | None:
    """What an event says along an edge; None: nothing."""
    if edge.way == "back":
        return None
    if event.outcome == "done":
        if edge.rule == "handler" or edge.way == "reverse":
            return None
        return "ok" if goes(edge, event.chosen) else "skip"
    if event.outcome == "returning":
        return "ok" if edge.way == "reverse" else None
    if event.outcome == "handling":
        return "ok" if edge.rule == "handler" and edge.label == event.chosen else None
    if edge.rule == "handler" or edge.way == "reverse":
        return None
    if event.breaks:
        return "abort"
    return "skip" if event.outcome == "skipped" else None
