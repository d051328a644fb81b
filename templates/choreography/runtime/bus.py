"""How messages travel: the outbox relay, and the bus within one process that needs no server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol

from ...contract.database import Database
from . import store
from .message import Message

log = logging.getLogger("saga")

Receive = Callable[[Message], Awaitable[None]]

_BATCH = 100
_PAUSE = 1.0


class Transport(Protocol):
    """Carries messages at least once; in no order that anybody relies on."""

    async def subscribe(self, service: str, subjects: Sequence[str], receive: Receive) -> None:
        """Lets ``receive`` have each message of these subjects; it is over when that returns."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Returns when the messages are safe with the broker; raises if that is not known."""

    async def close(self) -> None:
        """Ends all subscriptions."""


class LocalBus:
    """All services in one process: a message is delivered from the sender's outbox."""

    def __init__(self) -> None:
        self._heard: dict[str, list[Receive]] = {}

    async def subscribe(self, service: str, subjects: Sequence[str], receive: Receive) -> None:
        """See Transport."""
        for subject in subjects:
            self._heard.setdefault(subject, []).append(receive)

    async def publish(self, messages: Sequence[Message]) -> None:
        """See Transport."""
        ears = ((each, receive) for each in messages for receive in self._ears(each.subject))
        await asyncio.gather(*(receive(message) for message, receive in ears))

    def _ears(self, subject: str) -> Sequence[Receive]:
        return (*self._heard.get(subject, ()), *self._heard.get("*", ()))

    async def close(self) -> None:
        """See Transport."""
        self._heard.clear()


class Relay:
    """Sends what is in the outbox, in its order, and again until the broker has it."""

    def __init__(self, database: Database, transport: Transport) -> None:
        self._database = database
        self._transport = transport
        self._bell = asyncio.Event()
        self._at_work = asyncio.Lock()

    def wake(self) -> None:
        """There may be something to send."""
        self._bell.set()

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            self._bell.clear()  # before the look, or a call in between would be lost
            try:
                while await self._send():
                    pass
            except Exception:
                log.exception("the outbox cannot be sent; again in %s s", _PAUSE)
            with suppress(TimeoutError):
                async with asyncio.timeout(_PAUSE):
                    await self._bell.wait()

    async def drain(self) -> None:
        """Sends what is there now, if the broker is."""
        with suppress(Exception):
            while await self._send():
                pass

    async def _send(self) -> bool:
        async with self._at_work, self._database.alone("outbox"):
            found = await store.outgoing(self._database, _BATCH)
            if found:
                await self._transport.publish([message for _, message in found])
                await store.sent(self._database, [number for number, _ in found])
            return len(found) == _BATCH
