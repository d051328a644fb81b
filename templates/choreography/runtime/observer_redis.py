"""The observer on Redis: reads the streams of all events in order, many at a time.

It belongs to no consumer group and acknowledges nothing, so it never holds anything up. How far it
has read is kept with what it has read, in the same transaction; without it, it reads from the first
entry on. What has been trimmed from a stream is not heard again.
"""

from __future__ import annotations

from typing import Any

from faststream.redis import BinaryMessageFormatV1
from redis.asyncio import Redis

from .message import Message
from .observer import Observer
from .observing import without_end

_MOST = 200  # entries of one stream in one transaction
_WAIT = 1000  # milliseconds that a read waits for entries
_DATA = b"__data__"  # where FastStream keeps a message in an entry
_BITS = 20  # of a position, for the number of an entry within its millisecond


async def follow(observer: Observer, url: str) -> None:
    """Reads the events of the observer's sagas until it is cancelled."""
    await without_end("the streams of Redis", lambda: _read(observer, url))


async def _read(observer: Observer, url: str) -> None:
    seen = {subject: await observer.position(subject) for subject in observer.subjects}
    async with Redis.from_url(url) as client:
        while True:
            wanted = {subject: _entry(at) for subject, at in seen.items()}
            found: Any = await client.xread(wanted, count=_MOST, block=_WAIT)  # type: ignore[arg-type,unused-ignore]
            heard = {stream.decode(): entries for stream, entries in found or ()}
            for subject, entries in heard.items():
                seen[subject] = _position(entries[-1][0])
            messages = [_message(s, *entry) for s, entries in heard.items() for entry in entries]
            if messages:
                await observer.take(messages, *((subject, seen[subject]) for subject in heard))


def _position(id: bytes) -> int:
    milliseconds, _, number = id.partition(b"-")
    return int(milliseconds) << _BITS | int(number)


def _entry(position: int) -> str:
    return f"{position >> _BITS}-{position & ((1 << _BITS) - 1)}"


def _message(subject: str, id: bytes, fields: dict[bytes, bytes]) -> Message:
    body, told = BinaryMessageFormatV1.parse(fields.get(_DATA, b""))
    headers = {key: value for key, value in told.items() if isinstance(value, str)}
    return Message(headers.get("ce-id") or id.decode(), subject, body, headers)
