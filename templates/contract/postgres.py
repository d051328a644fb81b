"""Postgres: asyncpg in the event loop, psycopg where nothing is to be waited for with ``await``."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import lru_cache
from itertools import count
from typing import Any
from weakref import WeakSet

Rows = list[tuple[Any, ...]]

_CONNECTIONS = 10
_PATIENCE = 10.0  # seconds in which a server that restarts is waited for
_AGAIN = 0.1
_CONNECT = 10.0  # seconds for one connection
_OVER = "this call is over and its transaction is closed"
_AWAY = ("08", "40", "53", "55", "57", "58")  # classes of SQLSTATE: it is not the statement's fault
_LIBPQ_ONLY = (
    "channel_binding=",
    "connect_timeout=",
    "gssencmode=",
    "keepalives",
    "tcp_user_timeout=",
)
_ALONE = "select pg_advisory_xact_lock(hashtextextended(?, 0))"


def is_postgres(url: str) -> bool:
    """Whether ``url`` names a Postgres database; anything else is the path of an SQLite file."""
    return url.startswith(("postgres://", "postgresql://", "postgresql+psycopg://"))


def is_away(problem: BaseException) -> bool:
    """Whether the server is away, has no room, or has rolled back in favour of another."""
    return isinstance(problem, OSError) or str(getattr(problem, "sqlstate", "")).startswith(_AWAY)


class Connection:
    """One blocking connection; statements outside ``begin`` and ``commit`` stand for themselves."""

    def __init__(self, url: str) -> None:
        import psycopg

        self._connection = psycopg.connect(_plain(url), autocommit=True)

    def execute(self, sql: str, params: Sequence[object] = ()) -> Rows:
        """Runs one statement. Raises psycopg.Error."""
        cursor = self._connection.execute(_percents(sql).encode(), tuple(params))
        return cursor.fetchall() if cursor.description else []

    def begin(self) -> None:
        """Opens a transaction."""
        self._connection.execute("begin")

    def commit(self) -> None:
        """Commits it."""
        self._connection.execute("commit")

    def rollback(self) -> None:
        """Rolls it back."""
        self._connection.execute("rollback")

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()


class Transaction:
    """An open transaction in the event loop; its statements run one after another."""

    stamp: object = None  # other processes may write at any time

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._one = asyncio.Lock()
        self._at_work: asyncio.Task[Any] | None = None
        self._over = False

    async def execute(self, sql: str, params: Sequence[object] = ()) -> Rows:
        """Runs one statement and returns its rows. Raises what asyncpg raises."""
        async with self._one:
            if self._over:
                raise RuntimeError(_OVER)
            self._at_work = asyncio.current_task()
            try:
                return await _fetch(self._connection, sql, params)
            finally:
                self._at_work = None

    def execute_sync(self, sql: str, params: Sequence[object] = ()) -> Rows:
        """The same from a thread. Raises RuntimeError in the event loop, or if the call is over."""
        if asyncio._get_running_loop() is self._loop:
            raise RuntimeError("this handler is async: write `await call.tx.execute(…)`")
        work = asyncio.run_coroutine_threadsafe(self.execute(sql, params), self._loop)
        try:
            return work.result()
        except CancelledError as stopped:
            raise RuntimeError(_OVER) from stopped

    async def finish(self, *, stop: bool = False) -> None:
        """From here on statements are refused; one that a thread still runs ends, or is stopped."""
        self._over = True
        if stop and self._at_work is not None:
            self._at_work.cancel()
        async with self._one:
            pass


class Pool:
    """Some connections to one database. Those that break are replaced when they are asked for."""

    def __init__(self, url: str) -> None:
        self._url = _without_libpq(url)
        self._free: list[Any] = []
        self._opened: WeakSet[Any] = WeakSet()
        self._turns = asyncio.Semaphore(_CONNECTIONS)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Commits at the end of the block; rolls back if it raises or is cancelled.

        Transactions side by side share the server's writes to disk; nothing is to be done for it.
        """
        async with self._connected("begin") as connection:
            tx = Transaction(connection)
            try:
                yield tx
            except BaseException:
                await tx.finish(stop=True)
                with suppress(Exception):  # a connection that is lost rolls back by itself
                    await connection.execute("rollback")
                raise
            await tx.finish()
            with _lost(connection):
                done = await connection.execute("commit")
            if done != "COMMIT":
                raise RuntimeError("a statement failed before, so nothing was committed")

    async def execute(self, sql: str, params: Sequence[object] = ()) -> Rows:
        """One statement, a transaction of its own. Raises what asyncpg raises."""
        async with self._connected() as connection:
            return await _fetch(connection, sql, params)

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[None]:
        """No other process is in a block of this name; the lock falls with the process."""
        async with self.transaction() as tx:
            await tx.execute(_ALONE, (name,))
            yield

    async def create(self, statements: Iterable[str]) -> None:
        """Makes tables that are missing; of several processes that begin at once, one makes them.

        Each is a transaction of its own: it must not hold a table that a service waits for.
        """
        async with self.alone("tables"):
            for sql in statements:
                await self.execute(sql)

    def close(self) -> None:
        """Closes what is open."""
        for each in list(self._opened):
            if not each.is_closed():
                each.terminate()
        self._free.clear()

    @asynccontextmanager
    async def _connected(self, first: str | None = None) -> AsyncIterator[Any]:
        async with self._turns:
            connection = await self._live(first)
            try:
                yield connection
            finally:
                if connection.is_closed() or connection.is_in_transaction():
                    connection.terminate()  # what it was at goes with it
                else:
                    self._free.append(connection)

    async def _live(self, first: str | None) -> Any:
        """A connection that has said ``first``. Raises what the last attempt raised."""
        until = asyncio.get_running_loop().time() + _PATIENCE
        while True:
            used = bool(self._free)
            try:
                connection = self._free.pop() if used else await self._open()
                if not connection.is_closed():
                    return await _begun(connection, first)
            except Exception as problem:
                late = asyncio.get_running_loop().time() > until
                if not is_away(problem) or late:
                    raise
            if not used:
                await asyncio.sleep(_AGAIN)

    async def _open(self) -> Any:
        import asyncpg  # type: ignore[import-untyped,unused-ignore]

        connection = await asyncpg.connect(self._url, timeout=_CONNECT)
        self._opened.add(connection)
        return connection


async def _begun(connection: Any, first: str | None) -> Any:
    try:
        if first is not None:
            await connection.execute(first)
    except BaseException:
        connection.terminate()
        raise
    return connection


async def _fetch(connection: Any, sql: str, params: Sequence[object]) -> Rows:
    with _lost(connection):
        return [tuple(row) for row in await connection.fetch(_numbered(sql), *params)]


@contextmanager
def _lost(connection: Any) -> Iterator[None]:
    """What asyncpg says of a closed connection is told as what it is."""
    try:
        yield
    except Exception as problem:
        if connection.is_closed() and not is_away(problem):
            raise ConnectionError("the connection to the database was lost") from problem
        raise


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _without_libpq(url: str) -> str:
    """Without the parameters that only psycopg knows; asyncpg would send them to the server."""
    base, mark, query = _plain(url).partition("?")
    known = [each for each in query.split("&") if not each.startswith(_LIBPQ_ONLY)]
    return f"{base}{mark}{'&'.join(known)}"


# what stands in quotes, in comments and between dollars is text
_TEXT = re.compile(
    r"""('(?:[^']|'')*'|"[^"]*"|--[^\n]*|/\*.*?\*/|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)""", re.DOTALL
)


@lru_cache(512)
def _numbered(sql: str) -> str:
    """asyncpg writes ``$1`` for the first ``?``."""
    numbers = count(1)
    return _marked(sql, lambda _: f"${next(numbers)}")


@lru_cache(512)
def _percents(sql: str) -> str:
    """psycopg writes ``%s`` for ``?``, and ``%%`` for ``%``."""
    return _marked(sql.replace("%", "%%"), lambda _: "%s")


def _marked(sql: str, mark: Callable[[re.Match[str]], str]) -> str:
    found, at = [], 0
    for text in _TEXT.finditer(sql):
        found += [re.sub(r"\?", mark, sql[at : text.start()]), text[0]]
        at = text.end()
    return "".join([*found, re.sub(r"\?", mark, sql[at:])])
