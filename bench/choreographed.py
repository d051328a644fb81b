"""Runs one side of the choreography's comparison once, and prints what it measured as JSON.

``python -m bench.choreographed generated|by-hand nats|local CODE FOLDER SAGAS CASE IN_FLIGHT``:
sagas per second, the median of a saga's time in ms, processor seconds per saga of all services
(of the broker, too, beside them), messages per saga.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

SERVICES = ("order", "inventory", "payment", "shipping", "notification")
SUBJECTS = {
    "generated": ("order-fulfilment.start", "order-fulfilment.OrderFulfilmentEnded"),
    "by-hand": ("orders.PlaceOrder", "orders.OrderEnded"),
}
WARM = 20

Start = Callable[[str], Awaitable[None]]


class Ends:
    """Who waits for the end of which saga."""

    def __init__(self) -> None:
        self.waiting: dict[str, asyncio.Future[None]] = {}

    def heard(self, body: bytes | str) -> None:
        """An end: the key is in both kinds of body."""
        told = json.loads(body)
        waiting = self.waiting.pop(told["event"]["key"] if "event" in told else told["key"], None)
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    async def end(self, key: str, start: Start) -> float:
        """Starts a saga; the seconds until its end."""
        self.waiting[key] = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        ended = self.waiting[key]
        await start(key)
        await asyncio.wait_for(ended, 120)
        return time.perf_counter() - began


def order(key: str) -> dict[str, Any]:
    """What a saga starts with."""
    items = [{"sku": "sku-1", "quantity": 2}]
    mail = "someone@example.com"
    return {"order_id": key, "customer_email": mail, "amount": "19.90", "items": items}


async def run(ends: Ends, start: Start, sagas: int, in_flight: int, name: str) -> list[float]:
    """So many sagas, so many at a time; the seconds of each."""
    turns = asyncio.Semaphore(in_flight)

    async def one(number: int) -> float:
        async with turns:
            return await ends.end(f"{name}{number}", start)

    return await asyncio.gather(*(one(number) for number in range(sagas)))


class Nats:
    """A server and five services as processes."""

    def __init__(self, side: str, code: str, folder: Path, case: str) -> None:
        from tests.choreography.brokers import Nats as Server

        folder.mkdir(parents=True, exist_ok=True)
        self.side, self.code, self.folder, self.case = side, code, folder, case
        self.server = Server(folder)
        self.processes: list[subprocess.Popen[bytes]] = []

    def open(self) -> None:
        """Starts them and waits until each is ready."""
        self.server.start()
        for service in SERVICES:
            where = [service, str(self.folder), self.server.url, self.case]
            of_side = ["bench.generated_choreography", self.code]
            module = of_side if self.side == "generated" else ["bench.handwritten_choreography"]
            log = (self.folder / f"{service}.log").open("wb")
            command = [sys.executable, "-m", *module, *where]
            self.processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log))
        for each in self.processes:
            assert each.stdout is not None
            if b"ready" not in each.stdout.readline():
                raise RuntimeError(f"a service does not start: see {self.folder}")

    def close(self) -> None:
        """Kills them."""
        for each in self.processes:
            each.kill()
            each.wait()
        self.server.kill()

    def cpu(self) -> tuple[float, float]:
        """Processor seconds so far: of the services, of the server."""
        assert self.server.process is not None
        return sum(_cpu(each.pid) for each in self.processes), _cpu(self.server.process.pid)

    @asynccontextmanager
    async def driven(self, ends: Ends) -> AsyncIterator[Start]:
        """How a saga is started; ``ends`` hears its end."""
        import nats

        client = await nats.connect(self.server.url)
        stream = client.jetstream()
        begin, end = SUBJECTS[self.side]

        async def heard(message: Any) -> None:
            ends.heard(message.data)

        async def start(key: str) -> None:
            told = order(key)
            if self.side == "by-hand":
                told = {"key": key, "started": 0.0, "data": told}
            await stream.publish(begin, json.dumps(told).encode(), headers={"ce-id": f"s-{key}"})

        await client.subscribe(end, cb=heard)
        self.stream = stream
        yield start
        await client.close()

    async def messages(self) -> int:
        """How many the stream holds."""
        name = "sagas" if self.side == "generated" else "orders"
        found = await self.stream.stream_info(name)
        return int(found.state.messages)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def on_nats(
    side: str, code: str, folder: Path, sagas: int, case: str, in_flight: int
) -> dict[str, float]:
    """One measurement over NATS."""
    fleet, ends = Nats(side, code, folder, case), Ends()
    try:
        fleet.open()
        async with fleet.driven(ends) as start:
            await run(ends, start, WARM, 5, "warm")
            await asyncio.sleep(0.3)
            cpu, before = fleet.cpu(), await fleet.messages()
            began = time.perf_counter()
            times = await run(ends, start, sagas, in_flight, "s")
            took = time.perf_counter() - began
            await asyncio.sleep(0.3)
            used = [now - then for now, then in zip(fleet.cpu(), cpu, strict=True)]
            sent = await fleet.messages() - before
    finally:
        fleet.close()
    return {
        "rate": sagas / took,
        "p50": median(times) * 1000,
        "cpu": used[0] / sagas * 1000,
        "broker": used[1] / sagas * 1000,
        "messages": sent / sagas,
    }


async def on_local(
    side: str, code: str, folder: Path, sagas: int, case: str, in_flight: int
) -> dict[str, float]:
    """One measurement in one process."""
    folder.mkdir(parents=True, exist_ok=True)
    ends = Ends()
    failing = case == "failing"
    build = _generated if side == "generated" else _by_hand
    services, start = await build(code, folder, failing, ends)
    await run(ends, start, WARM, 5, "warm")
    cpu, began = time.process_time(), time.perf_counter()
    times = await run(ends, start, sagas, in_flight, "s")
    took = time.perf_counter() - began
    used = time.process_time() - cpu
    for each in services:
        await each.close()
    return {"rate": sagas / took, "p50": median(times) * 1000, "cpu": used / sagas * 1000}


async def _generated(code: str, folder: Path, failing: bool, ends: Ends) -> tuple[list[Any], Start]:
    from bench.generated_choreography import PACKAGE, make

    sys.path.insert(0, code)
    bus = import_module(f"{PACKAGE}.runtime.bus").LocalBus()
    codec = import_module("order_fulfilment.generated.contract.codec")

    async def heard(message: Any) -> None:
        ends.heard(message.body)

    services = [make(each, folder, bus, failing=failing) for each in SERVICES]
    for each in services:
        await each.open()
    await bus.subscribe("bench", [SUBJECTS["generated"][1]], heard)

    async def start(key: str) -> None:
        await services[0].start(codec.decode(services[0].newest.input, order(key)))

    return services, start


async def _by_hand(code: str, folder: Path, failing: bool, ends: Ends) -> tuple[list[Any], Start]:
    from bench.handwritten_bus import Event, LocalBus
    from bench.handwritten_services import Business, make

    bus = LocalBus()
    services = [make(each, folder, bus, Business(failing=failing)) for each in SERVICES]
    for each in services:
        await each.open()

    async def heard(event: Event) -> None:
        ends.heard(event.body)

    await bus.subscribe("bench", ["OrderEnded"], heard)

    async def start(key: str) -> None:
        placed = Event(f"s-{key}", "PlaceOrder", key, 0.0, order(key), "", "")
        await services[0].receive(placed)

    return services, start


def main(
    side: str, bus: str, code: str, folder: str, sagas: str, case: str, in_flight: str
) -> None:
    """Measures once."""
    measure = on_nats if bus == "nats" else on_local
    found = asyncio.run(measure(side, code, Path(folder), int(sagas), case, int(in_flight)))
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:8])
