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
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, Literal, TypeVar

from ...contract.codec import decode, encode
from ...contract.contract import Tx
from ...contract.database import Database
from . import store, tracing
from .bus import Relay, Transport, stop
from .calls import Caller, Work
from .commands import obey
from .mail import take_mail
from .message import BadMessage, Message, Read, read
from .meters import Meters
from .nodes import Table
from .turns import Act, Turn, Turns

T = TypeVar("T")

log = logging.getLogger("saga")

_SWEEP = 1.0  # seconds between two looks for what is due, if nobody rings earlier
_COMMANDS = 0.5  # seconds between two looks for what people have decided
_BATCH = 100


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
        self.turns = Turns(self.database, self.tables, self.caller)
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
        await stop(self._running)
        self.caller.close()
        self.database.close()

    # What comes in

    async def start(
        self, input: Any, *, key: str | None = None, cause: Message | None = None
    ) -> str:
        """Starts a saga with ``input`` (typed) and returns its key; ``key`` is another one.

        A key that runs or has ended is not started again. ``cause`` asked for it: the saga belongs
        to its trace, else to a new one.
        """
        table = self.newest
        assert table.key is not None
        key = key or table.key(input)
        values = {f"input.{name}": value for name, value in encode(input).items()}

        async def begin(turn: Turn) -> None:
            tracing.begin(turn.machine.course, cause.headers if cause else {})
            turn.machine.start(values, cause.id if cause else None)
            turn.machine.course.values = turn.machine.rows.get("start", ()).values

        await self.turn(table, key, begin)
        return key

    async def _start(self, message: Message) -> None:
        try:
            input = decode(self.newest.input or object, json.loads(message.body))
            await self.start(input, cause=message)
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
            told = read(message)
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
            act = partial(_hear, message, told)
            await self.turn(table, told.event.key, act, told.started, message)
        except Exception as problem:
            if self.database.fails(problem):
                raise  # it is delivered again, and the fault is not the message's
            about = {"saga": told.saga, "key": told.event.key, "event": message.subject}
            log.exception("%s cannot be worked on", message.subject, extra=about)
            await self._bury(message, f"{type(problem).__name__}: {problem}")

    async def _end(self, message: Message, table: Table, told: Read) -> None:
        place = (table.saga, told.event.key)

        async def end(tx: Tx) -> None:
            if await store.take_in(tx, message.id, time.time()):
                self.turns.memory.forget(place)
                lock = self.database.postgres
                await store.end(tx, *place, table.version, told.started, lock=lock)

        await self.database.run(end)

    async def _bury(self, message: Message, why: str) -> None:
        log.error("dead letter %s: %s", message.id, why, extra={"event": message.subject})
        await store.bury(self.database, message, why, time.time())

    async def _hear_outside(self, message: Message) -> None:
        event = message.subject.partition(".")[2]
        lock = self.database.postgres
        await self.database.run(lambda tx: store.post(tx, message, event, time.time(), lock=lock))
        for table in self.tables.values():
            await self._tell_waits(table, event, message.headers.get("saga-key"))

    async def _tell_waits(self, table: Table, event: str, key: str | None) -> None:
        sql = """select distinct key from saga_courses where saga = ? and version = ? and ended = 0
        and (cast(? as text) is null or key = ?)"""
        found = await self.database.execute(sql, (table.saga, table.version, key, key))
        for (each,) in found:
            await self.turn(table, str(each), partial(_look_for_mail, event))

    async def cancel(self, key: str) -> bool:
        """Cancels a saga; whether that holds. Only the service of the judge can say."""

        async def cancel(turn: Turn) -> bool:
            return turn.machine.accept("cancelled", "cancelled")

        return await self.turn(self.newest, key, cancel)

    async def resolve(
        self,
        key: str,
        path: str,
        action: Literal["retry", "skip", "done", "failed"],
        reason: str,
        output: dict[str, Any] | None = None,
    ) -> bool:
        """A person's answer about a stuck call; whether there is one at ``path``."""

        async def resolve(turn: Turn) -> bool:
            for row in list(turn.rows.rows.values()):
                undo = "~undo" if row.state == "undoing" else ""
                if row.why is not None and f"{turn.machine.path(row)}{undo}" == path:
                    turn.machine.resolved(row, action, reason, output)
                    return True
            return False

        return await self.turn(self.newest, key, resolve)

    # One transaction

    async def turn(
        self,
        table: Table,
        key: str,
        act: Act[T],
        started: float = 0.0,
        cause: Message | None = None,
    ) -> T:
        """What ``act`` makes of the saga ``key``, once it is committed and what follows is begun.

        ``act`` waits for nothing but its transaction, and may be run again.
        """
        turn, found = await self.turns.take(table, key, act, started, cause)
        self._follow(turn)
        return found

    @asynccontextmanager
    async def alone(self, table: Table, key: str) -> AsyncIterator[Turn]:
        """The same for what waits, as for a handler: nobody else writes until the block ends."""
        async with self.turns.alone(table, key) as turn:
            yield turn
        self._follow(turn)

    def _follow(self, turn: Turn) -> None:
        for work in turn.begun:
            self._tasks.add(asyncio.create_task(self._perform(work)))
        if turn.told:
            self.relay.hand_over(turn.told)
        if any(row.due and row.lease is None for row in turn.machine.changed.values()):
            self._bell.set()

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
                await self.turn(table, due.key, partial(_ring, due))
        for saga, key in await store.overdue(self.database, now):
            table = next(each for (name, _), each in self.tables.items() if name == saga)
            await self.turn(table, key, _time_out)

    async def _perform(self, work: Work) -> None:
        try:
            await self.caller.perform(work)
        finally:
            task = asyncio.current_task()
            assert task is not None
            self._tasks.discard(task)


async def _hear(message: Message, told: Read, turn: Turn) -> None:
    if not await store.take_in(turn.tx, message.id, turn.machine.now):
        return
    if told.event.node == "start" and told.event.outcome == "done":
        turn.machine.course.values = dict(told.event.values)
        turn.written = True  # else a cancel or the deadline would not find the saga
    if told.event.outcome == "accepted":
        turn.written = True  # it may come before all that it forbids
    turn.machine.receive(told.event)


async def _look_for_mail(event: str, turn: Turn) -> None:
    """An event from outside has come: it may be a cancel, or what a wait waits for."""
    machine, cancel = turn.machine, turn.table.cancel
    if cancel is not None and cancel.event == event:
        course = machine.course
        mail = await take_mail(turn.tx, cancel, course.key, course.values, 0.0, lock=turn.lock)
        if mail is not None:
            machine.accept("cancelled", "cancelled", mail[0])
    for row in turn.rows.rows.values():
        if row.state == "open":
            machine.changed[row.node, row.iteration] = row


async def _ring(due: store.Due, turn: Turn) -> None:
    """It is time for a row."""
    row = turn.machine.rows.get(due.node, due.iteration)
    if row.due is None or row.due > turn.machine.now:
        return
    if row.state in ("ready", "undoing"):
        turn.machine.changed[row.node, row.iteration] = row
    else:
        turn.machine.rang(row)


async def _time_out(turn: Turn) -> None:
    turn.machine.accept("timed_out", "deadline")
    turn.written = True  # without the deadline, if it was refused


def heard(table: Table) -> list[str]:
    """The events from outside that a service listens for."""
    names = [each.event for node in table.nodes.values() for each in node.events]
    return [*names, table.cancel.event] if table.cancel is not None else names
