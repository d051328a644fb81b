"""The observer on Kafka: reads the topics of all events, many records at a time.

It belongs to no consumer group and commits nothing, so it never holds anything up. How far it has
read is kept with what it has read, in the same transaction; without it, it reads from the first
record on. What is older than the retention of a topic is not heard again.
"""

from __future__ import annotations

from typing import Any

from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped,unused-ignore]

from .kafka import create_topics, servers
from .message import Message
from .observer import Observer
from .observing import without_end

_MOST = 1000  # records of one transaction
_WAIT = 1000  # milliseconds that a read waits for records


async def follow(observer: Observer, url: str) -> None:
    """Reads the events of the observer's sagas until it is cancelled."""
    await without_end("the topics of Kafka", lambda: _read(observer, url))


async def _read(observer: Observer, url: str) -> None:
    topics = observer.subjects
    await create_topics(url, topics)
    consumer = AIOKafkaConsumer(
        *topics,
        bootstrap_servers=servers(url),
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        for part in consumer.assignment():
            at = await observer.position(_name(part))
            if at:
                consumer.seek(part, at)
        while True:
            found = await consumer.getmany(timeout_ms=_WAIT, max_records=_MOST)
            messages = [_message(each) for records in found.values() for each in records]
            if messages:
                next_ = ((_name(part), records[-1].offset + 1) for part, records in found.items())
                await observer.take(messages, *next_)
    finally:
        await consumer.stop()


def _name(part: Any) -> str:
    return f"{part.topic}/{part.partition}"


def _message(record: Any) -> Message:
    headers = {key: value.decode("utf-8", "replace") for key, value in record.headers}
    id = headers.get("ce-id") or f"{record.topic}/{record.partition}/{record.offset}"
    return Message(id, record.topic, record.value or b"", headers)
