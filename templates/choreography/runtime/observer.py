"""The observer: hears all events of a saga and keeps where each one is. It sends nothing.

Many events are one transaction. What is written does not depend on their order, nor on how often
one comes, so the database can be thrown away and made again from the stream.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...contract.database import Database, connect, is_postgres
from . import observed
from .bus import Receive, Transport
from .message import BadMessage, Message, plain_event, read, to_json
from .observed import Observed, Seen, see, teller
from .picture import Picture
from .tokens import Event

log = logging.getLogger("saga")

_ROWS = 400  # of one statement
_SETTLED = 200  # sagas whose rows are made at once
_RANKS = {("end", "ended"): 8, ("end", "done"): 9}
_STATES = {1: "RUNNING", 8: "COMPENSATED", 9: "COMPLETED"}


class Observer:
    """Keeps the sagas of ``pictures`` (all versions that may run) in the database ``url``."""

    def __init__(self, pictures: Sequence[Picture], url: str) -> None:
        self.pictures = {(each.saga, each.version): each for each in pictures}
        self.database = Database(url)

    async def open(self) -> None:
        """Makes the tables."""
        await self.database.create(observed.TABLES)
        for (saga, version), picture in self.pictures.items():
            row = (saga, version, json.dumps(picture.to_json()))
            await self.database.execute(_PICTURE, row)

    def close(self) -> None:
        """Closes the database."""
        self.database.close()

    @property
    def subjects(self) -> list[str]:
        """All that is to be heard, where each event has a stream of its own."""
        found = {
            f"{each.saga}.{name}" for each in self.pictures.values() for name in each.names.values()
        }
        return sorted(found)

    async def take(self, messages: Sequence[Message], *positions: tuple[str, int]) -> None:
        """Many messages, in one transaction. ``positions``: how far streams have been read."""
        rows = [row for each in messages if (row := self._row(each)) is not None]
        async with self.database.transaction() as tx:
            for some in _parts(rows):
                new = await tx.execute(f"{_EVENT} {_marks(some)} {_NEW}", _flat(some))
                await self._touch(tx, {str(id) for (id,) in new}, some)
            for position in positions:
                await tx.execute(_POSITION, position)

    async def position(self, stream: str) -> int:
        """How far a stream has been read; 0: not at all."""
        sql = "select seq from observed_positions where stream = ?"
        rows = await self.database.execute(sql, (stream,))
        return int(rows[0][0]) if rows else 0

    async def settle(self) -> int:
        """Makes the rows of sagas of which something was heard; how many there were."""
        found = await self.database.execute(_DIRTY, (_SETTLED,))
        async with self.database.transaction() as tx:
            for saga, key, version, told in found:
                seen = await self._see(tx, str(saga), str(key), int(version))
                if seen is not None:
                    await tx.execute(_SETTLE, (*seen.row, saga, key, told))
        return len(found)

    async def _see(self, tx: Any, saga: str, key: str, version: int) -> Seen | None:
        picture = self.pictures.get((saga, version))
        rows = await tx.execute(f"{observed.SELECT} where saga = ? and key = ?", (saga, key))
        if picture is None or not rows:
            return None
        return see(picture, key, [observed.record_of(row) for row in rows])

    def _row(self, message: Message) -> tuple[object, ...] | None:
        try:
            told = read(message)
        except BadMessage:
            return None  # the services that hear it keep it as a dead letter
        picture, event = self.pictures.get((told.saga, told.version)), told.event
        spot = picture.spots.get(event.node) if picture is not None else None
        if picture is None or spot is None or spot.depth != len(event.iteration):
            return None
        return (
            message.id,
            told.saga,
            event.key,
            told.version,
            event.node,
            ".".join(map(str, event.iteration)),
            event.outcome,
            _time(message, told.started),
            teller(picture, event),
            picture.names.get(f"{event.node} {event.outcome}", message.subject.rpartition(".")[2]),
            message.headers.get("causation-id"),
            _kept(event),
        )

    async def _touch(self, tx: Any, new: set[str], rows: Iterable[tuple[Any, ...]]) -> None:
        """The rows of the sagas that these events speak of; an end is in them at once."""
        touched: dict[tuple[str, str], _Touch] = {}
        for id, saga, key, version, node, _, outcome, at, *_ in rows:
            if id in new:
                new.discard(id)  # it may stand in the batch twice
                touch = touched.setdefault((saga, key), _Touch(saga, key, version, at))
                touch.add(at, _RANKS.get((node, outcome), 1))
        for some in _parts([each.row for each in touched.values()]):
            await tx.execute(f"{_SAGA} {_marks(some)} {_MERGE}", _flat(some))


@dataclass
class _Touch:
    saga: str
    key: str
    version: int
    started: float
    since: float = 0.0
    rank: int = 0
    told: int = 0

    def add(self, at: float, rank: int) -> None:
        self.told += 1
        self.started = min(self.started, at)
        if rank > self.rank:
            self.rank, self.since = rank, at

    @property
    def row(self) -> tuple[object, ...]:
        state = _STATES[self.rank]
        place = (self.saga, self.key, self.version, self.started)
        return (*place, self.rank, 1, self.told, state, "[]", self.since, "[]")


class Watched:
    """A bus within one process whose messages an observer sees first, many at a time."""

    def __init__(self, transport: Transport, observer: Observer) -> None:
        self._transport = transport
        self._observer = observer

    async def subscribe(self, service: str, subjects: Sequence[str], receive: Receive) -> None:
        """See Transport."""
        await self._transport.subscribe(service, subjects, receive)

    async def publish(self, messages: Sequence[Message]) -> None:
        """See Transport."""
        await self._observer.take(messages)
        await self._transport.publish(messages)

    async def close(self) -> None:
        """See Transport."""
        await self._transport.close()


def open_observed(url: str) -> Observed:
    """The database of an observer. Raises FileNotFoundError if there is none."""
    from pathlib import Path

    path = Path(url.removeprefix("sqlite:///"))
    if not is_postgres(url) and not path.exists():
        raise FileNotFoundError(str(path))
    connection = connect(url)
    for sql in observed.TABLES:
        connection.execute(sql)
    return Observed(connection)


async def keep_settled(observer: Observer, pause: float = 0.5) -> None:
    """Makes the rows anew whenever something was heard, until it is cancelled."""
    while True:
        try:
            while await observer.settle() == _SETTLED:
                await asyncio.sleep(0)
        except Exception:
            log.exception("the rows of sagas cannot be written; again in %s s", pause)
        await asyncio.sleep(pause)


def _kept(event: Event) -> str:
    """The event without the data that only services read; what a saga gives is shown."""
    plain = plain_event(event)
    if event.node != "end":
        plain.pop("values", None)
    return to_json(plain)


def _time(message: Message, started: float) -> float:
    try:
        return datetime.fromisoformat(message.headers["ce-time"]).timestamp()
    except (LookupError, ValueError):
        return started or time.time()


def _parts(rows: Sequence[tuple[object, ...]]) -> Iterable[Sequence[tuple[object, ...]]]:
    return (rows[at : at + _ROWS] for at in range(0, len(rows), _ROWS))


def _marks(rows: Sequence[tuple[object, ...]]) -> str:
    one = f"({', '.join('?' for _ in rows[0])})"
    return ", ".join([one] * len(rows))


def _flat(rows: Iterable[tuple[object, ...]]) -> list[object]:
    return [value for row in rows for value in row]


_EVENT = """insert into observed_events (id, saga, key, version, node, iteration, outcome, at,
service, name, cause, data) values"""
_NEW = "on conflict do nothing returning id"
_SAGA = """insert into observed_sagas (saga, key, version, started, rank, dirty, told, state, at,
since, marks) values"""
_MERGE = """on conflict (saga, key) do update set dirty = 1,
told = observed_sagas.told + excluded.told,
started = case when excluded.started < observed_sagas.started then excluded.started
else observed_sagas.started end,
state = case when excluded.rank > observed_sagas.rank then excluded.state
else observed_sagas.state end,
since = case when excluded.rank > observed_sagas.rank then excluded.since
else observed_sagas.since end,
rank = case when excluded.rank > observed_sagas.rank then excluded.rank
else observed_sagas.rank end"""
_DIRTY = "select saga, key, version, told from observed_sagas where dirty = 1 limit ?"
_SETTLE = """update observed_sagas set dirty = 0, state = ?, at = ?, since = ?, because = ?,
output = ?, marks = ? where saga = ? and key = ? and told = ?"""
_PICTURE = """insert into observed_pictures (saga, version, data) values (?, ?, ?)
on conflict (saga, version) do update set data = excluded.data"""
_POSITION = """insert into observed_positions (stream, seq) values (?, ?)
on conflict (stream) do update set seq = excluded.seq"""
