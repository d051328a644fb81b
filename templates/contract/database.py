"""SQLite and Postgres behind one small face: ``?`` marks, rows as tuples, explicit transactions.

``Database`` is for the event loop; ``connect`` blocks and is for commands and single questions.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol

from . import postgres
from .contract import Tx
from .postgres import is_away, is_postgres

__all__ = ["Connection", "Database", "Rows", "Transaction", "connect", "is_postgres", "sqlite_path"]

Rows = list[tuple[Any, ...]]

_BUSY_SECONDS = 0.05
_PATIENCE = 600  # times that a busy SQLite file is asked again: half a minute
_TOGETHER = 50  # transactions of one commit


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
    return _Sqlite(sqlite_path(url), busy)


class _Sqlite:
    def __init__(self, path: str, busy: float) -> None:
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
        return self._connection.execute(sql, tuple(params)).fetchall()

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

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._over = False

    async def execute(self, sql: str, params: Sequence[object] = ()) -> Rows:
        """Runs one statement and returns its rows. Raises what the database raises."""
        return self.execute_sync(sql, params)

    def execute_sync(self, sql: str, params: Sequence[object] = ()) -> Rows:
        """The same, blocking. Raises RuntimeError when the call is over (it timed out, say)."""
        if self._over:
            raise RuntimeError("this call is over and its transaction is closed")
        return self._connection.execute(sql, params)

    def finish(self) -> None:
        """From here on statements are refused."""
        self._over = True


class Group:
    """Transactions on one connection that are committed together.

    Each but the first has a savepoint, so that what it did goes when it fails, and nothing else.
    """

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.to_end = False  # somebody will end it
        self._members: list[asyncio.Future[None]] = []

    def __len__(self) -> int:
        return len(self._members)

    def enter(self) -> None:
        """Another member begins."""
        assert self.connection is not None
        if self._members:
            self.connection.execute("savepoint member")

    def leave(self, why: BaseException) -> None:
        """It has failed because of ``why``; what the others did stays, if the database lets it."""
        assert self.connection is not None
        try:
            if self._members:
                self.connection.execute("rollback to member")
                self.connection.execute("release member")
                return
        except sqlite3.Error:  # the disk is full, say: all of it is rolled back
            pass
        self._break(why)

    def _break(self, why: BaseException) -> None:
        connection, self.connection = self.connection, None
        members, self._members = self._members, []
        if connection is not None:
            connection.close()
        for each in members:
            if not each.done():
                each.set_exception(OSError(f"not committed: {why}"))

    def join(self) -> asyncio.Future[None]:
        """It is done; the future is over when it is committed."""
        assert self.connection is not None
        if self._members:
            try:
                self.connection.execute("release member")
            except BaseException as problem:
                self._break(problem)
                raise
        self._members.append(asyncio.get_running_loop().create_future())
        return self._members[-1]

    def end(self) -> Connection | None:
        """Commits; returns the connection if there was something and it is still good."""
        if self.connection is None:
            return None
        try:
            self.connection.commit()
        except sqlite3.Error as problem:
            self._break(problem)
            return None
        connection, self.connection = self.connection, None
        members, self._members = self._members, []
        for each in members:
            if not each.done():
                each.set_result(None)
        return connection


class Database:
    """A database for use from the event loop.

    SQLite takes one writer at a time: one connection, its statements run in place because they
    are faster than a change of thread; transactions that wait for each other share a commit.
    Postgres has a pool, and several processes may be at one database.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.postgres = is_postgres(url)
        self._pool = postgres.Pool(url) if self.postgres else None
        self._free: list[Connection] = []
        self._turns = asyncio.Semaphore(1)
        self._group = Group()

    def shared(self) -> AbstractAsyncContextManager[Tx]:
        """A transaction that may be committed with others; only for blocks that wait for nobody.

        It is over when it is committed. If it raises, only what it did itself is rolled back.
        """
        return self._together() if self._pool is None else self._pool.transaction()

    def transaction(self) -> AbstractAsyncContextManager[Tx]:
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
    async def _together(self) -> AsyncIterator[Transaction]:
        group = self._group
        async with self._turns:
            connection = group.connection
            if connection is None:
                connection = await self._connection()
                try:
                    await self._patiently(connection.begin)
                except BaseException:
                    connection.close()
                    raise
                group.connection = connection
            tx = Transaction(connection)
            group.enter()
            try:
                yield tx
            except BaseException as problem:
                tx.finish()
                group.leave(problem)
                raise
            tx.finish()
            committed = group.join()
            if len(group) >= _TOGETHER:
                self._end_group()
            elif not group.to_end:
                group.to_end = True
                asyncio.get_running_loop().call_soon(self._end_soon)
        await committed

    def _end_soon(self) -> None:
        """When all that can go on now has had its turn."""
        if self._group.connection is not None and self._turns.locked():
            asyncio.get_running_loop().call_soon(self._end_soon)
            return
        self._group.to_end = False
        self._end_group()

    def _end_group(self) -> None:
        connection = self._group.end()
        if connection is not None:
            self._free.append(connection)

    @asynccontextmanager
    async def _apart(self) -> AsyncIterator[Transaction]:
        async with self._turns:
            self._end_group()
            connection = await self._connection()
            try:
                await self._patiently(connection.begin)
                tx = Transaction(connection)
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
            self._end_group()
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

    async def _connection(self) -> Connection:
        if self._free:
            return self._free.pop()
        opened: Connection = await self._patiently(connect, self.url, _BUSY_SECONDS)
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
