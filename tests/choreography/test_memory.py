"""What a service keeps in memory is what its database says; what it sends is what was committed."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest

from sagac.templates.choreography.runtime import store
from sagac.templates.choreography.runtime.bus import LocalBus, Relay
from sagac.templates.choreography.runtime.message import Message
from sagac.templates.choreography.runtime.service import Service
from sagac.templates.choreography.runtime.turns import Turn
from sagac.templates.contract.database import Database, OpenTx

from .served import Town
from .test_shared_commits import SPEC, Early, graph_at


def begun(folder: Path, look: Callable[[Service], Coroutine[Any, Any, None]]) -> None:
    """Lets ``look`` at the service that has started the saga 7, which nobody else has heard of."""

    async def run() -> None:
        async with Town(graph_at(SPEC), folder, Early(), {}) as town:
            await town.start.start({"id": "7", "order_id": "7", "items": []})
            await asyncio.sleep(0.2)  # its first call is over
            await look(town.start)

    asyncio.run(run())


async def started(turn: Turn) -> float:
    return turn.machine.course.started


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the sagas that are read from a database."""
    seen: list[str] = []
    load = store.load

    async def counted(tx: Any, saga: str, key: str, *, lock: bool) -> Any:
        seen.append(key)
        return await load(tx, saga, key, lock=lock)

    monkeypatch.setattr(store, "load", counted)
    return seen


def test_a_saga_is_not_read_again(tmp_path: Path, loads: list[str]) -> None:
    async def look(service: Service) -> None:
        await service.turn(service.newest, "7", started)
        loads.clear()
        await service.turn(service.newest, "7", started)
        assert loads == []

    begun(tmp_path, look)


def test_what_somebody_else_wrote_is_seen(tmp_path: Path) -> None:
    async def look(service: Service) -> None:
        assert await service.turn(service.newest, "7", started) != 1.0
        with sqlite3.connect(service.database.url, timeout=30) as other:
            ((text,),) = other.execute("select data from saga_courses where key = '7'").fetchall()
            changed = json.dumps({**json.loads(text), "started": 1.0})
            other.execute("update saga_courses set data = ? where key = '7'", (changed,))
        other.close()
        assert await service.turn(service.newest, "7", started) == 1.0

    begun(tmp_path, look)


def test_nothing_is_left_of_a_turn_that_fails(tmp_path: Path) -> None:
    """Nor of one that shared its transaction, and is taken again."""

    async def change(turn: Turn) -> None:
        turn.machine.course.started += 1000.0

    async def fail(turn: Turn) -> None:
        raise ValueError("no")

    async def look(service: Service) -> None:
        before = await service.turn(service.newest, "7", started)
        turns = [
            service.turn(service.newest, key, act) for key, act in (("7", change), ("8", fail))
        ]
        found = await asyncio.gather(*turns, return_exceptions=True)
        assert [type(each) for each in found] == [type(None), ValueError]
        assert await service.turn(service.newest, "7", started) == before + 1000.0

    begun(tmp_path, look)


class Away(LocalBus):
    """A broker that is away for the first ``times``; ``told`` is what it has."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times
        self.told: list[str] = []

    async def publish(self, messages: Sequence[Message]) -> None:
        """See Transport."""
        if self.times:
            self.times -= 1
            raise ConnectionError("away")
        self.told += [each.id for each in messages]


def test_on_the_local_bus_one_problem_lets_the_others_come_to_an_end() -> None:
    heard: list[str] = []

    async def fails(message: Message) -> None:
        raise OSError(message.id)

    async def takes_long(message: Message) -> None:
        await asyncio.sleep(0.01)
        heard.append(message.id)

    async def run() -> None:
        bus = LocalBus()
        await bus.subscribe("one", ["saga.Event"], fails)
        await bus.subscribe("two", ["saga.Event"], takes_long)
        with pytest.raises(OSError, match="a"):
            await bus.publish([Message(id, "saga.Event", b"{}") for id in ("a", "b")])
        assert heard == ["a", "b"]

    asyncio.run(run())


async def put_out(database: Database, *ids: str) -> list[Message]:
    """Messages in the outbox."""
    messages = [Message(id, "saga.Event", b"{}") for id in ids]

    async def work(tx: OpenTx) -> None:
        await store.put_out(tx, messages, 0.0)

    await database.run(work)
    return messages


@pytest.mark.parametrize("times", [0, 1, 2])
def test_what_is_committed_is_sent_in_its_order_and_goes(tmp_path: Path, times: int) -> None:
    """What a crash left, what is handed over, and what could not be sent at first."""

    async def run() -> None:
        database, bus = Database(str(tmp_path / "db")), Away(times)
        await database.create(store.tables(postgres=False))
        relay = Relay(database, bus)
        await put_out(database, "left")
        running = asyncio.create_task(relay.run())
        for id in ("a", "b"):
            relay.hand_over(await put_out(database, id))
            await asyncio.sleep(0.02)
        async with asyncio.timeout(20):
            while await database.execute("select 1 from saga_outbox"):
                await asyncio.sleep(0.02)
        assert list(dict.fromkeys(bus.told)) == ["left", "a", "b"]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        database.close()

    asyncio.run(run())


def test_more_than_a_relay_has_in_hand_is_sent(tmp_path: Path) -> None:
    async def run() -> None:
        database, bus = Database(str(tmp_path / "db")), Away(0)
        await database.create(store.tables(postgres=False))
        relay = Relay(database, bus)
        await relay.drain()  # nothing is behind
        ids = [str(number) for number in range(2500)]
        for at in range(0, len(ids), 500):
            relay.hand_over(await put_out(database, *ids[at : at + 500]))
        await relay.drain()
        assert set(bus.told) == set(ids)
        assert await database.execute("select 1 from saga_outbox") == []
        database.close()

    asyncio.run(run())
