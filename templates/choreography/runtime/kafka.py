"""Kafka as the transport, through FastStream.

A topic per event, a consumer group per service that begins at the topic's first record; records of
one saga share a partition. A record is committed when it is in the service's database; one that
cannot be taken in is tried until it can, since what comes after it would be committed with it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic  # type: ignore[import-untyped,unused-ignore]
from aiokafka.errors import TopicAlreadyExistsError  # type: ignore[import-untyped,unused-ignore]
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage

from .bus import Receive
from .message import Message
from .nodes import Table

log = logging.getLogger("saga")

_PARTITIONS = 3
_AGAIN = 1.0
_SESSION = 6_000  # milliseconds until the records of a service that is down go to another process


class KafkaBus:
    """A connection to the servers ``url`` (``host:port,…``) for one service."""

    def __init__(self, url: str, tables: Sequence[Table]) -> None:
        self.url = url
        self.broker = KafkaBroker(servers(url), logger=None, acks="all")
        self._topics = {f"{t.saga}.{name}" for t in tables for name in t.names.values()}

    async def subscribe(self, service: str, subjects: Sequence[str], receive: Receive) -> None:
        """Begins to deliver ``subjects`` to ``receive``, from each topic's first record on."""
        await create_topics(self.url, sorted({*subjects, *self._topics}))
        if subjects:
            self.broker.subscriber(
                *subjects,
                group_id=service,
                auto_offset_reset="earliest",
                ack_policy=AckPolicy.MANUAL,
                session_timeout_ms=_SESSION,
                heartbeat_interval_ms=_SESSION // 3,
            )(_handler(receive))
        await self.broker.start()

    async def publish(self, messages: Sequence[Message]) -> None:
        """Returns when the servers have all messages; raises if one is not confirmed."""
        await asyncio.gather(
            *(
                self.broker.publish(
                    each.body,
                    each.subject,
                    key=each.headers.get("ce-subject", "").encode(),
                    headers={**each.headers, "ce-id": each.id},
                )
                for each in messages
            )
        )

    async def close(self) -> None:
        """Ends the connection."""
        await self.broker.stop()


def servers(url: str) -> list[str]:
    """The servers of a URL, as the client takes them."""
    return url.removeprefix("kafka://").split(",")


async def create_topics(url: str, topics: Sequence[str]) -> None:
    """Makes those that are missing."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers(url))
    await admin.start()
    try:
        for topic in topics:
            try:
                await admin.create_topics([NewTopic(topic, _PARTITIONS, 1)])
            except TopicAlreadyExistsError:
                continue
    finally:
        await admin.close()


def _handler(receive: Receive) -> Callable[[KafkaMessage], Coroutine[Any, Any, None]]:
    async def handle(message: KafkaMessage) -> None:
        headers = {key: value for key, value in message.headers.items() if isinstance(value, str)}
        raw: Any = message.raw_message
        id = headers.get("ce-id") or str(message.message_id)
        while True:
            try:
                await receive(Message(id, raw.topic, message.body, headers))
                break
            except Exception:
                log.exception("%s cannot be taken in; again in %s s", raw.topic, _AGAIN)
                await asyncio.sleep(_AGAIN)
        await message.ack()

    return handle
