"""Calls of handlers: who calls and until when, what came of it, when it is tried again.

A handler class that names this service's database takes part in its transaction: the effect, the
ledger and what follows are one commit. One that names another database has its record and its fence
there. For all others the row of the ledger is the fence: what is no longer asked for is not called.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from ...contract.calling import invoke, pause
from ...contract.codec import encode
from ...contract.contract import Call, Done, Never, NotYet, Refusal
from ...contract.contract import Failure as Shown
from ...contract.database import Database
from ...contract.ledger import Entry, Ledger
from . import store
from .machine import Machine
from .nodes import Calling, Node, Table
from .rules import about
from .store import Due
from .tokens import Row, State

if TYPE_CHECKING:
    from .service import Service
    from .turns import Turn

log = logging.getLogger("saga")

_FAILED = "%s failed at attempt %d"

_MARGIN = 5.0  # seconds that an attempt may take longer than its timeout before another takes over
_LOCK_PAUSE = 0.2
_WRITTEN = object()


class _RolledBack(Exception):
    """Rolls back what a handler wrote before it refused."""

    def __init__(self, answer: Refusal | Never) -> None:
        super().__init__(answer.reason)
        self.answer = answer


class Caller:
    """Calls the handlers of one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._me = uuid4().hex
        self._ledgers: dict[str, Ledger] = {}

    async def open(self) -> None:
        """Opens the databases that handlers name."""
        for table in self._service.tables.values():
            for calling in (*table.calls.values(), *table.undos.values()):
                url = _database(calling)
                if url is not None and url not in self._ledgers:
                    own = self._service.database
                    self._ledgers[url] = await Ledger.open(own if url == own.url else Database(url))

    def close(self) -> None:
        """Closes them, but for the service's own."""
        for ledger in self._ledgers.values():
            if ledger.database is not self._service.database:
                ledger.database.close()

    # Before a call

    def is_free(self, row: Row, now: float) -> bool:
        """Whether the action of ``row`` is to be called now, and nobody is at it.

        One process serves an SQLite file: what another one had in its hands, it left there.
        """
        if row.state not in ("ready", "undoing") or row.due is None or row.why is not None:
            return False
        left = row.holder != self._me and not self._service.database.postgres
        return row.due <= now and (row.lease is None or row.lease <= now or left)

    async def lease(self, turn: Turn, row: Row) -> None:
        """Takes ``row`` into this process's hands for one attempt, or says what else is to be."""
        node = turn.table.nodes[row.node]
        calling = calling_of(turn.table, node, row)
        again = row.attempts and row.state == "ready" and not row.asking
        if again and not calling.policy.idempotent:
            trouble = Trouble("unknown", "interrupted")
            self._spent(turn.machine, node, row, calling, trouble)
            return
        if row.state == "ready" and not await self._locked(turn, row, calling):
            return
        row.attempts += 1
        course = turn.machine.course
        row.lease = turn.machine.now + calling.policy.timeout + _MARGIN
        row.holder = self._me
        place = Due(turn.table.saga, course.key, row.node, row.iteration, turn.table.version)
        turn.begun.append(
            Work(place, turn.table, node, row, calling, row.state, row.attempts, row.asking)
        )

    async def _locked(self, turn: Turn, row: Row, calling: Calling) -> bool:
        course = turn.machine.course
        for make in calling.locks:
            lock = make(turn.machine.known(row))
            if await store.take_lock(turn.tx, lock.name, lock.key, turn.table.saga, course.key):
                continue
            if lock.conflict == "refuse":
                turn.machine.refused(row, "locked")
            else:
                row.due = turn.machine.now + _LOCK_PAUSE
            return False
        return True

    # The call

    async def perform(self, work: Work) -> None:
        """One attempt; what cannot be written is tried again when its lease is over."""
        try:
            answer = await self._within(work) if self._shares(work) else await self._apart(work)
            if answer is not _WRITTEN:
                await self._write(work, answer)
        except Exception:
            log.exception("%s: the outcome cannot be written", work.key, extra=work.about)

    async def _within(self, work: Work) -> Any:
        """The call as a part of this service's transaction, which then is written."""
        try:
            async with self._service.alone(work.table, work.due.key) as turn:
                row = work.current(turn.machine)
                if row is None:
                    return _WRITTEN
                answer = await self._called(work, turn.tx)
                if isinstance(answer, Refusal | Never):
                    raise _RolledBack(answer)
                await self._take(turn, row, work, answer)
                return _WRITTEN
        except _RolledBack as problem:
            return problem.answer
        except Exception as problem:
            log.warning(_FAILED, work.key, work.attempt, exc_info=True, extra=work.about)
            return _trouble(problem)

    async def _apart(self, work: Work) -> Any:
        """The call outside of this service's database."""
        ledger = self._ledgers.get(_database(work.calling) or "")
        try:
            if ledger is None:
                return await self._called(work, None)
            async with ledger.database.transaction() as tx:
                answer = await self._called(work, tx)
                if isinstance(answer, Refusal):
                    raise _RolledBack(answer)
                return answer
        except _RolledBack as problem:
            return problem.answer
        except Exception as problem:
            log.warning(_FAILED, work.key, work.attempt, exc_info=True, extra=work.about)
            return _trouble(problem)

    async def _called(self, work: Work, tx: Any) -> Any:
        """Calls the handler, unless the ledger in its database knows the answer."""
        ledger = None if tx is None else self._ledgers[_database(work.calling) or ""]
        entry = None if ledger is None else await ledger.look(work.key, tx)
        if entry is not None:
            return _known(entry)
        answer = await self._measured(work, tx)
        if ledger is not None:
            await _note(ledger, work, answer, tx)
        return answer

    async def _measured(self, work: Work, tx: Any) -> Any:
        began, outcome = time.perf_counter(), "failed"
        try:
            async with asyncio.timeout(work.calling.policy.timeout):
                answer = await invoke(work.action, work.request(), work.call(tx))
            outcome = "refused" if isinstance(answer, Refusal) else "done"
            return answer
        finally:
            seconds = time.perf_counter() - began
            step = work.node.path.replace("[{}]", "")
            undo = "~undo" if work.state == "undoing" else ""
            self._service.meters.called(
                work.due.saga, f"{step}{undo}", outcome, seconds, work.attempt
            )

    async def _write(self, work: Work, answer: Any) -> None:
        async def settle(turn: Turn) -> None:
            row = work.current(turn.machine)
            if row is not None:
                await self._take(turn, row, work, answer)

        await self._service.turn(work.table, work.due.key, settle)

    def _shares(self, work: Work) -> bool:
        ledger = self._ledgers.get(_database(work.calling) or "")
        return ledger is not None and ledger.database is self._service.database

    # After a call

    async def _take(self, turn: Turn, row: Row, work: Work, answer: Any) -> None:
        machine = turn.machine
        if isinstance(answer, Trouble):
            self._troubled(machine, row, work, answer)
        elif isinstance(answer, NotYet):
            row.asking, row.lease = False, None
            row.due = machine.now + pause(work.calling.policy.retry, 1)
            machine.changed[row.node, row.iteration] = row
        elif isinstance(answer, Never):
            machine.refused(row, answer.reason or "unknown")
        elif isinstance(answer, Refusal):
            if row.state == "undoing":
                why = f"a compensation cannot refuse ({answer.reason})"
                self._troubled(machine, row, work, Trouble("unknown", why))
            else:
                machine.refused(row, answer.reason, encode(answer) or None)
        else:
            output = encode(answer.output if isinstance(answer, Done) else answer)
            machine.answered(row, output if isinstance(output, dict) else None)

    def _troubled(self, machine: Machine, row: Row, work: Work, trouble: Trouble) -> None:
        machine.changed[row.node, row.iteration] = row
        row.error, row.lease = trouble.error, None
        retry = work.calling.policy.retry
        used_up = retry.attempts is not None and row.attempts >= retry.attempts
        only_once = row.state == "ready" and not work.calling.policy.idempotent
        if row.asking:
            row.due = machine.now + pause(replace(retry, attempts=None), row.attempts)
        elif used_up or only_once:
            self._spent(machine, work.node, row, work.calling, trouble)
        else:
            row.due = machine.now + pause(retry, row.attempts)

    @staticmethod
    def _spent(machine: Machine, node: Node, row: Row, calling: Calling, trouble: Trouble) -> None:
        """The attempts are used up and nobody knows what became of them."""
        if row.state == "undoing" and calling.on_failure == "continue":
            machine.answered(row, mark=machine.call(row))
        elif row.state == "undoing" or node.on_unknown in ("manual", "retry"):
            machine.stuck(row, trouble.error)
        elif node.on_unknown == "query":
            row.asking, row.due = True, machine.now
        else:
            machine.unknown(row, trouble.reason)


@dataclass(slots=True)
class Work:
    """One attempt: how the row is called, and how it was when it was leased."""

    due: Due
    table: Table
    node: Node
    row: Row
    calling: Calling
    state: State
    attempt: int
    asking: bool

    @classmethod
    def of(cls, due: Due, table: Table, node: Node, row: Row, calling: Calling) -> Work:
        """The attempt that begins with ``row`` as it is now."""
        return cls(due, table, node, row, calling, row.state, row.attempts, row.asking)

    @property
    def key(self) -> str:
        """The idempotency key: the same in each attempt."""
        undo = "~undo" if self.state == "undoing" else ""
        return f"{self.due.saga}/{self.due.key}/{self.path}{undo}"

    @property
    def path(self) -> str:
        """How people name the node."""
        return self.node.path.format(*self.row.iteration)

    @property
    def about(self) -> dict[str, Any]:
        """What logs say of it."""
        place = {"saga": self.due.saga, "key": self.due.key, "step": self.path}
        return {**place, "attempt": self.attempt}

    @property
    def action(self) -> Any:
        """What is called: the action, its compensation, or the question what became of it."""
        return self.calling.query if self.asking else self.calling.action

    def request(self) -> Any:
        """The typed request."""
        if self.state == "undoing":
            own = self.row.own if self.row.own or not self.row.unknown else None
            return self.calling.request(self.row.values, own, about(self.row.failure))
        return self.calling.request(self.row.values)

    def call(self, tx: Any) -> Call:
        """What the handler is told besides."""
        failure = self.row.failure
        undoing = self.state == "undoing"
        shown = Shown(failure.step, failure.reason, failure.data) if failure else None
        if undoing and shown is None:
            shown = Shown(None, "not_needed")
        suffix = "~query" if self.asking else "~undo" if undoing else ""
        return Call(
            key=self.key,
            saga=self.due.saga,
            saga_key=self.due.key,
            step=f"{self.path}{suffix}",
            attempt=self.attempt,
            failure=shown if undoing else None,
            tx=tx,
        )

    def current(self, machine: Machine) -> Row | None:
        """The row, if it still waits for this attempt."""
        row = machine.rows.get(self.due.node, self.due.iteration)
        mine = row.state == self.state and row.attempts == self.attempt
        return row if mine and row.due is not None and row.why is None else None


@dataclass(frozen=True, slots=True)
class Trouble:
    """An attempt that ended technically: nobody knows whether it took effect."""

    reason: Literal["unknown", "timeout"]
    error: str


def calling_of(table: Table, node: Node, row: Row) -> Calling:
    """How the action of a row is called now."""
    if row.state == "undoing":
        return table.undos[node.id]
    return table.calls[node.id]


def _database(calling: Calling) -> str | None:
    return getattr(getattr(calling.action, "__self__", None), "database", None)


def _known(entry: Entry) -> Any:
    if entry.done:
        return Done(entry.answer)
    return Never("unknown")  # a tombstone: it came after its compensation


async def _note(ledger: Ledger, work: Work, answer: Any, tx: Any) -> None:
    """The record and the fence, in the transaction of the effect."""
    if isinstance(answer, Never):
        await ledger.bury(work.key, tx)
    elif isinstance(answer, Refusal | NotYet):
        return
    elif work.state == "undoing":
        await ledger.undone(work.key, (work.key.removesuffix("~undo"),), tx)
    else:
        await ledger.done(
            work.key, encode(answer.output if isinstance(answer, Done) else answer), tx
        )


def _trouble(problem: Exception) -> Trouble:
    text = f"{type(problem).__name__}: {problem}" if str(problem) else type(problem).__name__
    if isinstance(problem, TimeoutError):
        return Trouble("timeout", "timed out")
    return Trouble("unknown", text)
