"""Choreographed orders while everything around them breaks, and what must hold afterwards.

The order saga as generated, each service a process with its database, handlers of a shop with
small databases of their own, the observer as a process. Orders come at a steady rate; a fifth is
refused at each step in turn, handlers fail for a while or for good, messages come twice and in any
order, services and the broker are killed, services die between two lines, databases are locked and disks full for a while; on
Postgres its server crashes instead of the disks, and some services have two processes. Then
``sagac dlq`` decides about what was provoked to fail for good, and the databases are looked at.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from sagac.templates.choreography.runtime.bus import Transport
from sagac.templates.choreography.runtime.message import Message
from sagac.templates.choreography.runtime.nodes import Table
from sagac.templates.contract.database import connect
from tests.choreography import postgres
from tests.choreography.brokers import BROKERS, Broker
from tests.choreography.postgres import Server

from .checks import BACK, check
from .entry import BUSES
from .fleet import SAGA, SERVICES, Fleet, generate

QUIET = 1.5  # seconds in which late copies may still come
STORMS = (*BROKERS, "nats+postgres")
POISON = ("start", "PaymentCharged", "InventoryReserved")


@dataclass(frozen=True)
class Size:
    """How many orders, and how often what is broken."""

    orders: int
    rate: float  # orders per second, so that they come as long as things break
    kills: int
    broker_kills: int
    locks: int
    full: int
    deaths: int  # of each service, at worst moments
    patience: float  # seconds without anything going on


SIZES = {
    "ci": Size(40, 3.0, 6, 1, 1, 1, 2, 60),
    "small": Size(100, 4.0, 6, 2, 2, 2, 4, 90),
    "large": Size(400, 8.0, 12, 3, 5, 5, 8, 120),
}


def named(count: int) -> Iterator[str]:
    """The orders: NUMBER-STEP-TROUBLE."""
    for number in range(count):
        refused = list(BACK)[number // 5 % 4] if number % 5 == 0 else ""
        trouble = {3: "spent", 7: "asked"}.get(number % 20, "")
        if refused == "create_shipment":
            trouble = ("stuck", "left", "", "")[number // 20 % 4]
        yield f"{number}-{refused}-{trouble}"


@dataclass
class Storm:
    """One run in a folder; ``problems`` is what did not hold."""

    folder: Path
    size: Size
    kind: type[Broker]
    seed: int = 1
    server: Server | None = None
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.orders = list(named(self.size.orders))
        generate(self.folder, self.kind.target)
        self.broker = self.kind(self.folder)
        self.fleet = Fleet(self.folder, self.broker, self.seed, self.server, self.size.deaths)

    async def run(self) -> list[str]:
        """All of it; returns the problems."""
        self.broker.start()
        self.fleet.start(*self.fleet.kills)
        bus = outside(self.broker.url)
        watch = asyncio.create_task(self.watch())
        try:
            await bus.subscribe("shop", [], ignore)
            placing = asyncio.create_task(self.place(bus))
            await self.mischief()
            await placing
            await self.wait(self.only_letters_left)
            self.letters_are_those_provoked()
            await asyncio.to_thread(self.decide)
            await self.wait(lambda: not any(check(self.fleet, self.orders)))
            await asyncio.sleep(QUIET)
        finally:
            watch.cancel()
            self.fleet.stop()
            await bus.close()
            self.broker.kill()
        self.problems += check(self.fleet, self.orders)
        return self.problems

    async def place(self, bus: Transport) -> None:
        """Sends the orders at a steady rate, and what nobody can read among them."""
        poison = {len(self.orders) * (n + 1) // 4: name for n, name in enumerate(POISON)}
        for number, order in enumerate(self.orders):
            await send(bus, Message(f"start-{order}", f"{SAGA}.start", body(order), {}))
            if number in poison:
                name = poison[number]
                await send(bus, Message(f"poison-{name}", f"{SAGA}.{name}", b"{", {}))
            await asyncio.sleep(1 / self.size.rate)

    async def watch(self) -> None:
        """Who has died is started again."""
        while True:
            await asyncio.sleep(0.2)
            self.fleet.revive()

    # What breaks

    async def mischief(self) -> None:
        """Breaks all there is to break, in a random order, each service at least once."""
        size, everyone = self.size, list(self.fleet.kills)
        todo = [
            ("kill", everyone[n % len(everyone)]) for n in range(max(size.kills, len(everyone)))
        ]
        todo += [("outage", "")] * size.broker_kills
        todo += [("lock", SERVICES[n % 5]) for n in range(size.locks)]
        full = "full" if self.server is None else "crash"
        todo += [(full, SERVICES[(n + 2) % 5]) for n in range(size.full)]
        self.dice.shuffle(todo)
        for what, service in todo:
            await asyncio.sleep(self.dice.uniform(0.3, 1.2))
            await getattr(self, what)(service)

    async def kill(self, service: str) -> None:
        """kill -9."""
        await asyncio.to_thread(self.fleet.kill, service)

    async def outage(self, _: str) -> None:
        """kill -9 of the broker, which then is away for a moment."""
        self.broker.kill()
        await asyncio.sleep(0.5)
        await asyncio.to_thread(self.broker.start)

    async def lock(self, service: str) -> None:
        """Another process writes to the database and does not come to an end."""
        path = self.fleet.database(service)
        if self.server is not None:
            await self.lock_tables(self.server.url(service))
            return
        if not path.exists():
            return
        held = sqlite3.connect(path, timeout=30, isolation_level=None)
        held.execute("begin immediate")
        await asyncio.sleep(3)
        held.execute("rollback")
        held.close()

    async def lock_tables(self, url: str) -> None:
        """The same on Postgres."""
        held = connect(url)
        held.begin()
        held.execute("lock table saga_nodes, saga_outbox in access exclusive mode")
        await asyncio.sleep(3)
        held.rollback()
        held.close()

    async def crash(self, _: str) -> None:
        """The server of all databases crashes, and is away for a moment."""
        assert self.server is not None
        await asyncio.to_thread(self.server.crash)
        await asyncio.sleep(0.5)
        await asyncio.to_thread(self.server.start)

    async def full(self, service: str) -> None:
        """The disk is full."""
        self.fleet.fill(service, True)
        await asyncio.sleep(3)
        self.fleet.fill(service, False)

    # What is left

    def troubled(self, *troubles: str) -> list[str]:
        """The orders with one of these troubles."""
        return [each for each in self.orders if each.split("-")[2] in troubles]

    def only_letters_left(self) -> bool:
        """Whether all that can end has ended, and the rest waits for a person."""
        ended = sum(state != "open" for state in self.fleet.ledger().values())
        stuck = len(self.troubled("stuck", "left"))
        return ended == len(self.orders) - stuck and len(self.fleet.stuck()) == stuck

    def letters_are_those_provoked(self) -> None:
        """Dead letters are exactly those provoked."""
        stuck = sorted(("inventory", each) for each in self.troubled("stuck", "left"))
        if self.fleet.stuck() != stuck:
            self.problems.append(f"stuck are {self.fleet.stuck()}, not {stuck}")
        if self.fleet.letters() != self.poisoned:
            self.problems.append(f"letters are {self.fleet.letters()}, not {self.poisoned}")

    @property
    def poisoned(self) -> list[tuple[str, str]]:
        """Who must have which unreadable message."""
        found = [("order", "poison-start")]
        for service, names in self.fleet.hears.items():
            found += [(service, f"poison-{name}") for name in POISON if name in names]
        return sorted(found)

    def decide(self) -> None:
        """The bug is mended and its calls put back; the rest is left for good."""
        (self.folder / "repaired").touch()
        for order in self.troubled("stuck"):
            self._dlq("retry", f"{SAGA}/{order}/reserve_inventory~undo", "the bug is mended")
        for order in self.troubled("left"):
            self._dlq("skip", f"{SAGA}/{order}/reserve_inventory~undo", "the goods are lost")
        for _, letter in self.fleet.letters():
            self._dlq("skip", letter, "sent by mistake")
        if self.fleet.letters(settled=True) != self.poisoned:
            self.problems.append("dead letters that were left do not say so")

    def _dlq(self, action: str, id: str, reason: str) -> None:
        said = self.fleet.sagac("dlq", action, id, "--reason", reason)
        if said.returncode:
            self.problems.append(f"sagac dlq {action} {id}: {said.stderr.strip()}")

    async def wait(self, over: Callable[[], bool]) -> None:
        """Until it is so, or nothing has gone on for as long as patience lasts."""
        seen, until = (-1, -1), 0.0
        while not await asyncio.to_thread(over):
            now = await asyncio.to_thread(self.progress)
            if now != seen:
                seen, until = now, time.monotonic() + self.size.patience
            if time.monotonic() > until:
                return
            await asyncio.sleep(0.5)

    def progress(self) -> tuple[int, int]:
        """What has been heard by the services, and by the observer."""
        heard = sum(len(self.fleet.read(each, "select 1 from saga_inbox")) for each in SERVICES)
        return heard, len(self.fleet.read("observer", "select 1 from observed_events"))


def body(order: str) -> bytes:
    """The input of an order."""
    who = {"customer_email": "someone@example.com"}
    return json.dumps({"order_id": order, "amount": "19.90", "items": [], **who}).encode()


async def send(bus: Transport, message: Message, left: int = 100) -> None:
    """Sends it as often as it takes. Raises what the last attempt raised."""
    try:
        await bus.publish([message])
    except Exception:
        if not left:
            raise
        await asyncio.sleep(0.2)
        await send(bus, message, left - 1)


def outside(url: str) -> Transport:
    """The bus as somebody has it who is none of the services."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tells of each attempt
    module, name = BUSES[url.partition(":")[0]]
    runtime = import_module(f"sagac.templates.choreography.runtime.{module}")
    bus: Transport = getattr(runtime, name)(url, [Table(SAGA, 3, "shop", {}, ())])
    return bus


async def ignore(message: Message) -> None:
    """The shop hears nothing."""


def weather(size: str, broker: str, seed: int = 1) -> list[str]:
    """One storm, told on standard output; the problems, or none if there is no such broker.

    ``BROKER+postgres``: with all databases in Postgres.
    """
    kind, plus, _ = broker.partition("+")
    why = BROKERS[kind].missing() or (postgres.missing() if plus else None)
    if why is not None:
        print(f"storm on {broker}: skipped, {why}", flush=True)
        return []
    server = Server() if plus else None
    with tempfile.TemporaryDirectory(prefix="sagac-storm-") as name:
        began = time.monotonic()
        storm = Storm(Path(name), SIZES[size], BROKERS[kind], seed, server)
        problems = asyncio.run(storm.run())
        if server is not None:
            server.stop()
        if problems and os.environ.get("SAGAC_KEEP"):
            shutil.copytree(name, os.environ["SAGAC_KEEP"], dirs_exist_ok=True)
    kills = sum(storm.fleet.kills.values())
    print(
        f"storm on {broker}: {len(storm.orders)} orders, {kills} services and"
        f" {SIZES[size].broker_kills} brokers killed, {len(problems)} problems,"
        f" {time.monotonic() - began:.0f} s",
        flush=True,
    )
    for each in problems:
        print(f"  {each}", file=sys.stderr, flush=True)
    return problems


def main(size: str = "ci", *brokers: str) -> int:
    """``python -m tests.chaos.storm SIZE BROKER…``; the exit code."""
    return int(sum(len(weather(size, each)) for each in brokers or STORMS) > 0)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
