"""The observer: how many events it takes in, beside how many the services tell together."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.choreographed import Nats, on_local
from bench.choreography import choreographed
from bench.engines import SPEC
from bench.generated_choreography import use
from bench.page import Table

SAGAS = 150
COPIES = 15

INTRO = """\
The events of the order saga on NATS: what five services tell per second with 50 sagas in flight,
and how many the observer reads from the stream and writes into its database (SQLite) per second
when it is made anew: {events} events, made from those of {sagas} sagas under other keys. Then
the rows that `sagac status` shows are made; their rate is that of the events they stand for."""


def measure(sagas: int = SAGAS, copies: int = COPIES) -> Table:
    """The services first, then the observer alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        code = folder / "code"
        choreographed(folder / SPEC.name, code)
        use(code)
        told, taken, settled, events = asyncio.run(_measure(folder, code, sagas, copies))
    rows = [
        ("told by the services", "1.0", f"{told:.0f}"),
        ("taken in by the observer", f"{taken / told:.1f}", f"{taken:.0f}"),
        ("taken in, and rows made", f"{settled / told:.1f}", f"{settled:.0f}"),
    ]
    intro = INTRO.format(events=f"{events:,}", sagas=sagas)
    return Table("The observer", intro, ("what", "times the services", "events/s"), rows)


async def _measure(
    folder: Path, code: Path, sagas: int, copies: int
) -> tuple[float, float, float, int]:
    from bench.choreographed import Ends, run

    fleet, ends = Nats("generated", str(code), folder / "told", "succeeding"), Ends()
    try:
        fleet.open()
        async with fleet.driven(ends) as start:
            began, before = time.perf_counter(), await fleet.messages()
            await run(ends, start, sagas, 50, "s")
            told = (await fleet.messages() - before) / (time.perf_counter() - began)
            await asyncio.sleep(1)
            for each in fleet.processes:
                each.kill()
            await _copy(fleet.stream, copies)
            events = await fleet.messages()
            return told, *await _observe(fleet.server.url, folder, events)
    finally:
        fleet.close()


async def _copy(stream: Any, copies: int) -> None:
    """Every event again under other keys."""
    kept: list[Any] = []

    async def keep(message: Any) -> None:
        kept.append(message)

    heard = await stream.subscribe("order-fulfilment.>", cb=keep, ordered_consumer=True)
    quiet = -1
    while quiet != len(kept):
        quiet = len(kept)
        await asyncio.sleep(1)
    await heard.unsubscribe()
    for number in range(copies):
        for at in range(0, len(kept), 200):
            await asyncio.gather(*(_again(stream, each, number) for each in kept[at : at + 200]))


async def _again(stream: Any, message: Any, number: int) -> None:
    body, headers = json.loads(message.data), dict(message.headers or {})
    if "event" not in body:
        return
    body["event"]["key"] += f"-{number}"
    id = f"{headers['ce-id']}-{number}"
    headers |= {"ce-id": id, "Nats-Msg-Id": id}
    await stream.publish(message.subject, json.dumps(body).encode(), headers=headers)


async def _observe(url: str, folder: Path, events: int) -> tuple[float, float, int]:
    package = "order_fulfilment.generated.choreography"
    runtime = f"{package}.runtime"
    observer = import_module(f"{runtime}.observer").Observer(
        import_module(package).pictures(), str(folder / "observer.sqlite")
    )
    await observer.open()
    began = time.perf_counter()
    reading = asyncio.create_task(import_module(f"{runtime}.observer_nats").follow(observer, url))
    while await observer.position("sagas order-fulfilment.>") < events:
        await asyncio.sleep(0.02)
    taken = events / (time.perf_counter() - began)
    while await observer.settle():
        pass
    settled = events / (time.perf_counter() - began)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    observer.close()
    return taken, settled, events


def bodies(folder: Path, code: Path, case: str, sagas: int) -> list[tuple[str, bytes, str]]:
    """Subject, body and headers of what sagas on the local bus told, in their order."""
    runtime = "order_fulfilment.generated.choreography.runtime.store"
    use(code)
    store: Any = import_module(runtime)
    kept: list[tuple[str, bytes, str]] = []
    put = store.put_out

    async def keep(tx: Any, messages: Any, now: float) -> None:
        found = list(messages)
        kept.extend((m.subject, m.body, json.dumps(dict(m.headers))) for m in found)
        await put(tx, found, now)

    store.put_out = keep
    try:
        asyncio.run(on_local("generated", str(code), folder, sagas, case, 1))
    finally:
        store.put_out = put
    return kept
