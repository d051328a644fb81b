"""NATS JetStream as the transport, through FastStream.

One stream holds the events of all sagas on a server; a service has a durable consumer for each
event that it hears, so that what was sent while it was down, or before it was first started, is
delivered when it comes. What cannot be taken in now is asked for again after a pause.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage
from nats.js.api import ConsumerConfig, DeliverPolicy, DiscardPolicy, StorageType

from .bus import Receive
from .message import Message
from .nodes import Table

STREAM = "sagas"
_ACK_WAIT = 30.0  # seconds until an unacknowledged message is delivered again
_AGAIN = 1.0  # seconds until one that could not be taken in is
_AT_ONCE = 64  # unacknowledged messages per event and service


class NatsBus:
    """A connection to the server ``url`` for one service, whose ``tables`` name its sagas."""

    def __init__(self, url: str, tables: Sequence[Table]) -> None:
        subjects = sorted({f"{table.saga}.>" for table in tables})
        self.broker = NatsBroker(url, logger=None, max_reconnect_attempts=-1)
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
            )(_handler(receive))
        await self.broker.start()

    async def publish(self, messages: Sequence[Message]) -> None:
        """Returns when the server has stored all messages; raises if one is not confirmed."""
        await asyncio.gather(
            *(
                self.broker.publish(
                    each.body,
                    each.subject,
                    headers={**each.headers, "Nats-Msg-Id": each.id},
                    stream=STREAM,
                    timeout=5.0,
                )
                for each in messages
            )
        )

    async def close(self) -> None:
        """Ends the connection."""
        await self.broker.stop()


def _handler(receive: Receive) -> Callable[[NatsMessage], Coroutine[Any, Any, None]]:
    async def handle(message: NatsMessage) -> None:
        headers = {key: value for key, value in message.headers.items() if isinstance(value, str)}
        raw = message.raw_message
        id = headers.get("ce-id") or headers.get("Nats-Msg-Id") or str(message.message_id)
        try:
            await receive(Message(id, raw.subject, raw.data, headers))
        except Exception:
            await message.nack(delay=_AGAIN)
            raise
        await message.ack()

    return handle
