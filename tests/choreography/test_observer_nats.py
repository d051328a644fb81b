"""The observer on a real NATS server: the one that listened and the one rebuilt say the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from sagac.templates.choreography.runtime.nodes import Table
from sagac.templates.choreography.runtime.observer import Observer, open_observed

from .brokers import Nats
from .test_observer import rows, seen
from .watched import ORDER, Watchtown, graph_from, until

pytest.importorskip("faststream.nats", reason="faststream[nats] is not installed")

from sagac.templates.choreography.runtime.nats import NatsBus
from sagac.templates.choreography.runtime.observer_nats import follow
from sagac.templates.choreography.runtime.observing import hearing

pytestmark = [
    pytest.mark.timeout(90),
    pytest.mark.skipif(Nats.missing() is not None, reason=str(Nats.missing())),
]
KEYS = [f"{n}-charge_payment" if n % 4 == 0 else str(n) for n in range(8)]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Nats]:
    started = Nats(tmp_path)
    started.start()
    yield started
    started.kill()


async def caught_up(observer: Observer, events: int) -> None:
    while True:
        sql = "select count(*) from observed_events"
        if (await observer.database.execute(sql))[0][0] >= events:
            return
        await asyncio.sleep(0.05)


async def observed(town: Watchtown, folder: Path, url: str, events: int) -> None:
    """A new observer that reads the stream up to so many events."""
    observer = Observer([town.picture], str(folder / "rebuilt.sqlite"))
    await observer.open()
    reading = asyncio.create_task(follow(observer, url))
    await caught_up(observer, events)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await observer.settle()
    observer.close()


def test_rebuilt_from_the_stream_it_is_the_same(tmp_path: Path, broker: Nats) -> None:
    async def main() -> None:
        graph = graph_from(ORDER)
        start = Table(graph.saga.name.text, graph.saga.version, "order", {}, ())
        bus = NatsBus(broker.url, [start])
        town = Watchtown(graph, tmp_path, bus, {})
        observer = Observer([town.picture], str(tmp_path / "observer.sqlite"))
        await observer.open()
        async with town:
            for key in KEYS[:4]:
                await town.start.start({"id": key})
            reading = asyncio.create_task(follow(observer, broker.url))
            for key in KEYS[:4]:
                await town.end(key)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            for key in KEYS[4:]:
                await town.start.start({"id": key})
            for key in KEYS:
                await town.end(key)
            for each in town.services.values():
                await each.relay.drain()
            info = await bus.broker._connection.jetstream().stream_info("sagas")  # type: ignore[union-attr]
            again = asyncio.create_task(follow(observer, broker.url))
            await caught_up(observer, info.state.messages)
            again.cancel()
            await asyncio.gather(again, return_exceptions=True)
            await observer.settle()
            await observed(town, tmp_path, broker.url, info.state.messages)
        observer.close()
        await bus.close()

    asyncio.run(main())
    listened = rows(tmp_path / "observer.sqlite")
    assert rows(tmp_path / "rebuilt.sqlite") == listened
    states = {key: seen(tmp_path / "observer.sqlite", key).state for key in KEYS}
    wanted = {k: "COMPENSATED" if "-" in k else "COMPLETED" for k in KEYS}
    assert states == wanted


def test_a_broker_that_was_away_is_read_on(tmp_path: Path, broker: Nats) -> None:
    async def main() -> None:
        graph = graph_from(ORDER)
        table = Table(graph.saga.name.text, graph.saga.version, "order", {}, ())
        bus = NatsBus(broker.url, [table])
        town = Watchtown(graph, tmp_path, bus, {})
        observer = Observer([town.picture], str(tmp_path / "observer.sqlite"))
        await observer.open()
        reading = asyncio.create_task(follow(observer, broker.url))
        async with town:
            await town.start.start({"id": "1"})
            await town.end("1")
            await asyncio.to_thread(broker.kill)
            await town.start.start({"id": "2"})
            await asyncio.to_thread(broker.start)
            await town.end("2")
            await until(lambda: len(ended(tmp_path)) == 2)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        observer.close()
        await bus.close()

    asyncio.run(main())


def ended(folder: Path) -> list[str]:
    opened = open_observed(str(folder / "observer.sqlite"))
    try:
        return [each.key for each in opened.sagas() if each.state == "COMPLETED"]
    finally:
        opened.close()


def test_subscribed_as_a_service_it_sees_the_same(tmp_path: Path, broker: Nats) -> None:
    async def main() -> None:
        graph = graph_from(ORDER)
        table = Table(graph.saga.name.text, graph.saga.version, "order", {}, ())
        bus = NatsBus(broker.url, [table])
        town = Watchtown(graph, tmp_path, bus, {})
        readers = [follow, hearing(NatsBus)]
        observers = [
            Observer([town.picture], str(tmp_path / name)) for name in ("observer", "rebuilt")
        ]
        for each in observers:
            await each.open()
        async with town:
            await town.start.start({"id": "1-charge_payment"})
            work = [
                asyncio.ensure_future(reader(each, broker.url))
                for reader, each in zip(readers, observers, strict=True)
            ]
            await town.end("1-charge_payment")
            for service in town.services.values():
                await service.relay.drain()
            info = await bus.broker._connection.jetstream().stream_info("sagas")  # type: ignore[union-attr]
            for each in observers:
                await caught_up(each, info.state.messages)
                await each.settle()
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
        for each in observers:
            each.close()
        await bus.close()

    asyncio.run(main())
    assert rows(tmp_path / "observer") == rows(tmp_path / "rebuilt")
