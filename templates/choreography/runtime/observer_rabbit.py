"""The observer on RabbitMQ: reads a stream of all events of a saga in order, many at a time.

Queues forget what has been taken from them; so each saga has a queue of the type stream besides,
which keeps everything (RabbitMQ 3.9 or newer). Reading takes nothing away. How far it has been read
is kept with what was read, in the same transaction; without it, it is read from the first event on.
"""

from __future__ import annotations

import asyncio
from typing import Any

import aio_pika

from .message import Message
from .observer import Observer
from .observing import without_end
from .rabbit import declare_stream, stream_name

_MOST = 1000  # events of one transaction
_OFFSET = "x-stream-offset"


async def follow(observer: Observer, url: str) -> None:
    """Reads the events of the observer's sagas until it is cancelled."""
    async with asyncio.TaskGroup() as group:
        for saga in sorted({saga for saga, _ in observer.pictures}):
            group.create_task(_follow(observer, url, saga))


async def _follow(observer: Observer, url: str, saga: str) -> None:
    await without_end(f"the stream {stream_name(saga)}", lambda: _connected(observer, url, saga))


async def _connected(observer: Observer, url: str, saga: str) -> None:
    connection = await aio_pika.connect(url)
    try:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=_MOST)
        await _read(observer, channel, saga)
    finally:
        await connection.close()


async def _read(observer: Observer, channel: Any, saga: str) -> None:
    stream = await declare_stream(channel, saga)
    name = stream_name(saga)
    position = await observer.position(name)
    heard: asyncio.Queue[Any] = asyncio.Queue()
    channel.close_callbacks.add(lambda *_: heard.put_nowait(None))
    await stream.consume(heard.put, arguments={_OFFSET: position or "first"})
    while True:
        found = [await heard.get()]
        while len(found) < _MOST and not heard.empty():
            found.append(heard.get_nowait())
        if None in found:
            raise ConnectionError("the connection to RabbitMQ was lost")
        last = int(found[-1].headers[_OFFSET])
        await observer.take([_message(each) for each in found], (name, last + 1))
        await found[-1].ack(multiple=True)


def _message(raw: Any) -> Message:
    headers = {key: value for key, value in raw.headers.items() if isinstance(value, str)}
    id = headers.get("ce-id") or str(raw.message_id)
    return Message(id, str(raw.routing_key), raw.body, headers)
