"""Choreographed orders while services and the broker are killed, and what must hold afterwards.

Five services in processes of their own, each with its database; orders at a steady rate, a fifth
of them refused at each step in turn, technical errors, repeated and reordered messages. Then
everything is left alone until it is quiet, and the databases are looked at.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagac.generators.choreography.project import project
from sagac.templates.choreography.runtime.bus import Transport
from sagac.templates.choreography.runtime.message import Message
from tests.choreography.brokers import BROKERS, Broker, Nats
from tests.choreography.served import Handlers, served
from tests.choreography.worker import bus_at, graph_at

SPEC = Path(__file__).resolve().parents[2] / "specs" / "order-fulfilment.saga.yaml"
REFUSED = ("", "", "", "", "validate_order", "reserve_inventory", "charge_payment")


class Fleet:
    """The services' processes."""

    def __init__(self, folder: Path, broker: str, plan: dict[str, str]) -> None:
        self.folder = folder
        self.broker = broker
        self.plan = json.dumps(plan)
        self.graph = graph_at(SPEC)
        self.services = project(self.graph).services
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, service: str) -> None:
        """Starts one service."""
        command = [sys.executable, "-m", "tests.choreography.worker", str(SPEC), service]
        log = (self.folder / f"{service}.log").open("ab")
        self.processes[service] = subprocess.Popen(
            [*command, str(self.folder), self.broker, self.plan], stdout=log, stderr=log
        )

    def start_all(self) -> None:
        """Starts all services."""
        for each in self.services:
            self.start(each)

    def kill(self, service: str) -> None:
        """SIGKILL, and a new one."""
        self.processes[service].kill()
        self.processes[service].wait()
        self.start(service)

    def stop(self) -> None:
        """SIGTERM to all."""
        for each in self.processes.values():
            each.send_signal(signal.SIGTERM)
        for each in self.processes.values():
            try:
                each.wait(15)
            except subprocess.TimeoutExpired:
                each.kill()

    def read(self, service: str, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a service's database; none as long as it has none."""
        path = self.folder / f"{service}.sqlite"
        if not path.exists():
            return []
        connection = sqlite3.connect(path, timeout=30)
        try:
            return connection.execute(sql).fetchall()
        except sqlite3.OperationalError:
            return []
        finally:
            connection.close()

    @property
    def ended(self) -> int:
        """How many sagas have ended."""
        rows = self.read("order", "select count(*) from saga_courses where ended = 1")
        return int(rows[0][0]) if rows else 0


def orders(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Inputs; the key says which step refuses."""
    rng = random.Random(seed)
    for number in range(count):
        refused = rng.choice(REFUSED)
        key = f"{number}-{refused}" if refused else str(number)
        yield {
            "id": key,
            "order_id": key,
            "customer_email": "someone@example.com",
            "amount": "19.90",
            "items": [],
        }


async def place(bus: Transport, inputs: Sequence[dict[str, Any]], pause: float) -> None:
    """Sends the orders at a steady rate."""
    for each in inputs:
        body = json.dumps(each).encode()
        message = Message(f"start-{each['id']}", "order-fulfilment.start", body, {})
        for _ in range(100):
            try:
                await bus.publish([message])
                break
            except Exception:
                await asyncio.sleep(0.2)
        await asyncio.sleep(pause)


def check(fleet: Fleet, inputs: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What does not hold."""
    with sqlite3.connect(fleet.folder / "effects.sqlite") as database:
        effects = database.execute("select key, step from effects order by rowid").fetchall()
    keys = [key for key, _ in effects]
    if len(set(keys)) != len(keys):
        yield "an effect took place twice"
    for each in inputs:
        yield from _check_order(fleet, each["id"], [s for k, s in effects if _of(k, each["id"])])
    for service in fleet.services:
        left = fleet.read(service, "select subject from saga_outbox")
        if left:
            yield f"{service}: {len(left)} messages left in the outbox"
        letters = fleet.read(service, "select why from saga_letters")
        if letters:
            yield f"{service}: dead letters: {letters[:3]}"


def _of(key: str, order: str) -> bool:
    return key.split("/")[1] == order


def _check_order(fleet: Fleet, order: str, steps: list[str]) -> Iterator[str]:
    rows = fleet.read(
        "order",
        f"select node, state from saga_nodes where key = '{order}' and node in ('start', 'end')",
    )
    states = dict(rows)
    refused = order.partition("-")[2]
    done = [step for step in steps if not step.endswith("~undo")]
    undone = [step.removesuffix("~undo") for step in steps if step.endswith("~undo")]
    if not refused and states.get("end") != "done":
        yield f"{order}: is not completed: {states}"
    if refused and states.get("start") != "undone":
        yield f"{order}: is not compensated: {states}"
    if refused and undone != done[::-1]:
        yield f"{order}: done {done}, undone {undone}"
    if not refused and undone:
        yield f"{order}: completed, but {undone} undone"


@dataclass(frozen=True)
class Size:
    """How much: orders, kills of services, kills of the broker."""

    orders: int
    kills: int
    broker_kills: int


SIZES = {"ci": Size(40, 4, 1), "small": Size(80, 5, 1), "large": Size(400, 10, 3)}


async def storm(folder: Path, size: Size, kind: type[Broker] = Nats, seed: int = 1) -> list[str]:
    """Runs it; returns what went wrong."""
    broker = kind(folder)
    broker.start()
    fleet = Fleet(folder, broker.url, {"reserve_inventory": "raise 1", "refund_payment": "raise 1"})
    fleet.start_all()
    orders_table = served(project(fleet.graph), Handlers(folder / "effects.sqlite"))["order"]
    bus = bus_at(broker.url, [orders_table])
    inputs = list(orders(size.orders, seed))
    rng = random.Random(seed)
    try:
        await bus.subscribe("shop", [], ignore)
        placing = asyncio.create_task(place(bus, inputs, 0.02))
        moments = ["service"] * size.kills + ["broker"] * size.broker_kills
        rng.shuffle(moments)
        for number, moment in enumerate(moments):
            await asyncio.sleep(rng.uniform(0.5, 1.5))
            if moment == "broker":
                broker.kill()
                await asyncio.sleep(0.3)
                broker.start()
            else:
                fleet.kill(fleet.services[number % len(fleet.services)])
        await placing
        patience = time.monotonic() + 60
        while fleet.ended < len(inputs) and time.monotonic() < patience:
            await asyncio.sleep(0.5)
        await asyncio.sleep(1.5)
    finally:
        fleet.stop()
        await bus.close()
        broker.kill()
    return list(check(fleet, inputs))


async def ignore(message: Message) -> None:
    """The shop hears nothing."""


def main(size: str, broker: str) -> int:
    """Prints what went wrong; the exit code."""
    missing = BROKERS[broker].missing()
    if missing is not None:
        print(f"{broker}: skipped, {missing}")
        return 0
    with tempfile.TemporaryDirectory(prefix="sagac-storm-") as folder:
        began = time.monotonic()
        problems = asyncio.run(storm(Path(folder), SIZES[size], BROKERS[broker]))
        if problems and os.environ.get("SAGAC_KEEP"):
            shutil.copytree(folder, os.environ["SAGAC_KEEP"], dirs_exist_ok=True)
    for each in problems:
        print(f"  {each}", file=sys.stderr)
    print(
        f"{broker}: {SIZES[size].orders} orders, {len(problems)} problems, {time.monotonic() - began:.0f} s"
    )
    return int(bool(problems))


if __name__ == "__main__":
    raise SystemExit(main(*(sys.argv[1:] if len(sys.argv) > 2 else ("ci", "nats"))))
