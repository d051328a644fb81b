"""Transactions that share a commit, and what services keep of a saga that others decide about."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sagac.dsl.compile import compile
from sagac.dsl.graph import SagaGraph
from sagac.templates.choreography.runtime.bus import LocalBus
from sagac.templates.choreography.runtime.message import Message
from sagac.templates.contract.contract import Tx
from sagac.templates.contract.database import Database
from tests.choreography.served import Town

SPEC = Path(__file__).resolve().parents[2] / "specs" / "order-fulfilment.saga.yaml"


def graph_at(path: Path) -> SagaGraph:
    """The graph of a spec; other files lie beside it."""
    graph = compile(path.read_bytes(), path.name, lambda n: (path.parent / n).read_bytes()).graph
    assert graph is not None
    return graph


async def opened(path: Path) -> Database:
    database = Database(str(path))
    await database.execute("create table things (id integer primary key)")
    return database


async def add(database: Database, number: int, fails: bool = False) -> None:
    async def work(tx: Tx) -> None:
        await tx.execute("insert into things values (?)", (number,))
        if fails:
            raise ValueError(number)

    await database.run(work)


def commits(database: Database) -> list[str]:
    """Every statement that ends a transaction, from here on."""
    seen: list[str] = []
    (connection,) = database._free
    connection._connection.set_trace_callback(
        lambda sql: seen.append(sql) if sql in ("commit", "ROLLBACK") else None
    )
    return seen


def test_those_that_wait_share_a_commit(tmp_path: Path) -> None:
    async def run() -> None:
        database = await opened(tmp_path / "db")
        seen = commits(database)
        await asyncio.gather(*(add(database, number) for number in range(20)))
        assert seen == ["commit"]
        assert len(await database.execute("select id from things")) == 20
        database.close()

    asyncio.run(run())


@pytest.mark.parametrize("failing", [{0}, {3}, {9}, {0, 1, 9}, set(range(10))])
def test_one_that_fails_takes_no_other_with_it(tmp_path: Path, failing: set[int]) -> None:
    async def run() -> None:
        database = await opened(tmp_path / "db")
        work = (add(database, number, number in failing) for number in range(10))
        found = await asyncio.gather(*work, return_exceptions=True)
        assert {n for n, each in enumerate(found) if isinstance(each, ValueError)} == failing
        kept = {number for (number,) in await database.execute("select id from things")}
        assert kept == set(range(10)) - failing
        database.close()

    asyncio.run(run())


def test_nobody_is_told_done_when_the_commit_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        database = await opened(tmp_path / "db")
        (connection,) = database._free

        def full(self: object) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        monkeypatch.setattr(type(connection), "commit", full)
        work = (add(database, number) for number in range(3))
        found = await asyncio.gather(*work, return_exceptions=True)
        assert all(isinstance(each, sqlite3.OperationalError) for each in found)
        assert await database.execute("select id from things") == []
        monkeypatch.undo()
        await add(database, 7)  # by a new connection
        assert await database.execute("select id from things") == [(7,)]
        database.close()

    asyncio.run(run())


def test_a_transaction_alone_waits_for_the_others(tmp_path: Path) -> None:
    """What it reads is committed, and nobody joins it."""

    async def run() -> None:
        database = await opened(tmp_path / "db")
        other = sqlite3.connect(tmp_path / "db")
        seen: list[int] = []

        async def alone() -> None:
            async with database.transaction() as tx:
                await look(tx)
                await asyncio.sleep(0.01)

        async def look(tx: Tx) -> None:
            ((count,),) = await tx.execute("select count(*) from things")
            seen.extend((count, other.execute("select count(*) from things").fetchone()[0]))

        async def with_others() -> None:
            others = [asyncio.create_task(add(database, number)) for number in (1, 2)]
            await asyncio.sleep(0)  # they are begun
            await asyncio.gather(*others, alone(), add(database, 3))

        await with_others()
        assert seen[0] == seen[1]
        assert len(await database.execute("select id from things")) == 3
        other.close()
        database.close()

    asyncio.run(run())


@pytest.mark.parametrize("plan", [{}, {"charge_payment": "refuse card_declined"}])
def test_who_decides_keeps_that_the_saga_has_ended(tmp_path: Path, plan: dict[str, str]) -> None:
    async def run() -> None:
        async with Town(graph_at(SPEC), tmp_path, LocalBus(), plan) as town:
            await town.start.start({"id": "7", "order_id": "7", "items": []})
            await asyncio.wait_for(town.end("7"), 30)
            sql = "select ended, deadline from saga_courses where key = '7'"
            for service in (town.services["order"], town.services["shipping"]):  # it judges
                for _ in range(200):
                    if await service.database.execute(sql) == [(1, None)]:
                        break
                    await asyncio.sleep(0.05)
                assert await service.database.execute(sql) == [(1, None)], service.name

    asyncio.run(run())


class Early(LocalBus):
    """Carries the start of a saga and nothing else."""

    async def publish(self, messages: Sequence[Message]) -> None:
        await super().publish([each for each in messages if each.subject.endswith(".start-done")])


def test_the_judge_knows_the_deadline_from_the_start(tmp_path: Path) -> None:
    """The shipping service judges it, long before its step is reached."""

    async def run() -> None:
        async with Town(graph_at(SPEC), tmp_path, Early(), {}) as town:
            shipping = town.services["shipping"]
            table = replace(shipping.newest, deadline=60.0)
            shipping.tables[table.saga, table.version] = table
            await town.start.start({"id": "7", "order_id": "7", "items": []})
            sql = "select count(*) from saga_courses where deadline is not null"
            for _ in range(200):
                if await shipping.database.execute(sql) == [(1,)]:
                    return
                await asyncio.sleep(0.02)
            raise AssertionError("shipping does not know of the deadline")

    asyncio.run(run())
