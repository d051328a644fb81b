"""Redis Streams as the transport, through FastStream.

A stream per event, a consumer group per service that begins at the stream's first entry. What a
service had in its hands when it went down is claimed by the next one after a while.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from faststream import AckPolicy
from faststream.redis import RedisBroker, RedisStreamMessage, StreamSub
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from .bus import Receive
from .message import Message
from .nodes import Table

log = logging.getLogger("saga")

_POLL = 100  # milliseconds that a read waits for entries
_IDLE = 5_000  # milliseconds after which an entry that nobody has acknowledged is claimed
_AT_ONCE = 64


class RedisBus:
    """A connection to the server ``url`` for one service."""

    def __init__(self, url: str, tables: Sequence[Table]) -> None:
        self.url = url
        self.broker = RedisBroker(url, logger=log, log_level=logging.DEBUG)

    async def subscribe(self, service: str, subjects: Sequence[str], receive: Receive) -> None:
        """Begins to deliver ``subjects`` to ``receive``, from each stream's first entry on."""
        consumer = f"{service}-{socket.gethostname()}"
        async with Redis.from_url(self.url) as client:
            for subject in subjects:
                try:
                    await client.xgroup_create(subject, service, id="0", mkstream=True)
                except ResponseError as problem:
                    if "BUSYGROUP" not in str(problem):
                        raise
        for subject in subjects:
            for idle in (None, _IDLE):
                stream = StreamSub(
                    subject,
                    group=service,
                    consumer=consumer,
                    polling_interval=_POLL,
                    max_records=_AT_ONCE,
                    min_idle_time=idle,
                )
                self.broker.subscriber(stream=stream, ack_policy=AckPolicy.MANUAL)(
                    _handler(subject, receive)
                )
        await self.broker.start()

    async def publish(self, messages: Sequence[Message]) -> None:
        """Returns when the server has all messages; raises if one is not confirmed."""
        for each in messages:
            headers = {**each.headers, "ce-id": each.id}
            await self.broker.publish(each.body, stream=each.subject, headers=headers)

    async def close(self) -> None:
        """Ends the connection."""
        await self.broker.stop()


def _handler(
    subject: str, receive: Receive
) -> Callable[[RedisStreamMessage], Coroutine[Any, Any, None]]:
    async def handle(message: RedisStreamMessage) -> None:
        headers = {key: value for key, value in message.headers.items() if isinstance(value, str)}
        id = headers.get("ce-id") or str(message.message_id)
        await receive(Message(id, subject, message.body, headers))
        await message.ack()

    return handle
