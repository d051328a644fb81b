"""What NATS is told, without a server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sagac.templates.choreography.runtime.message import Message, message_of
from sagac.templates.choreography.runtime.nats import NatsBus
from sagac.templates.choreography.runtime.tokens import Course, Event


def test_two_sagas_of_one_key_are_not_taken_for_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stream is shared, and drops what has the id of another message."""
    bus, told = NatsBus("nats://127.0.0.1:1", []), []

    async def publish(body: bytes, subject: str, *, headers: dict[str, str], **more: Any) -> None:
        told.append(headers["Nats-Msg-Id"])

    def message(saga: str) -> Message:
        return message_of(Event("42", "start", (), "done"), saga, 1, "Started", Course("42"))

    monkeypatch.setattr(bus.broker, "publish", publish)
    asyncio.run(bus.publish([message("orders"), message("returns"), message("orders")]))
    assert told[0] != told[1]
    assert told[0] == told[2]
