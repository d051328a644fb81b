"""How messages travel: the outbox relay, and the bus within one process that needs no server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import Any, Protocol

from ...contract.database import Database
from . import store
from .message import Message

log = logging.getLogger("saga")

Receive = Callable[[Message], Coroutine[Any, Any, None]]

_BATCH = 100
_MOST = 1000  # messages in hand; more are read from the table later
_PAUSE = 1.0
_TIDY = 0.05  # seconds for which sent messages stay in the outbox


async def stop(tasks: Sequence[asyncio.Future[Any]]) -> None:
    """Cancels them until they are over: some clients of brokers swallow a cancellation."""
    left = set(tasks)
    while left:
        for each in left:
            each.cancel()
        _, left = await asyncio.wait(left, timeout=_PAUSE)


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
        heard = [receive(each) for each in messages for receive in self._ears(each.subject)]
        if len(heard) == 1:
            await heard[0]
        elif heard:
            await _all(heard)

    def _ears(self, subject: str) -> Sequence[Receive]:
        return (*self._heard.get(subject, ()), *self._heard.get("*", ()))

    async def close(self) -> None:
        """See Transport."""
        self._heard.clear()


async def _all(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Waits for all, then raises the first problem. ``gather`` would be called back by each."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        for task in tasks:
            await task
    except BaseException:
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


class Relay:
    """Sends what is in the outbox, and again until the broker has it.

    What was committed is handed over in memory; the table is read at the start, after a failure and
    when nothing else is to be done. What the broker has is deleted a little later, many at a time:
    after a crash in between it is sent twice, and known by its id.
    """

    def __init__(self, database: Database, transport: Transport) -> None:
        self._database = database
        self._transport = transport
        self._in_hand: list[Message] = []
        self._sent: list[str] = []
        self._behind = True  # the table may hold more than is in hand
        self._bell = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._is_slow = self._is_late = False
        self._at_work = asyncio.Lock()

    def hand_over(self, messages: Sequence[Message]) -> None:
        """These have been committed."""
        if len(self._in_hand) < _MOST:
            self._in_hand += messages
        else:
            self._behind = True
        self._bell.set()

    async def run(self) -> None:
        """Until it is cancelled."""
        try:
            while True:
                self._bell.clear()  # before the look, or a call in between would be lost
                try:
                    await self._send()
                except Exception:
                    log.exception("the outbox cannot be sent; again in %s s", _PAUSE)
                self._set_timer()
                await self._bell.wait()
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def _set_timer(self) -> None:
        """A timer for each send would cost more than the send."""
        if self._timer is not None and self._is_slow and self._sent:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._is_slow = not self._sent
            pause = _TIDY if self._sent else _PAUSE
            self._timer = asyncio.get_running_loop().call_later(pause, self._rung)

    def _rung(self) -> None:
        self._timer, self._is_late = None, True
        self._behind = self._behind or not self._sent
        self._bell.set()

    async def drain(self) -> None:
        """Sends what is there now, if the broker is."""
        with suppress(Exception):
            self._behind = True
            await self._send()

    async def _send(self) -> None:
        async with self._at_work:
            while self._in_hand and not self._behind:
                messages, self._in_hand = self._in_hand, []
                await self._publish(messages)
            if self._is_late or self._behind:
                self._is_late = False
                await self.tidy()
            while self._behind:
                async with self._database.alone("outbox"):
                    self._behind = await self._send_stored() or self._behind

    async def _send_stored(self) -> bool:
        """Sends what the table holds; whether there may be more."""
        self._in_hand, self._behind = [], False
        found = await store.outgoing(self._database, _BATCH)
        if found:
            await self._publish(found)
            await self.tidy()
        return len(found) == _BATCH

    async def _publish(self, messages: Sequence[Message]) -> None:
        try:
            await self._transport.publish(messages)
        except BaseException:
            self._behind = True
            raise
        self._sent += [each.id for each in messages]
        if len(self._sent) >= _BATCH:
            await self.tidy()

    async def tidy(self) -> None:
        """Deletes what the broker has."""
        if not self._sent:
            return
        done, self._sent = self._sent, []
        try:
            await store.sent(self._database, done)
        except BaseException:
            self._sent += done
            raise
