"""The tables of one service: inbox, outbox, ledger, mail from outside, locks, dead letters.

One transaction takes a message in, moves the ledger and puts out what follows. The tables are ours
rather than a library's: none has an inbox with dedupe, a ledger and an outbox on both SQLite and
Postgres in one transaction, and together they are the statements below.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import Any, Protocol

from ...contract.database import Database
from .message import Message, plain_failure, row_from_json, row_to_json, to_json
from .tokens import Course, Failure, Iteration, Row

TABLES = (
    "create table if not exists saga_service (name text primary key)",
    """create table if not exists saga_inbox (id text primary key,
    at double precision not null){rowid}""",
    """create table if not exists saga_outbox (seq {serial}, id text not null unique,
    subject text not null, body text not null, headers text not null, at double precision not null)
    """,
    """create table if not exists saga_nodes (saga text not null, key text not null,
    node text not null, iteration text not null, state text not null, due double precision,
    lease double precision, data text not null, primary key (saga, key, node, iteration)){rowid}""",
    "create index if not exists saga_nodes_due on saga_nodes (due) where due is not null",
    """create index if not exists saga_nodes_still on saga_nodes (saga, key)
    where due is null and state in ('ready', 'undoing', 'open', 'pausing')""",
    """create table if not exists saga_courses (saga text not null, key text not null,
    version integer not null, deadline double precision, ended integer not null, data text not null,
    primary key (saga, key)){rowid}""",
    """create index if not exists saga_courses_deadline on saga_courses (deadline)
    where deadline is not null""",
    """create table if not exists saga_mail (id text primary key, event text not null, key text,
    data text not null, at double precision not null, taken text)""",
    """create table if not exists saga_locks (name text not null, value text not null,
    saga text not null, key text not null, primary key (name, value))""",
    """create table if not exists saga_letters (id text primary key, subject text not null,
    body text not null, headers text not null, why text not null, at double precision not null,
    settled text)""",
    """create table if not exists saga_commands (id text primary key, kind text not null,
    saga text not null, key text not null, target text not null, data text not null,
    who text not null, why text not null, at double precision not null,
    state text not null, answer text)""",
    """create index if not exists saga_commands_pending on saga_commands (at)
    where state = 'pending'""",
)


def tables(*, postgres: bool) -> list[str]:
    """What makes the tables that are missing."""
    serial = "bigserial primary key" if postgres else "integer primary key"
    rowid = "" if postgres else " without rowid"
    return [sql.replace("{serial}", serial).replace("{rowid}", rowid) for sql in TABLES]


async def open(database: Database, service: str) -> None:
    """Makes the tables that are missing, and says whose they are.

    Raises ValueError if they are another service's: each would take the other's messages.
    """
    await database.create(tables(postgres=database.postgres))
    sql = """insert into saga_service select cast(? as text)
    where not exists (select 1 from saga_service) on conflict do nothing"""
    await database.execute(sql, (service,))
    ((name,),) = await database.execute("select name from saga_service")
    if name != service:
        raise ValueError(
            f"this database is that of the service {name}: give {service} one of its own"
            " (SAGA_DATABASE)"
        )


class Tx(Protocol):
    """An open transaction, or a database outside of one."""

    async def execute(self, sql: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Runs one statement with ``?`` marks and returns its rows."""


@dataclass
class SagaRows:
    """The rows of one saga in memory while a transaction is open."""

    rows: dict[tuple[str, Iteration], Row] = field(default_factory=dict)
    read: dict[tuple[str, Iteration], str] = field(default_factory=dict)  # as they are stored
    course: tuple[Any, ...] | None = None  # as it is stored

    def get(self, node: str, iteration: Iteration) -> Row:
        """The row of a node, a new one if there is none."""
        place = (node, iteration)
        if place not in self.rows:
            self.rows[place] = Row(node, iteration)
        return self.rows[place]

    def all(self, node: str, prefix: Iteration) -> list[Row]:
        """The rows of a node within an iteration."""
        size = len(prefix)
        found = [r for (n, at), r in self.rows.items() if n == node and at[:size] == prefix]
        return sorted(found, key=lambda row: row.iteration)


@dataclass(slots=True)
class Due:
    """A row that has something to do."""

    saga: str
    key: str
    node: str
    iteration: Iteration
    version: int


async def take_in(tx: Tx, message: str, now: float) -> bool:
    """Whether a message is new; from now on it is not."""
    sql = "insert into saga_inbox (id, at) values (?, ?) on conflict do nothing returning id"
    return bool(await tx.execute(sql, (message, now)))


async def load(tx: Tx, saga: str, key: str, *, lock: bool) -> tuple[Course, SagaRows, int | None]:
    """What the service knows of a saga, and its version; None: nothing so far."""
    sql = "select version, ended, data from saga_courses where saga = ? and key = ?"
    found = await tx.execute(f"{sql} for update" if lock else sql, (saga, key))
    if not found and lock:  # two processes may be about to write of it for the first time
        await hold(tx, f"{saga}/{key}")
        found = await tx.execute(f"{sql} for update", (saga, key))
    if not found:
        return Course(key), SagaRows(), None
    version, ended, data = found[0]
    plain = {**json.loads(data), "ended": bool(ended)}
    if plain.get("halt") is not None:
        plain["halt"] = Failure(**plain["halt"])
    course = Course(**plain)
    rows = SagaRows(course=written(course))
    sql = "select data from saga_nodes where saga = ? and key = ?"
    for (text,) in await tx.execute(sql, (saga, key)):
        row = row_from_json(text)
        rows.rows[row.node, row.iteration] = row
        rows.read[row.node, row.iteration] = text
    return course, rows, int(version)


async def hold(tx: Tx, what: str, *, shared: bool = False) -> None:
    """On Postgres: has ``what`` for itself as long as ``tx`` lasts, where no row can be locked."""
    sql = f"select pg_advisory_xact_lock{'_shared' if shared else ''}(hashtextextended(?, 0))"
    await tx.execute(sql, (what,))


async def post(tx: Tx, message: Message, event: str, now: float, *, lock: bool) -> None:
    """What came from outside is kept; a wait that is being opened sees it, or is seen after it."""
    if lock:
        await hold(tx, MAIL)
    key = message.headers.get("saga-key")
    body = message.body.decode("utf-8", "replace").replace("\0", "\ufffd")
    await tx.execute(_MAIL, (message.id, event, key, body, now))


async def save(
    tx: Tx, saga: str, key: str, rows: Iterable[Row], read: dict[tuple[str, Iteration], str]
) -> None:
    """Writes those of ``rows`` that are not as they were ``read``; now they are."""
    values: list[tuple[object, ...]] = []
    for row in rows:
        text = row_to_json(row)
        if read.get((row.node, row.iteration)) != text:
            read[row.node, row.iteration] = text
            place = ".".join(map(str, row.iteration))
            values.append((saga, key, row.node, place, row.state, row.due, row.lease, text))
    await _insert(tx, _NODE, values, _NODE_AGAIN)


async def _insert(tx: Tx, sql: str, rows: Sequence[tuple[object, ...]], rest: str) -> None:
    """Many rows with one statement."""
    for at in range(0, len(rows), _AT_ONCE):
        some = rows[at : at + _AT_ONCE]
        text = _inserting(sql, len(some), len(some[0]), rest)
        values = some[0] if len(some) == 1 else [each for row in some for each in row]
        await tx.execute(text, values)


@lru_cache(maxsize=500)
def _inserting(sql: str, rows: int, columns: int, rest: str) -> str:
    marks = ", ".join([f"({', '.join('?' * columns)})"] * rows)
    return f"{sql} values {marks} {rest}"


# what of a course may change and is written, to compare it with what was
written = attrgetter("started", "halt", "decided", "ended", "values", "trace", "tracestate")


def course_to_json(course: Course) -> str:
    """What is known of the saga as a whole; whether it has ended stands beside it."""
    halt = course.halt and plain_failure(course.halt)
    known = {"started": course.started, "halt": halt, "values": course.values}
    traced = {"trace": course.trace, "tracestate": course.tracestate} if course.trace else {}
    return to_json({"key": course.key, "decided": course.decided, **known, **traced})


async def end(tx: Tx, saga: str, key: str, version: int, started: float, *, lock: bool) -> None:
    """The saga has ended elsewhere: nothing of it is kept for later."""
    if lock:
        await hold(tx, f"{saga}/{key}")
    data = course_to_json(Course(key, started))
    await tx.execute(_COURSE_ENDED, (saga, key, version, data))
    await free_locks(tx, saga, key)


async def save_course(
    tx: Tx, saga: str, version: int, course: Course, deadline: float | None
) -> None:
    """Writes what is known of the saga as a whole."""
    over = course.ended or course.decided or course.halt is not None
    values = (
        saga,
        course.key,
        version,
        None if over else deadline,
        int(course.ended),
        course_to_json(course),
    )
    await tx.execute(_COURSE, values)


async def put_out(tx: Tx, messages: Iterable[Message], now: float) -> None:
    """Messages that are to be sent when the transaction has been committed."""
    rows = [(m.id, m.subject, m.body.decode(), to_json(m.headers), now) for m in messages]
    await _insert(tx, _OUT, rows, "on conflict do nothing")


async def outgoing(tx: Tx, most: int) -> list[Message]:
    """The oldest messages that have not been sent."""
    sql = "select id, subject, body, headers from saga_outbox order by seq limit ?"
    return [
        Message(id, subject, body.encode(), json.loads(headers))
        for id, subject, body, headers in await tx.execute(sql, (most,))
    ]


async def sent(tx: Tx, ids: Sequence[str]) -> None:
    """These messages are with the broker."""
    for at in range(0, len(ids), _AT_ONCE):
        some = ids[at : at + _AT_ONCE]
        marks = ", ".join("?" * len(some))
        await tx.execute(f"delete from saga_outbox where id in ({marks})", some)


async def due(tx: Tx, now: float, most: int) -> list[Due]:
    """Rows that have something to do and are in nobody's hands."""
    found = await tx.execute(_DUE, (now, now, most))
    return [
        Due(saga, key, node, tuple(int(n) for n in place.split(".") if n), int(version))
        for saga, key, node, place, version in found
    ]


async def next_due(tx: Tx) -> float | None:
    """When something is due next."""
    sql = "select min(case when lease > due then lease else due end) from saga_nodes"
    rows = await tx.execute(f"{sql} where due is not null")
    later = await tx.execute("select min(deadline) from saga_courses where deadline is not null")
    times = [float(each[0][0]) for each in (rows, later) if each and each[0][0] is not None]
    return min(times, default=None)


async def overdue(tx: Tx, now: float) -> list[tuple[str, str]]:
    """Sagas whose deadline has passed."""
    sql = "select saga, key from saga_courses where deadline <= ?"
    return [(str(saga), str(key)) for saga, key in await tx.execute(sql, (now,))]


async def bury(tx: Tx, message: Message, why: str, now: float) -> None:
    """A message that cannot be worked on becomes a dead letter."""
    headers = json.dumps(dict(message.headers))
    body = message.body.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
    await tx.execute(_LETTER, (message.id, message.subject, body, headers, why, now))


async def take_lock(tx: Tx, name: str, value: str, saga: str, key: str) -> bool:
    """Whether the lock is held by this saga now."""
    await tx.execute(_LOCK, (name, value, saga, key))
    sql = "select saga, key from saga_locks where name = ? and value = ?"
    rows = await tx.execute(sql, (name, value))
    return bool(rows) and tuple(rows[0]) == (saga, key)


async def free_locks(tx: Tx, saga: str, key: str) -> None:
    """Gives back the locks of a saga that has ended."""
    await tx.execute("delete from saga_locks where saga = ? and key = ?", (saga, key))


MAIL = "mail"
_AT_ONCE = 100  # rows of one statement
_NODE = "insert into saga_nodes (saga, key, node, iteration, state, due, lease, data)"
_NODE_AGAIN = """on conflict (saga, key, node, iteration) do update
set state = excluded.state, due = excluded.due, lease = excluded.lease, data = excluded.data"""
_COURSE = """insert into saga_courses (saga, key, version, deadline, ended, data)
values (?, ?, ?, ?, ?, ?) on conflict (saga, key) do update
set deadline = excluded.deadline, ended = excluded.ended, data = excluded.data"""
_COURSE_ENDED = """insert into saga_courses (saga, key, version, deadline, ended, data)
values (?, ?, ?, null, 1, ?) on conflict (saga, key) do update set deadline = null, ended = 1"""
_OUT = "insert into saga_outbox (id, subject, body, headers, at)"
_DUE = """select n.saga, n.key, n.node, n.iteration, c.version from saga_nodes n
join saga_courses c on c.saga = n.saga and c.key = n.key
where n.due <= ? and (n.lease is null or n.lease <= ?) order by n.due limit ?"""
_MAIL = """insert into saga_mail (id, event, key, data, at) values (?, ?, ?, ?, ?)
on conflict do nothing"""
_LETTER = """insert into saga_letters (id, subject, body, headers, why, at)
values (?, ?, ?, ?, ?, ?) on conflict (id) do update
set why = excluded.why, at = excluded.at where saga_letters.settled is null"""
_LOCK = "insert into saga_locks (name, value, saga, key) values (?, ?, ?, ?) on conflict do nothing"
