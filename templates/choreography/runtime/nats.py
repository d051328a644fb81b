"""NATS JetStream as the transport, through FastStream.

One stream holds the events of all sagas on a server; a service has a durable consumer for each
event that it hears, so that what was sent while it was down, or before it was first started, is
delivered when it comes. What cannot be taken in now is asked for again after a pause.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage
from nats.js.api import ConsumerConfig, DeliverPolicy, DiscardPolicy, StorageType

from .bus import Receive
from .message import Message
from .nodes import Table

log = logging.getLogger("saga")

STREAM = "sagas"
_ACK_WAIT = 30.0  # seconds until an unacknowledged message is delivered again
_AGAIN = 1.0  # seconds until one that could not be taken in is
_SIDE_BY_SIDE = 16  # messages that one process takes in at a time; more would move in convoys
_CLOSING = 10.0  # seconds that messages in hand have when the connection ends
_AT_ONCE = 64  # unacknowledged messages per event and service


class NatsBus:
    """A connection to the server ``url`` for one service, whose ``tables`` name its sagas."""

    def __init__(self, url: str, tables: Sequence[Table]) -> None:
        subjects = sorted({f"{table.saga}.>" for table in tables})
        self.broker = NatsBroker(
            url, logger=None, max_reconnect_attempts=-1, apply_types=False, decoder=_as_it_is
        )
        self._turns = asyncio.Semaphore(_SIDE_BY_SIDE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._stream = JStream(
            STREAM,
            subjects=[*subjects, "outside.>"],
            storage=StorageType.FILE,
            discard=DiscardPolicy.NEW,
            duplicate_window=120.0,
        )

    async def subscribe(self, service: str, subjects: Sequence[str], receive: Receive) -> None:
        """Begins to deliver ``subjects`` to ``receive``, from the stream's first message on."""
        for subject in subjects:
            durable = re.sub(r"[^A-Za-z0-9_-]", "-", f"{service}-{subject}")
            config = ConsumerConfig(ack_wait=_ACK_WAIT, max_deliver=-1, max_ack_pending=_AT_ONCE)
            self.broker.subscriber(
                subject,
                stream=self._stream,
                queue=durable,
                deliver_policy=DeliverPolicy.ALL,
                config=config,
                ack_policy=AckPolicy.MANUAL,
                title=f"{subject}:{service}",
                no_reply=True,
            )(self._handler(receive))
        await self.broker.start()

    async def publish(self, messages: Sequence[Message]) -> None:
        """Returns when the server has stored all messages; raises if one is not confirmed."""
        await asyncio.gather(
            *(
                self.broker.publish(
                    each.body,
                    each.subject,
                    headers={"ce-id": each.id, **each.headers, "Nats-Msg-Id": _unique(each)},
                    stream=STREAM,
                    timeout=5.0,
                )
                for each in messages
            )
        )

    async def close(self) -> None:
        """Lets what has been delivered be taken in, then ends the connection."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CLOSING)
        await self.broker.stop()

    def _handler(self, receive: Receive) -> Callable[[NatsMessage], Coroutine[Any, Any, None]]:
        """Messages are taken in side by side, so that many can be one commit."""

        async def handle(message: NatsMessage) -> None:
            await self._turns.acquire()
            task = asyncio.create_task(_take_in(message, receive))
            self._tasks.add(task)
            task.add_done_callback(self._over)

        return handle

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._turns.release()


async def _take_in(message: NatsMessage, receive: Receive) -> None:
    headers = {key: value for key, value in message.headers.items() if isinstance(value, str)}
    raw = message.raw_message
    id = headers.get("ce-id") or headers.get("Nats-Msg-Id") or str(message.message_id)
    try:
        await receive(Message(id, raw.subject, raw.data, headers))
    except Exception:
        log.exception("%s cannot be taken in; again in %s s", raw.subject, _AGAIN)
        with suppress(Exception):
            await message.nack(delay=_AGAIN)
        return
    with suppress(Exception):  # then it is delivered again, and known
        await message.ack()


def _unique(message: Message) -> str:
    """All sagas share a stream, which drops what has the id of another message."""
    return f"{message.subject}/{message.id}"


async def _as_it_is(message: NatsMessage) -> NatsMessage:
    """The body is read by whoever takes it in."""
    return message
