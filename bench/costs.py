"""What a choreographed saga costs, and how that grows with its steps and branches."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.page import Table
from sagac.dsl.compile import compile
from sagac.dsl.graph import SagaGraph
from sagac.templates.choreography.runtime.bus import LocalBus
from sagac.templates.choreography.runtime.message import Message
from sagac.templates.contract import database
from tests.choreography.served import Town

SAGAS = 10
SERVICES = 5

INTRO = """\
Made sagas over {services} services on the local bus, {sagas} one after another, handlers that write
one row each: messages told, deliveries (a message heard by three services is three), transactions
and processor time of all services together, per saga. In "refused" the last step refuses, and
all before it are undone. A step in a row costs a message, a delivery and two transactions: one
takes in what lets it begin, one writes what came of it; those that wait for each other share one.
The end is heard by services that keep something until then."""

HEAD = """\
saga: measured
version: 1
key: ${{input.id}}
input: {{ id: string }}
services:
{services}
steps:
"""
STEP = """\
{pad}- step: step_{n}
{pad}  service: service_{s}
{pad}  input: [id]
{pad}  fails: [refused]
{pad}  compensate: undo_{n}
"""


def linear(steps: int) -> str:
    """Steps one after another."""
    return _head() + "".join(_step(n, 2) for n in range(steps))


def forked(branches: int) -> str:
    """A first step, branches of one step side by side, and a last one."""
    inside = "".join(f"      b{n}:\n{_step(n + 1, 8)}" for n in range(branches))
    fork = f"  - parallel: both\n    branches:\n{inside}"
    return _head() + _step(0, 2) + fork + _step(branches + 1, 2)


def _head() -> str:
    return HEAD.format(services="\n".join(f"  service_{n}: {{}}" for n in range(SERVICES)))


def _step(number: int, pad: int) -> str:
    return STEP.format(n=number, s=number % SERVICES, pad=" " * pad)


class Counting(LocalBus):
    """Counts what is told and heard."""

    def __init__(self) -> None:
        super().__init__()
        self.told = self.heard = self.size = 0

    async def publish(self, messages: Sequence[Message]) -> None:
        """See Transport."""
        self.told += len(messages)
        self.heard += sum(len(self._ears(each.subject)) for each in messages)
        self.size += sum(len(each.body) for each in messages)
        await super().publish(messages)


def measure(sagas: int = SAGAS) -> Table:
    """Each shape, completing and compensating."""
    shapes = [(f"{n} steps in a row", linear(n), f"step_{n - 1}") for n in (2, 5, 10, 20)]
    shapes += [(f"{n} branches", forked(n), f"step_{n + 1}") for n in (2, 4, 8)]
    rows = []
    for name, text, last in shapes:
        for case, plan in (("", {}), (", refused", {last: "refuse refused"})):
            found = asyncio.run(_costs(text, plan, sagas))
            rows.append((f"{name}{case}", *(f"{each:.1f}" for each in found)))
    head = ("saga", "messages", "deliveries", "transactions", "CPU ms", "bytes per message")
    intro = INTRO.format(services=SERVICES, sagas=sagas)
    return Table("What a choreographed saga costs", intro, head, rows)


async def _costs(text: str, plan: dict[str, str], sagas: int) -> tuple[float, ...]:
    bus, graph = Counting(), _graph(text)
    with tempfile.TemporaryDirectory() as folder, _transactions() as counted:
        async with Town(graph, Path(folder), bus, plan) as town:
            await _one(town, "warm")
            bus.told = bus.heard = bus.size = 0
            counted[0] = 0
            began = time.process_time()
            for number in range(sagas):
                await _one(town, f"saga{number}")
            took = time.process_time() - began
            transactions = counted[0]
    told = (bus.told / sagas, bus.heard / sagas, transactions / sagas)
    return (*told, took / sagas * 1000, bus.size / max(bus.told, 1))


async def _one(town: Town, key: str) -> None:
    """A saga until its end is in the database of the service that starts it."""
    await town.start.start({"id": key})
    sql = "select 1 from saga_courses where key = ? and ended = 1"
    while not await town.start.database.execute(sql, (key,)):
        await asyncio.sleep(0.005)


@contextmanager
def _transactions() -> Iterator[list[int]]:
    """How many transactions there were."""
    counted, kind = [0], database.Transaction

    class Counted(kind):  # type: ignore[misc, valid-type]
        def __init__(self, *given: Any, **named: Any) -> None:
            counted[0] += 1
            super().__init__(*given, **named)

    database.Transaction = Counted  # type: ignore[misc]
    try:
        yield counted
    finally:
        database.Transaction = kind  # type: ignore[misc]


def _graph(text: str) -> SagaGraph:
    graph = compile(text.encode(), "measured.saga.yaml", _nothing).graph
    assert graph is not None, json.dumps(text)
    return graph


def _nothing(name: str) -> bytes:
    raise FileNotFoundError(name)
