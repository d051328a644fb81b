"""One transaction about one saga: what is known of it, what happens to it, what is written of that.

On SQLite many sagas share a transaction; what was worked on lately is still in memory.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ...contract.database import Database, OpenTx
from . import store, tracing
from .calls import Caller, Work
from .machine import Machine
from .mail import take_mail
from .memory import Memory
from .message import Message, message_of
from .nodes import Table
from .tokens import Course, Row

T = TypeVar("T")


@dataclass(slots=True)
class Turn:
    """One transaction about one saga. ``lock``: other processes may be at the database."""

    tx: OpenTx
    machine: Machine
    rows: store.SagaRows
    lock: bool
    written: bool = False  # even if nothing has changed
    begun: list[Work] = field(default_factory=list)
    told: Sequence[Message] = ()

    @property
    def table(self) -> Table:
        """Of the version that the saga runs under."""
        return self.machine.table


Act = Callable[[Turn], Awaitable[T]]


class Turns:
    """The turns of one service; ``tables`` by saga and version."""

    def __init__(
        self, database: Database, tables: Mapping[tuple[str, int], Table], caller: Caller
    ) -> None:
        self.memory = Memory()
        self._database = database
        self._tables = tables
        self._caller = caller
        self._keys: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def take(
        self, table: Table, key: str, act: Act[T], started: float, cause: Message | None
    ) -> tuple[Turn, T]:
        """A turn that is committed, and what ``act`` returned; ``act`` may be run twice."""

        async def work(tx: OpenTx) -> tuple[Turn, T]:
            turn = await self._begin(tx, table, key)
            course = turn.machine.course
            course.started = course.started or started
            if cause is not None:
                tracing.adopt(course, cause.headers)
            found = await act(turn)
            await self._finish(turn)
            self._keep(turn)
            return turn, found

        if not self._database.postgres:
            return await self._database.run(work)
        async with self._one(key):
            return await self._database.run(work)

    @asynccontextmanager
    async def alone(self, table: Table, key: str) -> AsyncIterator[Turn]:
        """A turn that is committed at the end of the block, unless it raises."""
        async with self._one(key):
            async with self._database.transaction() as tx:
                turn = await self._begin(tx, table, key)
                yield turn
                await self._finish(turn)
            self._keep(turn)

    @asynccontextmanager
    async def _locked(self, key: str) -> AsyncIterator[None]:
        async with self._keys[key]:
            yield
        if not self._keys[key].locked():
            self._keys.pop(key, None)

    def _one(self, key: str) -> AbstractAsyncContextManager[None]:
        """Connections that wait for each other's row would be lost for others."""
        return self._locked(key) if self._database.postgres else nullcontext()

    async def _begin(self, tx: OpenTx, table: Table, key: str) -> Turn:
        kept = self.memory.take((table.saga, key), tx.stamp)
        if kept is None:
            lock = self._database.postgres
            course, rows, version = await store.load(tx, table.saga, key, lock=lock)
            table = self._tables.get((table.saga, version or table.version), table)
            kept = Machine(table, rows, course), rows
        turn = Turn(tx, *kept, self._database.postgres)
        turn.machine.begin(time.time())
        return turn

    def _keep(self, turn: Turn) -> None:
        place = (turn.table.saga, turn.machine.course.key)
        self.memory.keep(place, turn.tx.stamp, (turn.machine, turn.rows))

    # What is written

    async def _finish(self, turn: Turn) -> None:
        machine, table = turn.machine, turn.table
        if table.waits:
            await _open_mail(turn)
        for row in list(machine.changed.values()):
            if self._caller.is_free(row, machine.now):
                await self._caller.lease(turn, row)
        course, known = machine.course, turn.rows.course
        now = store.written(course)
        if turn.written or (now != known if known else machine.changed):
            await _save_course(turn, course)
            turn.rows.course = now
        await store.save(turn.tx, table.saga, course.key, machine.changed.values(), turn.rows.read)
        if machine.out:
            await _put_out(turn)


async def _save_course(turn: Turn, course: Course) -> None:
    table, deadline = turn.table, None
    if table.deadline is not None and any(node.judge for node in table.nodes.values()):
        deadline = course.started + table.deadline
    await store.save_course(turn.tx, table.saga, table.version, course, deadline)
    if course.ended:
        await store.free_locks(turn.tx, table.saga, course.key)


async def _put_out(turn: Turn) -> None:
    machine, table = turn.machine, turn.table
    named = ((event, table.names.get(f"{event.node} {event.outcome}")) for event in machine.out)
    turn.told = [
        message_of(event, table.saga, table.version, name, machine.course)
        for event, name in named
        if name is not None
    ]
    await store.put_out(turn.tx, turn.told, machine.now)


async def _open_mail(turn: Turn) -> None:
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
            await _take_mail(turn, row)


async def _take_mail(turn: Turn, row: Row) -> None:
    machine, node = turn.machine, turn.table.nodes[row.node]
    key, known = machine.course.key, machine.known(row)
    for listening in node.events:
        since = row.since if listening.early == "ignore" else machine.course.started
        mail = await take_mail(turn.tx, listening, key, known, since, lock=turn.lock)
        if mail is not None:
            machine.happened(row, listening.event if node.race else None, mail[1], mail[0])
            return
