"""What an observer keeps: the events of each saga, and one row per saga that follows from them.

Reading needs no running observer; any process that can open the database may ask.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from ...contract.database import Connection
from .heard import At, Record
from .message import event_from
from .picture import Picture
from .tokens import Event
from .whereabouts import Whereabouts

TABLES = (
    """create table if not exists observed_events (id text primary key, saga text not null,
    key text not null, version integer not null, node text not null, iteration text not null,
    outcome text not null, at double precision not null, service text not null, name text not null,
    cause text, data text not null)""",
    "create index if not exists observed_events_saga on observed_events (saga, key)",
    """create table if not exists observed_sagas (saga text not null, key text not null,
    version integer not null, started double precision not null, rank integer not null,
    dirty integer not null, told integer not null, state text not null, at text not null,
    since double precision not null, because text, output text, marks text not null,
    primary key (saga, key))""",
    """create index if not exists observed_sagas_dirty on observed_sagas (saga, key)
    where dirty = 1""",
    """create table if not exists observed_pictures (saga text not null, version integer not null,
    data text not null, primary key (saga, version))""",
    """create table if not exists observed_positions (stream text primary key,
    seq bigint not null)""",
)

State = Literal["RUNNING", "WAITING", "COMPENSATING", "COMPLETED", "COMPENSATED", "STUCK"]
ENDED = ("COMPLETED", "COMPENSATED")


@dataclass(frozen=True)
class Seen:
    """One saga: what its row says, and what follows for its effects."""

    saga: str
    key: str
    version: int
    state: State
    at: tuple[At, ...]
    since: float
    started: float
    because: dict[str, Any] | None = None
    output: Any = None
    marks: tuple[dict[str, str], ...] = ()
    effects: tuple[dict[str, Any], ...] = field(default_factory=tuple)

    @property
    def row(self) -> tuple[object, ...]:
        """What the table holds of it."""
        return (
            self.state,
            json.dumps([each.path for each in self.at]),
            self.since,
            _text(self.because),
            _text(self.output),
            json.dumps(self.marks),
        )


def see(picture: Picture, key: str, records: Sequence[Record]) -> Seen:
    """Where a saga is, from all that was heard of it, in any order."""
    told = sorted(records, key=lambda each: (each.at, each.id))
    end = next((r for r in told if (r.event.node, r.event.outcome) == ("end", "done")), None)
    over = next((r for r in told if r.event.outcome == "ended"), None)
    state, at, since = _position(picture, told, end or over, end is not None)
    ending = over or end
    return Seen(
        saga=picture.saga,
        key=key,
        version=picture.version,
        state=state,
        at=at,
        since=since,
        started=told[0].at,
        because=_because(told, end, over),
        output=end.event.values or None if end is not None else None,
        marks=tuple(_mark(each) for each in (ending.event.marks if ending else ())),
        effects=tuple(_effects(picture, told)),
    )


def _position(
    picture: Picture, told: list[Record], over: Record | None, completed: bool
) -> tuple[State, tuple[At, ...], float]:
    if over is not None:
        return "COMPLETED" if completed else "COMPENSATED", (), over.at
    where = Whereabouts(picture, told)
    at = where.at()
    stuck = tuple(each for each in at if each.why is not None)
    if stuck:
        return "STUCK", stuck, stuck[0].since
    back = any(each.kind == "undo" for each in at)
    last = where.forward("end", ())
    if back or (last is not None and last.token == "abort"):
        return "COMPENSATING", tuple(at), told[-1].at
    if at and all(each.kind == "wait" for each in at):
        return "WAITING", tuple(at), told[-1].at
    return "RUNNING", tuple(at), told[-1].at


def _because(told: list[Record], end: Record | None, over: Record | None) -> dict[str, Any] | None:
    if end is not None:
        return None
    failure = over.event.failure if over is not None else None
    if failure is None:
        failures = (
            r.event.failure for r in told if r.event.breaks or r.event.outcome == "accepted"
        )
        failure = next((each for each in failures if each is not None), None)
    return None if failure is None else asdict(failure)


def _mark(text: str) -> dict[str, str]:
    step, _, why = text.partition(": ")
    return {"step": step, "why": why or "its compensation was given up"}


def _effects(picture: Picture, told: list[Record]) -> Iterable[dict[str, Any]]:
    seen: set[tuple[str, str]] = set()
    for record in told:
        event, spot = record.event, picture.spots[record.event.node]
        path = spot.path.format(*event.iteration)
        found = []
        if event.outcome == "done" and spot.effect and event.ran:
            found.append(("do", spot.action))
        if event.undid and spot.undo:
            found.append(("undo", spot.undo))
        for kind, action in found:
            if (path, kind) not in seen:
                seen.add((path, kind))
                yield {"step": path, "action": action, "kind": kind, "at": iso(record.at)}


def teller(picture: Picture, event: Event) -> str:
    """The service that told an event."""
    spot = picture.spots[event.node]
    undone = event.undid and event.outcome == "undone"
    stuck = event.outcome in ("stuck", "unstuck") and event.failure is not None
    undoing = undone or (stuck and str(event.failure and event.failure.step).endswith("~undo"))
    return picture.spots[spot.undoer].owner if spot.undoer and undoing else spot.owner


class Observed:
    """The database of an observer, open for reading."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pictures: dict[tuple[str, int], Picture] = {}

    def picture(self, saga: str, version: int) -> Picture | None:
        """The picture of a version, None if no observer knew it."""
        if (saga, version) not in self._pictures:
            sql = "select data from observed_pictures where saga = ? and version = ?"
            rows = self._connection.execute(sql, (saga, version))
            if not rows:
                return None
            self._pictures[saga, version] = Picture.of(json.loads(rows[0][0]))
        return self._pictures[saga, version]

    def sagas(self, key: str | None = None) -> list[Seen]:
        """All sagas, the oldest first, or those with a key (or ``saga/key``)."""
        sql = "select saga, key, version from observed_sagas"
        if key is not None:
            sql += " where key = ? or saga || '/' || key = ?"
        rows = self._connection.execute(
            f"{sql} order by started, saga, key", (key, key) if key is not None else ()
        )
        return [each for row in rows if (each := self._seen(*row)) is not None]

    def _seen(self, saga: str, key: str, version: int) -> Seen | None:
        picture = self.picture(saga, version)
        return None if picture is None else see(picture, key, self.records(saga, key))

    def records(self, saga: str, key: str) -> list[Record]:
        """All that was heard of a saga, in the order of its telling."""
        sql = f"{SELECT} where saga = ? and key = ? order by at, id"
        return [record_of(row) for row in self._connection.execute(sql, (saga, key))]

    def close(self) -> None:
        """Closes the database."""
        self._connection.close()


SELECT = "select id, name, at, cause, data from observed_events"


def record_of(row: tuple[Any, ...]) -> Record:
    """A row of ``SELECT``."""
    id, name, at, cause, data = row
    return Record(str(id), event_from(json.loads(data)), float(at), str(name), cause)


def iso(at: float) -> str:
    """A time as the state object has it."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _text(data: Any) -> str | None:
    return None if data is None else json.dumps(data)
