"""One service of a choreographed saga: hears events, calls handlers, tells what came of it.

What happens to a saga here is one transaction: inbox, ledger, mail, outbox. An action that has no
part in this database runs between two: the first says who calls and until when, the second takes
effect only if that still holds. What crashes in between is taken up when its time is over.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from ...contract.codec import DecodeError, decode, encode
from ...contract.database import Database
from . import store
from .bus import Relay, Transport
from .calls import Caller, Work
from .commands import obey
from .machine import Machine
from .message import BadMessage, Message, Read, message_of, read
from .meters import Meters
from .nodes import Listening, Table
from .tokens import Course, Row

log = logging.getLogger("saga")

_SWEEP = 1.0  # seconds between two looks for what is due, if nobody rings earlier
_COMMANDS = 0.5  # seconds between two looks for what people have decided
_BATCH = 100


@dataclass
class Turn:
    """One transaction about one saga."""

    tx: Any
    table: Table
    machine: Machine
    rows: store.SagaRows
    cause: Message | None = None
    written: bool = False  # even if nothing has changed
    begun: list[Work] = field(default_factory=list)


class Service:
    """Plays the nodes of one service; ``tables`` are the versions whose sagas may run."""

    def __init__(self, tables: Sequence[Table], url: str, transport: Transport) -> None:
        # by saga and version
        self.tables = {(each.saga, each.version): each for each in tables}
        self.newest = max(tables, key=lambda each: each.version)
        self.name = self.newest.service
        self.database = Database(url)
        self.transport = transport
        self.relay = Relay(self.database, transport)
        self.caller = Caller(self)
        self.meters = Meters()
        self.turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._bell = asyncio.Event()
        self._obeyed = 0.0
        self._tasks: set[asyncio.Task[Any]] = set()
        self._running: list[asyncio.Task[None]] = []

    # Life

    async def open(self) -> None:
        """Makes the tables and begins to listen and to work."""
        await store.open(self.database, self.name)
        if not self.database.postgres:
            await self.database.execute("update saga_nodes set lease = null")
        await self.caller.open()
        subjects = {f"{t.saga}.{name}": None for t in self.tables.values() for name in t.hears}
        outside = {f"outside.{name}": None for t in self.tables.values() for name in heard(t)}
        starts = {f"{t.saga}.start": None for t in self.tables.values() if "start" in t.nodes}
        await self.transport.subscribe(self.name, [*starts, *subjects, *outside], self.receive)
        self._running = [
            asyncio.create_task(self._sweep()),
            asyncio.create_task(self.relay.run()),
        ]

    async def close(self) -> None:
        """Lets calls that run come to an end, then stops."""
        for each in self._running[:1]:
            each.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=30)
        await self.relay.drain()
        for each in self._running:
            each.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self.database.close()

    # What comes in

    async def start(self, input: Any, *, key: str | None = None) -> str:
        """Starts a saga with ``input`` (typed) and returns its key; ``key`` is another one.

        A key that runs or has ended is not started again.
        """
        table = self.newest
        assert table.key is not None
        key = key or table.key(input)
        async with self.turn(table, key) as turn:
            plain = encode(input)
            turn.machine.start({f"input.{name}": value for name, value in plain.items()})
            turn.machine.course.values = turn.machine.rows.get("start", ()).values
        return key

    async def _start(self, message: Message) -> None:
        try:
            await self.start(decode(self.newest.input or object, json.loads(message.body)))
        except (ValueError, LookupError, TypeError) as problem:
            await self._bury(message, f"no input of {self.newest.saga}: {problem}")

    async def receive(self, message: Message) -> None:
        """One message of the transport; returns when it is in the database.

        Raises what the database raises when it cannot write now.
        """
        if message.subject.startswith("outside."):
            await self._hear_outside(message)
            return
        if message.subject == f"{self.newest.saga}.start":
            await self._start(message)
            return
        try:
            told = read(message.body)
            table = self.tables.get((told.saga, told.version))
            if table is None:
                raise BadMessage(f"no version {told.version} of {told.saga} here")
        except BadMessage as problem:
            await self._bury(message, str(problem))
            return
        try:
            if told.event.outcome == "ended" and "end" not in table.nodes:
                await self._end(message, table, told)
                return
            async with self.turn(table, told.event.key, told.started, message) as turn:
                if not await store.take_in(turn.tx, message.id, time.time()):
                    return
                if told.event.node == "start" and told.event.outcome == "done":
                    turn.machine.course.values = dict(told.event.values)
                    turn.written = True  # else a cancel or the deadline would not find the saga
                if told.event.outcome == "accepted":
                    turn.written = True  # it may come before all that it forbids
                turn.machine.receive(told.event)
        except Exception as problem:
            if self.database.fails(problem):
                raise  # it is delivered again, and the fault is not the message's
            about = {"saga": told.saga, "key": told.event.key, "event": message.subject}
            log.exception("%s cannot be worked on", message.subject, extra=about)
            await self._bury(message, f"{type(problem).__name__}: {problem}")

    async def _end(self, message: Message, table: Table, told: Read) -> None:
        async with self.turns[told.event.key], self.database.shared() as tx:
            if await store.take_in(tx, message.id, time.time()):
                place, lock = (table.saga, told.event.key), self.database.postgres
                await store.end(tx, *place, table.version, told.started, lock=lock)
        self._forget(told.event.key)

    async def _bury(self, message: Message, why: str) -> None:
        log.error("dead letter %s: %s", message.id, why, extra={"event": message.subject})
        await store.bury(self.database, message, why, time.time())

    async def _hear_outside(self, message: Message) -> None:
        event = message.subject.partition(".")[2]
        async with self.database.shared() as tx:
            await store.post(tx, message, event, time.time(), lock=self.database.postgres)
        for table in self.tables.values():
            await self._tell_waits(table, event, message.headers.get("saga-key"))

    async def _tell_waits(self, table: Table, event: str, key: str | None) -> None:
        sql = """select distinct key from saga_courses where saga = ? and version = ? and ended = 0
        and (cast(? as text) is null or key = ?)"""
        found = await self.database.execute(sql, (table.saga, table.version, key, key))
        for (each,) in found:
            async with self.turn(table, str(each)) as turn:
                if table.cancel is not None and table.cancel.event == event:
                    await self._cancel(turn, table.cancel)
                for row in turn.machine.rows.rows.values():  # type: ignore[attr-defined]
                    if row.state == "open":
                        turn.machine.changed[row.node, row.iteration] = row

    async def _cancel(self, turn: Turn, cancel: Listening) -> None:
        values = turn.machine.course.values
        if await self._mail(turn, cancel, values, 0.0) is not None:
            turn.machine.accept("cancelled", "cancelled")

    async def cancel(self, key: str) -> bool:
        """Cancels a saga; whether that holds. Only the service of the judge can say."""
        async with self.turn(self.newest, key) as turn:
            return turn.machine.accept("cancelled", "cancelled")

    async def resolve(
        self,
        key: str,
        path: str,
        action: Literal["retry", "skip", "done", "failed"],
        reason: str,
        output: dict[str, Any] | None = None,
    ) -> bool:
        """A person's answer about a stuck call; whether there is one at ``path``."""
        async with self.turn(self.newest, key) as turn:
            for row in list(turn.machine.rows.rows.values()):  # type: ignore[attr-defined]
                undo = "~undo" if row.state == "undoing" else ""
                if row.why is not None and f"{turn.machine.path(row)}{undo}" == path:
                    turn.machine.resolved(row, action, reason, output)
                    return True
        return False

    # One transaction

    @asynccontextmanager
    async def turn(
        self,
        table: Table,
        key: str,
        started: float = 0.0,
        cause: Message | None = None,
        *,
        alone: bool = False,
    ) -> AsyncIterator[Turn]:
        """The saga ``key`` in a transaction; what the machine did is written at its end.

        ``alone``: a handler is called in it, so no other may wait for its commit.
        """
        apart = self.database.transaction if alone else self.database.shared
        async with self.turns[key], apart() as tx:
            course, rows, version = await store.load(
                tx, table.saga, key, lock=self.database.postgres
            )
            table = self.tables.get((table.saga, version or table.version), table)
            course.started = course.started or started
            turn = Turn(tx, table, Machine(table, rows, course, time.time()), rows, cause)
            yield turn
            await self._finish(turn)
        self._forget(key)
        for work in turn.begun:
            self._spawn(self.caller.perform(work))
        self.relay.wake()
        if any(row.due and row.lease is None for row in turn.machine.changed.values()):
            self._bell.set()

    def _forget(self, key: str) -> None:
        if not self.turns[key].locked():
            self.turns.pop(key, None)

    async def _finish(self, turn: Turn) -> None:
        machine, table = turn.machine, turn.table
        await self._open_mail(turn)
        for row in list(machine.changed.values()):
            if self.caller.is_free(row, machine.now):
                await self.caller.lease(turn, row)
        course = machine.course
        known = turn.rows.course or Course(course.key)
        begins = turn.rows.course is None and bool(machine.changed)
        if turn.written or begins or course != known:
            await self._save_course(turn, course)
        await store.save(turn.tx, table.saga, course.key, machine.changed.values(), turn.rows.read)
        if machine.out:
            await self._put_out(turn)

    @staticmethod
    async def _save_course(turn: Turn, course: Course) -> None:
        table, deadline = turn.table, None
        if table.deadline is not None and any(node.judge for node in table.nodes.values()):
            deadline = course.started + table.deadline
        await store.save_course(turn.tx, table.saga, table.version, course, deadline)
        if course.ended:
            await store.free_locks(turn.tx, table.saga, course.key)

    @staticmethod
    async def _put_out(turn: Turn) -> None:
        machine, table = turn.machine, turn.table
        named = ((event, table.names.get(f"{event.node} {event.outcome}")) for event in machine.out)
        messages = [
            message_of(event, table.saga, table.version, name, machine.course.started, turn.cause)
            for event, name in named
            if name is not None
        ]
        await store.put_out(turn.tx, messages, machine.now)

    async def _open_mail(self, turn: Turn) -> None:
        """What was sent from outside before a wait was reached."""
        machine = turn.machine
        looked: set[tuple[str, Any]] = set()
        while True:
            waits = [
                row
                for place, row in machine.changed.items()
                if row.state == "open" and row.why is None and place not in looked
            ]
            if not waits:
                return
            for row in waits:
                looked.add((row.node, row.iteration))
                await self._take_mail(turn, row)

    async def _take_mail(self, turn: Turn, row: Row) -> None:
        node = turn.table.nodes[row.node]
        for listening in node.events:
            since = row.since if listening.early == "ignore" else turn.machine.course.started
            data = await self._mail(turn, listening, turn.machine.known(row), since)
            if data is not None:
                turn.machine.happened(row, listening.event if node.race else None, data)
                return

    async def _mail(
        self, turn: Turn, listening: Listening, values: Mapping[str, Any], since: float
    ) -> dict[str, Any] | None:
        key = turn.machine.course.key
        if self.database.postgres:
            await store.hold(turn.tx, store.MAIL, shared=True)
        sql = """select id, data from saga_mail where event = ? and taken is null and at >= ?
        and (key is null or key = ?) order by at"""
        for id, text in await turn.tx.execute(sql, (listening.event, since, key)):
            try:
                data = decode_json(listening, text)
            except DecodeError as problem:
                await turn.tx.execute(_SPOILT, (str(problem), id))
                continue
            fits = listening.match is None or listening.match(data, values)
            if fits and await turn.tx.execute(_TAKEN, (key, id)):
                return dict(encode(data) or {})
        return None

    # What is due

    async def _sweep(self) -> None:
        while True:
            self._bell.clear()
            try:
                await self._work_off()
                pause = await self._pause()
            except Exception:
                log.exception("what is due cannot be looked up")
                pause = _SWEEP
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._bell.wait()

    async def _pause(self) -> float:
        later = await store.next_due(self.database)
        return _SWEEP if later is None else min(max(later - time.time(), 0.005), _SWEEP)

    async def _work_off(self) -> None:
        now = time.time()
        if now - self._obeyed >= _COMMANDS:
            self._obeyed = now
            await obey(self)
        for due in await store.due(self.database, now, _BATCH):
            table = self.tables.get((due.saga, due.version))
            if table is not None:
                async with self.turn(table, due.key) as turn:
                    self._ring(turn, turn.machine.rows.get(due.node, due.iteration))
        for saga, key in await store.overdue(self.database, now):
            table = next(each for (name, _), each in self.tables.items() if name == saga)
            async with self.turn(table, key) as turn:
                turn.machine.accept("timed_out", "deadline")
                turn.written = True  # without the deadline, if it was refused

    @staticmethod
    def _ring(turn: Turn, row: Row) -> None:
        if row.due is None or row.due > turn.machine.now:
            return
        if row.state in ("ready", "undoing"):
            turn.machine.changed[row.node, row.iteration] = row
        else:
            turn.machine.rang(row)

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


_SPOILT = "update saga_mail set taken = ? where id = ?"
_TAKEN = "update saga_mail set taken = ? where id = ? and taken is null returning id"


def heard(table: Table) -> list[str]:
    """The events from outside that a service listens for."""
    names = [each.event for node in table.nodes.values() for each in node.events]
    return [*names, table.cancel.event] if table.cancel is not None else names


def decode_json(listening: Listening, text: str) -> Any:
    """The data of an event from outside. Raises DecodeError."""
    try:
        plain = json.loads(text or "null")
    except ValueError as problem:
        raise DecodeError("", f"no JSON: {problem}") from None
    return decode(listening.data, plain)
