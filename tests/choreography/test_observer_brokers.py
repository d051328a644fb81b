"""The observer on real brokers: it hears all, is made again from the stream, says what is so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from sagac.runner.talk import of_events
from sagac.templates.choreography.runtime.bus import LocalBus, Receive, Transport, stop
from sagac.templates.choreography.runtime.message import Message
from sagac.templates.choreography.runtime.nodes import Table
from sagac.templates.choreography.runtime.observer import Observer, Watched, open_observed

from .brokers import BROKERS, Broker
from .test_observer import rows
from .watched import ORDER, Watchtown, graph_from

pytestmark = pytest.mark.timeout(180)
KEYS = [f"{n}-charge_payment" if n % 4 == 0 else str(n) for n in range(8)]
MODULES = {
    "nats": ("nats", "NatsBus", "nats"),
    "redis": ("redis", "RedisBus", "redis"),
    "rabbitmq": ("rabbit", "RabbitBus", "aio_pika"),
    "kafka": ("kafka", "KafkaBus", "aiokafka"),
}
RUNTIME = "sagac.templates.choreography.runtime"


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    kind, client = BROKERS[request.param], MODULES[request.param][2]
    if find_spec(client) is None:
        pytest.skip(f"{client} is not installed")
    why = kind.missing()
    if why is not None:
        pytest.skip(why)
    started = kind(tmp_path)
    started.start()
    yield started
    started.kill()


def follow_of(broker: Broker) -> Any:
    return import_module(f"{RUNTIME}.observer_{MODULES[broker.target][0]}").follow


class Buses:
    """A connection for each service, and what they have told."""

    def __init__(self, broker: Broker) -> None:
        module, name, _ = MODULES[broker.target]
        self._make = getattr(import_module(f"{RUNTIME}.{module}"), name)
        self._url = broker.url
        self._open: list[Any] = []
        self.tables: dict[str, list[Table]] = {}
        self.told: set[str] = set()

    async def subscribe(self, service: str, subjects: Sequence[str], receive: Receive) -> None:
        bus = self._make(self._url, self.tables[service])
        try:
            await bus.subscribe(service, subjects, receive)
        except Exception:  # it is not quite there yet; a service waits, too
            await bus.close()
            await asyncio.sleep(1)
            await self.subscribe(service, subjects, receive)
        else:
            self._open.append(bus)

    async def publish(self, messages: Sequence[Message]) -> None:
        await self._open[0].publish(messages)
        self.told |= {each.id for each in messages}

    async def close(self) -> None:
        for each in self._open:
            await each.close()


def town_on(bus: Transport, folder: Path) -> Watchtown:
    town = Watchtown(graph_from(ORDER), folder, bus, {})
    if isinstance(bus, Buses):
        bus.tables = {name: list(each.tables.values()) for name, each in town.services.items()}
    return town


class Watching:
    """An observer that reads from a broker as long as the block lasts."""

    def __init__(self, town: Watchtown, path: Path, broker: Broker) -> None:
        self.observer = Observer([town.picture], str(path))
        self._broker = broker

    async def __aenter__(self) -> Observer:
        await self.observer.open()
        follow: Any = follow_of(self._broker)
        self._reading = asyncio.ensure_future(follow(self.observer, self._broker.url))
        return self.observer

    async def __aexit__(self, *problem: object) -> None:
        await stop([self._reading])
        await self.observer.settle()
        self.observer.close()


async def heard(observer: Observer, told: set[str]) -> None:
    """Waits until it has all of this."""
    while True:
        found = await observer.database.execute("select id from observed_events")
        if told <= {id for (id,) in found}:
            return
        await asyncio.sleep(0.05)


async def ended(town: Watchtown, keys: Sequence[str]) -> None:
    for key in keys:
        await town.end(key)
    for each in town.services.values():
        await each.relay.drain()


def shown(path: Path) -> dict[str, Any]:
    """What status and trace say of each saga, without times and what depends on them."""
    observed = open_observed(str(path))
    found = {}
    for seen in observed.sagas():
        picture = observed.picture(seen.saga, seen.version)
        assert picture is not None
        talk = of_events(seen, observed.records(seen.saga, seen.key), picture)
        said = {
            (each.service, each.event, each.place, each.action, each.reason,
             tuple((r.service, r.does, r.answer) for r in each.reactions))
            for each in talk.said
        }  # fmt: skip
        effects = [(each["step"], each["action"], each["kind"]) for each in seen.effects]
        found[seen.key] = (seen.state, seen.at, seen.because, seen.output, effects, said)
    observed.close()
    return found


async def on_the_local_bus(folder: Path) -> dict[str, Any]:
    """The same orders, heard without a broker."""
    folder.mkdir()
    observer = Observer([], str(folder / "observer.sqlite"))
    town = town_on(Watched(LocalBus(), observer), folder)
    observer.pictures = {(town.picture.saga, town.picture.version): town.picture}
    await observer.open()
    async with town:
        for key in KEYS:
            await town.start.start({"id": key})
        await ended(town, KEYS)
    await observer.settle()
    observer.close()
    return shown(folder / "observer.sqlite")


def test_made_again_from_the_stream_it_is_the_same(tmp_path: Path, broker: Broker) -> None:
    """One listens, is away, and listens on; another comes when all is over."""
    first, again = tmp_path / "observer.sqlite", tmp_path / "again.sqlite"

    async def main() -> dict[str, Any]:
        bus = Buses(broker)
        town = town_on(bus, tmp_path)
        async with town, asyncio.timeout(150):
            for key in KEYS[:4]:
                await town.start.start({"id": key})
            async with Watching(town, first, broker):
                await ended(town, KEYS[:4])
            for key in KEYS[4:]:
                await town.start.start({"id": key})
            await ended(town, KEYS)
            for path in (first, again):
                async with Watching(town, path, broker) as observer:
                    await heard(observer, bus.told)
        await bus.close()
        return await on_the_local_bus(tmp_path / "local")

    without_a_broker = asyncio.run(main())
    assert rows(again) == rows(first)
    found = shown(first)
    assert {key: each[0] for key, each in found.items()} == {
        key: "COMPENSATED" if "-" in key else "COMPLETED" for key in KEYS
    }
    assert found == without_a_broker


def test_a_broker_that_was_away_is_read_on(tmp_path: Path, broker: Broker) -> None:
    """Only the observer is there when it goes; brokers are killed under services in the storms.

    RabbitMQ 3.10 now and then loses who leads a queue if it is killed when queues are new.
    """

    async def order(key: str) -> Watchtown:
        bus = Buses(broker)
        town = town_on(bus, tmp_path)
        async with town:
            await town.start.start({"id": key})
            await ended(town, [key])
        await bus.close()
        return town

    async def main() -> None:
        town = await order("1")
        async with Watching(town, tmp_path / "observer.sqlite", broker) as observer:
            await until_heard(observer, ["1"])
            await asyncio.to_thread(broker.stop)
            await asyncio.to_thread(broker.start)
            await order("2")
            await until_heard(observer, ["1", "2"])

    asyncio.run(main())


async def until_heard(observer: Observer, keys: Sequence[str]) -> None:
    """Waits until the observer has heard the end of these."""
    sql = "select key from observed_sagas where state = 'COMPLETED' order by key"
    while [key for (key,) in await observer.database.execute(sql)] != keys:
        await asyncio.sleep(0.05)
