"""The pool of Postgres connections: commits, cancels, threads, a server that goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sagac.templates.contract import postgres
from sagac.templates.contract.database import Database

from .postgres import Server, missing

asyncpg: Any = pytest.importorskip("asyncpg", reason="the driver of Postgres is not installed")

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
]
THINGS = "create table if not exists things (id integer primary key, note text)"
ADD = "insert into things values (?, ?)"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server()
    yield started
    started.stop()


@asynccontextmanager
async def opened(server: Server) -> AsyncIterator[Database]:
    database = Database(server.url("things"))
    try:
        await database.create((THINGS,))
        await database.execute("delete from things")
        yield database
    finally:
        database.close()


def run(server: Server, work: Callable[[Database], Awaitable[None]]) -> None:
    async def main() -> None:
        async with opened(server) as database:
            await work(database)

    asyncio.run(main())


async def ids(database: Database) -> list[int]:
    return [id for (id,) in await database.execute("select id from things order by id")]


@pytest.mark.parametrize(
    ("sql", "numbered", "percents"),
    [
        ("a = ? and b = ?", "a = $1 and b = $2", "a = %s and b = %s"),
        ("note = 'why? 100%' and a = ?", "note = 'why? 100%' and a = $1", "note = 'why? 100%%' and a = %s"),
        ("'it''s ?' || ?", "'it''s ?' || $1", "'it''s ?' || %s"),
        ('"odd?" = ? -- why?', '"odd?" = $1 -- why?', '"odd?" = %s -- why?'),
        ("/* ? */ ? $x$ ? $x$ ?", "/* ? */ $1 $x$ ? $x$ $2", "/* ? */ %s $x$ ? $x$ %s"),
    ],
)  # fmt: skip
def test_marks_become_those_of_the_driver(sql: str, numbered: str, percents: str) -> None:
    assert postgres._numbered(sql) == numbered
    assert postgres._percents(sql) == percents


def test_the_url_is_one_that_the_driver_knows() -> None:
    url = "postgresql+psycopg://u:p@h/d?connect_timeout=3&sslmode=require&keepalives_idle=2"
    assert postgres._without_libpq(url) == "postgresql://u:p@h/d?sslmode=require"


def test_values_come_back_as_they_went(server: Server) -> None:
    async def work(database: Database) -> None:
        await database.create(
            ("create table if not exists kinds (t text, n bigint, d double precision, b bytea)",)
        )
        row = ("ü ? % $1", 2**40, 0.1, b"\x00\xff")
        assert await database.execute("insert into kinds values (?, ?, ?, ?) returning *", row) == [row]  # fmt: skip
        nothing = (None, True, 3, None)
        found = await database.execute("insert into kinds values (?, ?, ?, ?) returning *", nothing)
        assert found == [(None, 1, 3.0, None)]

    run(server, work)


def test_a_block_that_raises_or_is_cancelled_leaves_nothing(server: Server) -> None:
    async def work(database: Database) -> None:
        async def raises() -> None:
            async with database.transaction() as tx:
                await tx.execute(ADD, (1, None))
                raise KeyError

        with pytest.raises(KeyError):
            await raises()
        began = asyncio.Event()

        async def sleeps() -> None:
            async with database.transaction() as tx:
                await tx.execute(ADD, (2, None))
                began.set()
                await tx.execute("select pg_sleep(60)")

        task = asyncio.create_task(sleeps())
        await began.wait()
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await ids(database) == []
        await asyncio.gather(*(database.execute(ADD, (n, None)) for n in range(30)))
        assert await ids(database) == list(range(30))

    run(server, work)


def test_what_failed_inside_is_not_said_to_be_committed(server: Server) -> None:
    async def work(database: Database) -> None:
        async def goes_on() -> None:
            async with database.transaction() as tx:
                await tx.execute(ADD, (1, None))
                with pytest.raises(asyncpg.UniqueViolationError):
                    await tx.execute(ADD, (1, None))

        with pytest.raises(RuntimeError, match="nothing was committed"):
            await goes_on()
        assert await ids(database) == []

    run(server, work)


def test_handlers_that_are_not_async_use_it_from_threads(server: Server) -> None:
    async def work(database: Database) -> None:
        async with database.transaction() as tx:
            await asyncio.to_thread(tx.execute_sync, ADD, (1, "from a thread"))
            await asyncio.gather(*(tx.execute(ADD, (n, None)) for n in range(2, 6)))
            with pytest.raises(RuntimeError, match="await"):
                tx.execute_sync(ADD, (9, None))
        assert await ids(database) == [1, 2, 3, 4, 5]
        with pytest.raises(RuntimeError, match="over"):
            await asyncio.to_thread(tx.execute_sync, ADD, (10, None))

    run(server, work)


def test_a_thread_that_is_late_is_stopped(server: Server) -> None:
    """Its call has timed out: what it still does must not be committed by the next."""

    async def work(database: Database) -> None:
        said: list[BaseException] = []

        def late(tx: Any) -> None:
            try:
                tx.execute_sync("insert into things select 7, pg_sleep(60)::text")
            except BaseException as problem:
                said.append(problem)

        async def call() -> None:
            async with database.transaction() as tx, asyncio.timeout(0.3):
                await asyncio.to_thread(late, tx)

        with pytest.raises(TimeoutError):
            await call()
        while not said:
            await asyncio.sleep(0.01)
        assert isinstance(said[0], RuntimeError)
        assert await ids(database) == []

    run(server, work)


def test_a_server_that_restarts_is_waited_for(server: Server) -> None:
    """What was under way fails, and says that it is the database; what comes later goes on."""

    async def work(database: Database) -> None:
        began = asyncio.Event()

        async def unlucky() -> None:
            async with database.transaction() as tx:
                await tx.execute(ADD, (1, None))
                began.set()
                await tx.execute("select pg_sleep(60)")

        task = asyncio.create_task(unlucky())
        await began.wait()
        await asyncio.to_thread(server.crash)
        with pytest.raises(Exception, match=r".") as raised:
            await task
        assert database.fails(raised.value)
        starting = asyncio.create_task(asyncio.to_thread(server.start))
        assert await ids(database) == []
        async with database.transaction() as tx:
            await tx.execute(ADD, (2, None))
        await starting
        assert await ids(database) == [2]

    run(server, work)


def test_of_two_that_wait_for_each_other_one_is_told_to_come_again(server: Server) -> None:
    async def work(database: Database) -> None:
        await database.execute(ADD, (1, None))
        await database.execute(ADD, (2, None))
        both = asyncio.Barrier(2)

        async def cross(first: int, second: int) -> None:
            sql = "update things set note = 'x' where id = ?"
            async with database.transaction() as tx:
                await tx.execute(sql, (first,))
                await both.wait()
                await tx.execute(sql, (second,))

        ends = await asyncio.gather(cross(1, 2), cross(2, 1), return_exceptions=True)
        failed = [each for each in ends if each is not None]
        assert len(failed) == 1
        assert isinstance(failed[0], asyncpg.DeadlockDetectedError)
        assert database.fails(failed[0])

    run(server, work)


def test_a_fault_of_the_statement_is_not_the_databases(server: Server) -> None:
    async def work(database: Database) -> None:
        for sql, params in (("select nothing", ()), (ADD, ("text", None)), (ADD, (1,))):
            with pytest.raises(Exception, match=r".") as raised:
                await database.execute(sql, params)
            assert not database.fails(raised.value)
        assert await ids(database) == []

    run(server, work)


def test_blocks_of_one_name_are_one_after_another(server: Server) -> None:
    async def work(database: Database) -> None:
        other, inside, most = Database(database.url), [0], [0]

        async def enter(which: Database) -> None:
            async with which.alone("outbox"):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                await asyncio.sleep(0.01)
                inside[0] -= 1

        await asyncio.gather(*(enter(each) for each in (database, other) for _ in range(4)))
        assert most == [1]
        other.close()

    run(server, work)
