"""A service's database, as a person at a desk sees it: what is stuck, dead letters, decisions.

Works while the service runs and while it does not; see ``commands`` for how decisions are obeyed.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...contract.database import Connection, connect, is_postgres, sqlite_path
from . import store
from .commands import Kind
from .message import BadMessage, Message, read, row_from_json
from .tokens import Row


@dataclass(frozen=True, slots=True)
class Stuck:
    """A call that waits for a person."""

    saga: str
    key: str
    version: int
    row: Row

    @property
    def why(self) -> str:
        """What a person has to know."""
        row = self.row
        times = f" after {row.attempts} attempts" if row.attempts > 1 else ""
        return f"{row.why}{times}"


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that could not be worked on. ``settled``: who left it, why and when."""

    id: str
    subject: str
    body: str
    headers: Mapping[str, str]
    why: str
    at: float
    settled: Mapping[str, Any] | None

    @property
    def key(self) -> str | None:
        """The saga's key, if the message says it."""
        try:
            return read(Message(self.id, self.subject, self.body.encode())).event.key
        except BadMessage:
            return self.headers.get("ce-subject") or self.headers.get("saga-key")


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided and what came of it. ``state``: pending, done, refused."""

    id: str
    kind: str
    saga: str
    key: str
    target: str
    who: str
    why: str
    at: float
    state: str
    answer: str | None


class Desk:
    """An open database of a service; close it after use."""

    def __init__(self, url: str) -> None:
        """Raises FileNotFoundError for a file that is not there, or the driver's errors."""
        if not is_postgres(url) and not Path(sqlite_path(url)).exists():
            raise FileNotFoundError(sqlite_path(url))
        self._connection: Connection = connect(url)
        for sql in store.tables(postgres=is_postgres(url)):
            self._connection.execute(sql)

    def close(self) -> None:
        """Closes it."""
        self._connection.close()

    def stuck(self, key: str | None = None) -> list[Stuck]:
        """What waits for a person, in any saga or in those with a key."""
        rows = self._connection.execute(_STILL, (key, key))
        found = [Stuck(s, k, int(v), row_from_json(data)) for s, k, v, data in rows]
        return [each for each in found if each.row.why is not None]

    def letters(self, *, everything: bool = False) -> list[Letter]:
        """The dead letters, the oldest first; ``everything``: those that were left, too."""
        rows = self._connection.execute(_LETTERS if everything else f"{_LETTERS} {_OPEN}")
        found = [
            Letter(id, subject, body, json.loads(headers), why, at, json.loads(settled or "null"))
            for id, subject, body, headers, why, at, settled in rows
        ]
        return sorted(found, key=lambda each: each.at)

    def decisions(self, key: str | None = None) -> list[Decision]:
        """What people decided, the oldest first."""
        return [Decision(*row) for row in self._connection.execute(_DECISIONS, (key, key))]

    def decide(
        self,
        kind: Kind,
        saga: str,
        key: str,
        target: str,
        *,
        who: str,
        why: str,
        data: Mapping[str, Any] | None = None,
        id: str | None = None,
    ) -> str | None:
        """Leaves a decision for the service; its id, or None if that id was used before."""
        row = (
            id or str(uuid.uuid4()),
            kind,
            saga,
            key,
            target,
            json.dumps(data or {}),
            who,
            why,
            time.time(),
        )
        new = self._connection.execute(_DECIDE, row)
        return str(new[0][0]) if new else None

    def answer(self, id: str) -> Decision:
        """What came of a decision so far. Raises KeyError."""
        found = next((each for each in self.decisions() if each.id == id), None)
        if found is None:
            raise KeyError(id)
        return found

    def leave(self, letter: str, who: str, why: str) -> bool:
        """Leaves a dead letter for good; it is kept with who said so. Whether there is one."""
        settled = json.dumps({"who": who, "why": why, "at": time.time()})
        self._connection.begin()
        found = bool(self._connection.execute(_LEAVE, (settled, letter)))
        if found:  # a late copy is no news
            self._connection.execute(_SEEN, (letter, time.time()))
        self._connection.commit()
        return found


_STILL = """select n.saga, n.key, c.version, n.data from saga_nodes n
join saga_courses c on c.saga = n.saga and c.key = n.key
where n.due is null and n.state in ('ready', 'undoing', 'open', 'pausing')
and (cast(? as text) is null or n.key = ?) order by n.saga, n.key, n.node"""
_LETTERS = "select id, subject, body, headers, why, at, settled from saga_letters"
_OPEN = "where settled is null"
_DECISIONS = """select id, kind, saga, key, target, who, why, at, state, answer from saga_commands
where (cast(? as text) is null or key = ?) order by at"""
_DECIDE = """insert into saga_commands (id, kind, saga, key, target, data, who, why, at, state)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending') on conflict do nothing returning id"""
_SEEN = "insert into saga_inbox (id, at) values (?, ?) on conflict do nothing"
_LEAVE = "update saga_letters set settled = ? where id = ? and settled is null returning id"
