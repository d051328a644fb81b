"""SQLite and Postgres behind one small face: ``?`` marks, rows as tuples, explicit transactions.

``Database`` is for the event loop; ``connect`` blocks and is for commands and single questions.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Protocol, TypeVar

from . import postgres
from .contract import Tx
from .postgres import is_away, is_postgres

__all__ = ["Connection", "Database", "Rows", "Transaction", "connect", "is_postgres", "sqlite_path"]

log = logging.getLogger("saga")

T = TypeVar("T")
Rows = list[tuple[Any, ...]]

_BUSY_SECONDS = 0.05
_PATIENCE = 600  # times that a busy SQLite file is asked again: half a minute
_TOGETHER = 50  # jobs of one commit
_OVER = "this call is over and its transaction is closed"


class OpenTx(Tx, Protocol):
    """An open transaction of the event loop."""

    @property
    def stamp(self) -> object:
        """Another one than before if somebody else has written since; None: nobody can tell."""


class Connection(Protocol):
    """One connection. Statements outside ``begin`` and ``commit`` are transactions of their own."""

    def execute(self, sql: str, params: Sequence[object] = ()) -> Rows: ...
    def begin(self) -> None: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def close(self) -> None: ...


def sqlite_path(url: str) -> str:
    """The path in ``sqlite:///path``; a plain path is returned as it is."""
    return url.removeprefix("sqlite:///")


def connect(url: str, busy: float = 30.0) -> Connection:
    """Opens ``url``; a busy SQLite file is waited for so many seconds.

    Raises OSError, sqlite3.Error or psycopg.Error if that fails.
    """
    if is_postgres(url):
        return postgres.Connection(url)
    return Sqlite(sqlite_path(url), busy)


_numbers = count()


class Sqlite:
    """A connection to a file. Raises sqlite3.Error."""

    def __init__(self, path: str, busy: float) -> None:
        self._number = next(_numbers)
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(
            path, timeout=busy, isolation_level=None, check_same_thread=False
        )
        try:
            self._to_wal(time.monotonic() + busy)
            self._connection.execute("pragma synchronous=normal")
        except BaseException:
            self._connection.close()
            raise

    def _to_wal(self, until: float) -> None:
        """For the change of mode itself SQLite does not wait while another has the file."""
        while True:
            try:
                self._connection.execute("pragma journal_mode=wal")
                return
            except sqlite3.OperationalError as problem:
                if "locked" not in str(problem) or time.monotonic() > until:
                    raise
                time.sleep(0.005)

    def execute(self, sql: str, params: Sequence[object] = ()) -> Rows:
        return self._connection.execute(sql, params).fetchall()

    def stamp(self) -> object:
        """Another one if another connection has written."""
        (version,) = self._connection.execute("pragma data_version").fetchone()
        return (self._number, version)

    def begin(self) -> None:
        self._connection.execute("begin immediate")

    def commit(self) -> None:
        self._connection.execute("commit")

    def rollback(self) -> None:
        self._connection.rollback()

    def close(self) -> None:
        self._connection.close()


class Transaction:
    """What a handler gets as ``call.tx``. It refuses to work after its call is over."""

    def __init__(self, connection: Sqlite, rolled_back: int) -> None:
        self._connection = connection
        self._over = False
        self._rolled_back = rolled_back
        self._stamp: object = None

    async def execute(self, sql: str, params: Sequence[object] = ()) -> Rows:
        """Runs one statement and returns its rows. Raises what the database raises."""
        if self._over:
            raise RuntimeError(_OVER)
        return self._connection.execute(sql, params)

    def execute_sync(self, sql: str, params: Sequence[object] = ()) -> Rows:
        """The same, blocking. Raises RuntimeError when the call is over (it timed out, say)."""
        if self._over:
            raise RuntimeError(_OVER)
        return self._connection.execute(sql, params)

    @property
    def stamp(self) -> object:
        """Of the database when it began; to be asked for before it is over."""
        if self._stamp is None:
            self._stamp = (self._rolled_back, self._connection.stamp())
        return self._stamp

    def finish(self) -> None:
        """From here on statements are refused."""
        self._over = True


@dataclass(slots=True)
class _Job:
    """What wants to be a part of a transaction, and who waits for that."""

    work: Callable[[OpenTx], Coroutine[Any, Any, Any]]
    over: asyncio.Future[Any]

    def end(self, value: Any) -> None:
        if not self.over.done():
            self.over.set_result(value)

    def fail(self, problem: BaseException) -> None:
        if not self.over.done():
            self.over.set_exception(problem)


def _done_at_once(work: Coroutine[Any, Any, T]) -> T:
    """What ``work`` returns. Raises RuntimeError if it waits for something."""
    try:
        work.send(None)
    except StopIteration as done:
        found: T = done.value
        return found
    work.close()
    raise RuntimeError("what shares a transaction must wait for nothing but that")


class Database:
    """A database for use from the event loop.

    SQLite takes one writer at a time: one connection, its statements run in place because they
    are faster than a change of thread; jobs that wait for each other share a transaction.
    Postgres has a pool, and several processes may be at one database.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.postgres = is_postgres(url)
        self._pool = postgres.Pool(url) if self.postgres else None
        self._free: list[Sqlite] = []
        self._turns = asyncio.Semaphore(1)
        self._jobs: list[_Job] = []
        self._clerk: asyncio.Task[None] | None = None
        self._rolled_back = 0

    async def run(self, work: Callable[[OpenTx], Coroutine[Any, Any, T]]) -> T:
        """What ``work`` returns, once it is committed; raises what it raises.

        Those that wait for each other share a transaction, so ``work`` waits for nothing but its
        ``tx``, and may be run again: if one fails, each has a transaction of its own.
        """
        if self._pool is not None:
            async with self._pool.transaction() as tx:
                return await work(tx)
        job = _Job(work, asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        if self._clerk is None:
            self._clerk = asyncio.create_task(self._work_off())
        found: T = await job.over
        return found

    async def _work_off(self) -> None:
        try:
            while self._jobs:
                async with self._turns:
                    jobs = self._jobs[:_TOGETHER]
                    del self._jobs[:_TOGETHER]
                    await self._together(jobs)
        finally:
            self._clerk = None

    async def _together(self, jobs: Sequence[_Job]) -> None:
        try:
            found = await self._committed(jobs)
        except sqlite3.OperationalError as problem:  # locked, full: that is nobody's fault
            for each in jobs:
                each.fail(problem)
            return
        except Exception as problem:
            if len(jobs) == 1:
                jobs[0].fail(problem)
                return
            log.debug("of %d transactions in one, one failed", len(jobs), exc_info=True)
            for each in jobs:
                await self._together([each])
            return
        for each, value in zip(jobs, found, strict=True):
            each.end(value)

    async def _committed(self, jobs: Sequence[_Job]) -> list[Any]:
        connection = await self._connection()
        try:
            await self._patiently(connection.begin)
            tx = Transaction(connection, self._rolled_back)
            found = [_done_at_once(each.work(tx)) for each in jobs]
            tx.finish()
            connection.commit()
        except BaseException:
            self._rolled_back += 1
            connection.close()
            raise
        self._free.append(connection)
        return found

    def transaction(self) -> AbstractAsyncContextManager[OpenTx]:
        """Commits at the end of the block; rolls back if it raises or is cancelled."""
        return self._apart() if self._pool is None else self._pool.transaction()

    def alone(self, name: str) -> AbstractAsyncContextManager[None]:
        """A block that no other process at this database is in; an SQLite file has only one."""
        return nullcontext() if self._pool is None else self._pool.alone(name)

    async def create(self, statements: Iterable[str]) -> None:
        """Makes the tables that are missing."""
        if self._pool is not None:
            await self._pool.create(statements)
            return
        for sql in statements:
            await self.execute(sql)

    @asynccontextmanager
    async def _apart(self) -> AsyncIterator[Transaction]:
        async with self._turns:
            connection = await self._connection()
            try:
                await self._patiently(connection.begin)
                tx = Transaction(connection, self._rolled_back)
                try:
                    yield tx
                except BaseException:
                    tx.finish()
                    connection.rollback()
                    raise
                tx.finish()
                connection.commit()
            except BaseException:
                connection.close()
                raise
            self._free.append(connection)

    async def execute(self, sql: str, params: Sequence[object] = ()) -> Rows:
        """One statement, a transaction of its own."""
        if self._pool is not None:
            return await self._pool.execute(sql, params)
        if self._free and not self._turns.locked():
            try:
                return self._free[-1].execute(sql, params)
            except sqlite3.OperationalError as problem:
                if "locked" not in str(problem):
                    raise
        async with self._turns:
            connection = await self._connection()
            try:
                rows: Rows = await self._patiently(connection.execute, sql, params)
            except BaseException:
                connection.close()
                raise
            self._free.append(connection)
            return rows

    def fails(self, problem: Exception) -> bool:
        """Whether it is the database that cannot work now: away, locked, full."""
        return is_away(problem) or isinstance(problem, sqlite3.OperationalError)

    async def _connection(self) -> Sqlite:
        if self._free:
            return self._free.pop()
        opened: Sqlite = await self._patiently(Sqlite, sqlite_path(self.url), _BUSY_SECONDS)
        return opened

    def close(self) -> None:
        """Closes what is open."""
        if self._pool is not None:
            self._pool.close()
        while self._free:
            self._free.pop().close()

    async def _patiently(self, function: Any, *arguments: Any) -> Any:
        for _ in range(_PATIENCE):
            try:
                return function(*arguments)
            except sqlite3.OperationalError as problem:
                if "locked" not in str(problem):
                    raise
                await asyncio.sleep(0)
        return function(*arguments)
