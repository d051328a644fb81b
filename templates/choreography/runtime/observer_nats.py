"""The observer on NATS: reads the whole stream in order, many events at a time.

It has no durable consumer and acknowledges nothing, so it never holds anything up. How far it has
read is kept with what it has read, in the same transaction.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import nats
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig, DeliverPolicy
from nats.js.client import JetStreamContext

from .message import Message
from .nats import STREAM
from .observer import Observer
from .observing import without_end

_MOST = 1000  # events of one transaction


async def follow(observer: Observer, url: str) -> None:
    """Reads the events of the observer's sagas until it is cancelled."""
    client = await nats.connect(url, max_reconnect_attempts=-1)
    subjects = sorted({f"{saga}.>" for saga, _ in observer.pictures})
    try:
        async with asyncio.TaskGroup() as group:
            for subject in subjects:
                group.create_task(_read(observer, client.jetstream(), subject))
    finally:
        with suppress(Exception):
            await client.close()


async def _read(observer: Observer, stream: JetStreamContext, subject: str) -> None:
    name = f"{STREAM} {subject}"

    async def read() -> None:
        await _listen(observer, stream, subject, await observer.position(name))

    await without_end(f"the stream {name}", read)


async def _listen(
    observer: Observer, stream: JetStreamContext, subject: str, position: int
) -> None:
    queue: asyncio.Queue[Msg] = asyncio.Queue(_MOST * 4)
    policy = DeliverPolicy.BY_START_SEQUENCE if position else DeliverPolicy.ALL
    config = ConsumerConfig(deliver_policy=policy, opt_start_seq=position + 1 if position else None)
    subscription = await stream.subscribe(
        subject, stream=STREAM, cb=queue.put, ordered_consumer=True, config=config
    )
    try:
        while True:
            found = [await queue.get()]
            while len(found) < _MOST and not queue.empty():
                found.append(queue.get_nowait())
            last = found[-1].metadata.sequence.stream
            await observer.take([_message(each) for each in found], (f"{STREAM} {subject}", last))
    finally:
        with suppress(Exception):
            await subscription.unsubscribe()


def _message(raw: Msg) -> Message:
    headers = dict(raw.headers or {})
    id = headers.get("ce-id") or headers.get("Nats-Msg-Id") or str(raw.metadata.sequence.stream)
    return Message(id, raw.subject, raw.data, headers)
