"""How the hand-written services talk: NATS through FastStream, or one process without a server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage
from nats.js.api import ConsumerConfig, DeliverPolicy, StorageType


@dataclass(frozen=True, slots=True)
class Event:
    """One event; ``id`` is the same for each copy."""

    id: str
    type: str
    key: str
    started: float
    data: dict[str, Any]
    body: str
    cause: str

    @classmethod
    def read(cls, id: str, type: str, body: str, cause: str = "") -> Event:
        """The event in a body."""
        told = json.loads(body)
        return cls(id, type, told["key"], told["started"], told["data"], body, cause)

    def headers(self) -> dict[str, str]:
        """CloudEvents, correlation, causation."""
        return {
            "ce-specversion": "1.0",
            "ce-id": self.id,
            "ce-source": "/orders",
            "ce-type": self.type,
            "ce-time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "correlation-id": self.key,
            "causation-id": self.cause,
            "Nats-Msg-Id": self.id,
        }


Receive = Callable[[Event], Awaitable[None]]


class Bus(Protocol):
    """Carries events at least once."""

    async def subscribe(self, service: str, types: Sequence[str], receive: Receive) -> None: ...

    async def publish(self, events: Sequence[Event]) -> None: ...


class LocalBus:
    """All services in one process."""

    def __init__(self) -> None:
        self.heard: dict[str, list[Receive]] = {}

    async def subscribe(self, service: str, types: Sequence[str], receive: Receive) -> None:
        for each in types:
            self.heard.setdefault(each, []).append(receive)

    async def publish(self, events: Sequence[Event]) -> None:
        for event in events:
            for receive in self.heard.get(event.type, ()):
                await receive(event)


class NatsBus:
    """One durable consumer for each event that a service hears."""

    def __init__(self, url: str) -> None:
        self.broker = NatsBroker(url, logger=None, max_reconnect_attempts=-1)
        self.stream = JStream(
            "orders", subjects=["orders.>"], storage=StorageType.FILE, duplicate_window=120.0
        )

    async def subscribe(self, service: str, types: Sequence[str], receive: Receive) -> None:
        for each in types:
            self.broker.subscriber(
                f"orders.{each}",
                stream=self.stream,
                queue=f"{service}-{each}",
                deliver_policy=DeliverPolicy.ALL,
                config=ConsumerConfig(ack_wait=30, max_deliver=-1, max_ack_pending=64),
                ack_policy=AckPolicy.MANUAL,
                title=f"{each}:{service}",
            )(_handler(each, receive))
        await self.broker.start()

    async def publish(self, events: Sequence[Event]) -> None:
        await asyncio.gather(
            *(
                self.broker.publish(
                    each.body.encode(),
                    f"orders.{each.type}",
                    headers=each.headers(),
                    stream="orders",
                    timeout=5,
                )
                for each in events
            )
        )


def _handler(type: str, receive: Receive) -> Callable[[NatsMessage], Awaitable[None]]:
    async def handle(message: NatsMessage) -> None:
        id = str(message.headers.get("ce-id") or message.message_id)
        try:
            await receive(Event.read(id, type, message.body.decode()))
        except Exception:
            await message.nack(delay=1)
            raise
        await message.ack()

    return handle
