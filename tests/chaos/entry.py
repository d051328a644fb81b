"""Runs a generated service as ``python -m PACKAGE.SERVICE`` does, on a bus that misbehaves.

``python -m tests.chaos.entry PACKAGE SERVICE``; with ``CHAOS=SEED`` in the environment a fifth of
the messages comes twice, and they come in any order. With ``DEATH=MOMENT:N`` the process kills
itself at a worst moment, when it comes there for the Nth time.
"""

from __future__ import annotations

import asyncio
import os
import random
import runpy
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

BUSES = {
    "nats": ("nats", "NatsBus"),
    "amqp": ("rabbit", "RabbitBus"),
    "redis": ("redis", "RedisBus"),
    "kafka": ("kafka", "KafkaBus"),
}
PART = 0.2
# committed and not sent; sent and not known to be; delivered and not written; written and not
# acknowledged
MOMENTS = ("before sending", "after sending", "before taking in", "after taking in")


class Unruly:
    """A transport whose messages come twice and in any order."""

    def __init__(self, bus: Any, seed: str) -> None:
        self._bus = bus
        self._dice = random.Random(seed)
        self._moment, _, left = os.environ.get("DEATH", "").partition(":")
        self._left = int(left or 0)
        self._copies: set[asyncio.Task[None]] = set()

    async def subscribe(self, service: str, subjects: Sequence[str], receive: Any) -> None:
        """See Transport; what is received may be received again, later."""

        async def twice(message: Any) -> None:
            if self._dice.random() < PART:
                await asyncio.sleep(self._dice.uniform(0, 0.1))
            await self._die("before taking in")
            await receive(message)
            await self._die("after taking in")
            if self._dice.random() < PART:
                copy = asyncio.create_task(self._later(receive, message))
                self._copies.add(copy)
                copy.add_done_callback(self._copies.discard)

        await self._bus.subscribe(service, subjects, twice)

    async def _later(self, receive: Any, message: Any) -> None:
        await asyncio.sleep(self._dice.uniform(0, 1))
        await receive(message)

    async def publish(self, messages: Sequence[Any]) -> None:
        """See Transport; copies go out as messages of their own."""
        named = [replace(m, headers={"ce-id": m.id, **m.headers}) for m in messages]
        copies = [self._copy(m) for m in named if self._dice.random() < PART]
        both = [*named, *copies]
        self._dice.shuffle(both)
        await self._die("before sending")
        await self._bus.publish(both)
        await self._die("after sending")

    async def _die(self, moment: str) -> None:
        """Dies if this is the moment; what was acknowledged too early has left by then."""
        if moment == self._moment:
            self._left -= 1
            if self._left == 0:
                if moment.startswith("before"):
                    await asyncio.sleep(0.05)
                os.kill(os.getpid(), signal.SIGKILL)

    def _copy(self, message: Any) -> Any:
        """NATS would drop a second message of the same id, the others would not."""
        again = f"{message.id}~{self._dice.random()}"
        nats = type(self._bus).__name__ == "NatsBus"
        return replace(message, id=again) if nats else message

    async def close(self) -> None:
        """See Transport."""
        for each in self._copies:
            each.cancel()
        await self._bus.close()


def main(package: str, service: str) -> None:
    """The service's own entry; only the class of its bus is another."""
    module, name = BUSES[os.environ["SAGA_BROKER"].partition(":")[0]]
    runtime = import_module(f"{package}.generated.choreography.runtime.{module}")
    bus, seed = getattr(runtime, name), os.environ.get("CHAOS")
    if seed is not None:
        setattr(runtime, name, lambda url, tables: Unruly(bus(url, tables), seed))
    runpy.run_module(f"{package}.{service}", run_name="__main__")


if __name__ == "__main__":
    main(*sys.argv[1:3])
