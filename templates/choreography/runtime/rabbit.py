"""RabbitMQ as the transport, through FastStream.

A topic exchange for all events; a quorum queue for each event that a service hears. Every service
declares the queues of all services of the saga, since what is published before a queue exists would
be gone, and a stream that keeps all of its events for the observer.

``SAGA_QUEUES=classic`` makes durable classic queues instead. A single server of version 3.10 that
was killed may never find a leader for a quorum queue again, and then delivers nothing.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

import aio_pika
from faststream import AckPolicy
from faststream.rabbit import (
    Channel,
    ExchangeType,
    QueueType,
    RabbitBroker,
    RabbitExchange,
    RabbitMessage,
    RabbitQueue,
)

from .bus import Receive
from .message import Message
from .nodes import Table

EXCHANGE = RabbitExchange("sagas", type=ExchangeType.TOPIC, durable=True)
_AT_ONCE = 64
_AGAIN = 1.0


class RabbitBus:
    """A connection to the server ``url`` for one service."""

    def __init__(self, url: str, tables: Sequence[Table]) -> None:
        self._url = url
        self.broker = RabbitBroker(
            url,
            logger=None,
            default_channel=Channel(prefetch_count=_AT_ONCE, on_return_raises=True),
        )
        self._told: dict[str, set[str]] = {table.saga: set() for table in tables}
        for table in tables:
            self._told[table.saga].update(table.names.values())
        self._others = {
            (service, f"{table.saga}.{name}")
            for table in tables
            for service, names in table.listeners.items()
            for name in names
        }

    async def subscribe(self, service: str, subjects: Sequence[str], receive: Receive) -> None:
        """Begins to deliver ``subjects`` to ``receive``."""
        for subject in subjects:
            self.broker.subscriber(_queue(service, subject), EXCHANGE, ack_policy=AckPolicy.MANUAL)(
                _handler(subject, receive)
            )
        await self._declare_streams()
        await self.broker.connect()
        exchange = await self.broker.declare_exchange(EXCHANGE)
        for other, subject in sorted(self._others):
            queue = await self.broker.declare_queue(_queue(other, subject))
            await queue.bind(exchange, subject)
        await self.broker.start()

    async def _declare_streams(self) -> None:
        async with await aio_pika.connect(self._url) as connection:
            for saga, names in sorted(self._told.items()):
                await declare_stream(await connection.channel(), saga, names)

    async def publish(self, messages: Sequence[Message]) -> None:
        """Returns when the server has all messages; raises if one is not confirmed."""
        await asyncio.gather(
            *(
                self.broker.publish(
                    each.body,
                    exchange=EXCHANGE,
                    routing_key=each.subject,
                    headers=dict(each.headers),
                    message_id=each.id,
                    persist=True,
                    mandatory=_needs_a_queue(each.subject),
                    timeout=5.0,
                )
                for each in messages
            )
        )

    async def close(self) -> None:
        """Ends the connection."""
        await self.broker.stop()


def stream_name(saga: str) -> str:
    """The stream that keeps all events of a saga."""
    return f"observer:{saga}"


async def declare_stream(channel: Any, saga: str, names: Iterable[str] = ()) -> Any:
    """Makes it if it is missing; from then on it has every event of these names.

    Not what asks for the start of a saga: that is refused as long as only the stream would have it.
    """
    exchange = await channel.declare_exchange(EXCHANGE.name, "topic", durable=True)
    arguments = {"x-queue-type": "stream"}
    stream = await channel.declare_queue(stream_name(saga), durable=True, arguments=arguments)
    for name in sorted(names):
        await stream.bind(exchange, f"{saga}.{name}")
    return stream


def _needs_a_queue(subject: str) -> bool:
    """What comes from outside is refused as long as nobody has declared a queue for it."""
    return subject.startswith("outside.") or subject.endswith(".start")


def _queue(service: str, subject: str) -> RabbitQueue:
    name, key = f"{service}:{subject}", subject
    if os.environ.get("SAGA_QUEUES") == "classic":
        return RabbitQueue(name, queue_type=QueueType.CLASSIC, durable=True, routing_key=key)
    return RabbitQueue(name, queue_type=QueueType.QUORUM, durable=True, routing_key=key)


def _handler(
    subject: str, receive: Receive
) -> Callable[[RabbitMessage], Coroutine[Any, Any, None]]:
    async def handle(message: RabbitMessage) -> None:
        headers = {key: value for key, value in message.headers.items() if isinstance(value, str)}
        id = headers.get("ce-id") or str(message.message_id)
        try:
            await receive(Message(id, subject, message.body, headers))
        except Exception:
            await asyncio.sleep(_AGAIN)
            await message.nack(requeue=True)
            raise
        await message.ack()

    return handle
