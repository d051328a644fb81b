"""The ledger of calls: an action takes effect once, and never after its compensation.

One row per idempotency key: ``done`` with the stored answer, or ``tombstone``, which makes a late
action refuse. Where a handler class names its ``database``, the ledger lies there, and the row, the
fence and the effect are one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .contract import Tx
from .database import Database

CALLS = """create table if not exists saga_calls (
    key text primary key,
    state text not null,
    outcome text,
    at text not null
)"""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger knows of a call."""

    done: bool
    answer: Any


class Ledger:
    """The ledger in one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    async def open(cls, database: Database) -> Ledger:
        """The ledger in ``database``; its table is made if missing."""
        await database.create((CALLS,))
        return cls(database)

    async def look(self, key: str, tx: Tx | None = None) -> Entry | None:
        """The row of ``key``."""
        rows = await (tx or self.database).execute(_LOOK, (key,))
        if not rows:
            return None
        state, outcome = rows[0]
        return Entry(state == "done", json.loads(outcome) if outcome else None)

    async def done(self, key: str, answer: Any, tx: Tx | None = None) -> None:
        """Writes the answer; a second row for the same key is refused by the database."""
        row = (key, json.dumps(answer), now())
        await (tx or self.database).execute(_DONE, row)

    async def undone(self, key: str, fenced: Iterable[str], tx: Tx | None = None) -> None:
        """Writes that compensation ``key`` is done, and tombstones of the actions ``fenced``.

        A second row for ``key`` is refused in a ``tx``, where the effect goes with it.
        """
        if tx is None:
            at, buried = now(), dict.fromkeys(fenced)
            rows = [(key, "done", "null", at), *((each, "tombstone", None, at) for each in buried)]
            sql = _UNDONE.format(", ".join(["(?, ?, ?, ?)"] * len(rows)))
            await self.database.execute(sql, [each for row in rows for each in row])
            return
        await tx.execute(_DONE, (key, "null", now()))
        for each in fenced:
            await self.bury(each, tx)

    async def bury(self, key: str, tx: Tx | None = None) -> None:
        """The tombstone: from here on the action of ``key`` refuses."""
        await (tx or self.database).execute(_BURY, (key, now()))


_LOOK = "select state, outcome from saga_calls where key = ?"
_DONE = "insert into saga_calls (key, state, outcome, at) values (?, 'done', ?, ?)"
_UNDONE = """insert into saga_calls (key, state, outcome, at) values {}
on conflict (key) do update set state = excluded.state"""
_BURY = """insert into saga_calls (key, state, at) values (?, 'tombstone', ?)
on conflict (key) do update set state = 'tombstone'"""


def now() -> str:
    """The time as the tables have it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
