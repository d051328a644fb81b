"""Reading and writing the sagas of a store from any process, without starting the engine.

States come from DBOS's own records, where each call has the name of its path; nothing is written
for their sake. What people and other systems send goes into a mailbox that the worker reads.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from ...contract.database import Connection, Rows, connect, is_postgres, sqlite_path
from ...contract.ledger import now
from .tables import create, ledger_url


@dataclass(frozen=True, slots=True)
class SagaRow:
    """One saga. ``state``: RUNNING, COMPENSATING, STUCK, COMPLETED, COMPENSATED or ERROR."""

    id: str
    name: str
    version: int
    key: str
    state: str
    started: str
    ended: str | None
    because: dict[str, Any] | None
    output: Any
    marks: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class CallRow:
    """One recorded call. ``path`` ends in ``~undo`` for a compensation."""

    path: str
    outcome: str
    reason: str | None
    data: Any
    output: Any
    attempts: int
    started: str
    finished: str


@dataclass(frozen=True, slots=True)
class StuckRow:
    """A call that waits for a person."""

    saga: str
    path: str
    since: str
    why: str


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """A call in trouble: how often it was tried, why it fails, when it is tried again."""

    saga: str
    path: str
    attempts: int
    error: str
    next_at: str | None


@dataclass(frozen=True, slots=True)
class MailRow:
    """Something sent to a saga. ``state``: pending, taken, refused or late."""

    seq: int
    saga: str
    kind: str
    name: str
    id: str
    data: Any
    at: str
    state: str
    taken_by: str | None


def open_store(url: str) -> Store:
    """The store at ``url``. Raises FileNotFoundError if it is an SQLite file that is not there."""
    if not is_postgres(url) and not Path(sqlite_path(url)).exists():
        raise FileNotFoundError(sqlite_path(url))
    return Store(url)


class Store:
    """An open store; close it, or use it in a ``with``."""

    def __init__(self, url: str) -> None:
        self._engine: Connection = connect(url)
        self._ledger: Connection = connect(ledger_url(url))
        self._schema = "dbos." if is_postgres(url) else ""
        self._made = False
        self._made_sql = _MADE_POSTGRES if is_postgres(url) else _MADE_SQLITE
        create(self._ledger, url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes both files."""
        self._engine.close()
        self._ledger.close()

    # Reading

    def sagas(self, state: str | None = None, name: str | None = None) -> list[SagaRow]:
        """All sagas, the oldest first."""
        stuck = {each.saga for each in self.stuck()}
        rows = self._read(f"{self._sagas} order by s.created_at, s.workflow_uuid")
        found = [self._saga_row(row, stuck) for row in rows if ".v" in row[1]]
        return [each for each in found if state in (None, each.state) and name in (None, each.name)]

    def saga(self, saga: str) -> SagaRow | None:
        """The saga of that id (``order-fulfilment/42``)."""
        rows = self._read(f"{self._sagas} where s.workflow_uuid = ?", (saga,))
        stuck = {each.saga for each in self.stuck(saga)}
        return self._saga_row(rows[0], stuck) if rows else None

    def history(self, saga: str) -> list[CallRow]:
        """The recorded calls of a saga in the order in which they ended."""
        recorded = ((path, data) for path, data in self._recorded(saga) if "outcome" in data)
        ended = [each for each in recorded if not each[0].endswith(_JUDGES)]
        ended.sort(key=lambda each: float(each[1]["ended"]))  # recorded a moment later, in turns
        return [_call_row(path, data) for path, data in ended]

    def stuck(self, saga: str | None = None) -> list[StuckRow]:
        """What waits for a person."""
        return [StuckRow(*row) for row in self._of("saga_stuck", StuckRow, saga, "since")]

    def attempts(self, saga: str | None = None) -> list[AttemptRow]:
        """Calls that are in trouble now."""
        return [AttemptRow(*row) for row in self._of("saga_attempts", AttemptRow, saga, "path")]

    def mail(self, saga: str | None = None, state: str | None = None) -> list[MailRow]:
        """What was sent, the oldest first, and what became of it."""
        rows = self._of("saga_mail", MailRow, saga, "seq", state)
        return [MailRow(*(*row[:5], _parse(row[5]), *row[6:])) for row in rows]

    def numbers(self, saga: str) -> dict[str, int]:
        """The number under which DBOS keeps each recorded call of a saga."""
        rows = self._read(f"select function_name, function_id {self._calls}", (saga,))
        return {str(name): int(number) for name, number in rows}

    def input(self, saga: str) -> Any:
        """The input of a saga as JSON data. Raises KeyError if there is no such saga."""
        rows = self._read(f"{self._sagas} where s.workflow_uuid = ?", (saga,))
        if not rows:
            raise KeyError(saga)
        return _parse(rows[0][3])["args"][0]["input"]

    # Writing

    def signal(self, saga: str, event: str, data: Any = None, event_id: str | None = None) -> bool:
        """Sends an event from outside. False if one with this ``event_id`` was sent before."""
        return self._send(saga, "event", event, data, event_id)

    def cancel(self, saga: str, reason: str | None = None) -> None:
        """Asks a saga to stop and compensate; it refuses after its point of no return."""
        self._send(saga, "cancel", "cancel", {"reason": reason})

    def resolve(
        self,
        saga: str,
        path: str,
        action: Literal["retry", "skip", "done", "failed"],
        reason: str,
        output: Any = None,
    ) -> None:
        """A person's answer to a STUCK call.

        ``retry`` calls again; ``done`` says that it has taken effect, with ``output``; ``skip``
        goes on without and leaves a mark; ``failed`` says that it never took effect nor will.
        Raises KeyError if no call of that path is stuck.
        """
        if all(each.path != path for each in self.stuck(saga)):
            raise KeyError(path)
        data = {"action": action, "reason": reason, "output": output}
        self._send(saga, "resolve", path, data)

    def settle(self, seq: int, state: str, taken_by: str | None = None) -> None:
        """Says what became of a mail."""
        sql = "update saga_mail set state = ?, taken_by = ? where seq = ?"
        self._ledger.execute(sql, (state, taken_by, seq))

    @property
    def _sagas(self) -> str:
        return f"""select s.workflow_uuid, s.name, s.status, coalesce(i.inputs, s.inputs),
            coalesce(o.output, s.output), coalesce(o.error, s.error)
            from {self._schema}workflow_status s
            left join {self._schema}workflow_input i on i.workflow_uuid = s.workflow_uuid
            left join {self._schema}workflow_output o on o.workflow_uuid = s.workflow_uuid"""

    @property
    def _calls(self) -> str:
        return f"from {self._schema}operation_outputs where workflow_uuid = ?"

    def _of(self, table: str, row: Any, saga: str | None, order: str, state: Any = None) -> Rows:
        sql = f"select {', '.join(row.__slots__)} from {table}"
        wanted = [(key, value) for key, value in (("saga", saga), ("state", state)) if value]
        if wanted:
            sql += " where " + " and ".join(f"{key} = ?" for key, _ in wanted)
        return self._ledger.execute(f"{sql} order by {order}", [value for _, value in wanted])

    def _send(self, saga: str, kind: str, name: str, data: Any, mail_id: str | None = None) -> bool:
        sql = """insert into saga_mail (saga, kind, name, id, data, at, state)
            values (?, ?, ?, ?, ?, ?, 'pending') on conflict do nothing returning seq"""
        row = (saga, kind, name, mail_id or str(uuid.uuid4()), json.dumps(data), now())
        return bool(self._ledger.execute(sql, row))

    def _recorded(self, saga: str) -> list[tuple[str, dict[str, Any]]]:
        order = "order by completed_at_epoch_ms, function_id"
        sql = f"select function_name, output {self._calls} {order}"
        rows = [(str(name), _parse(output)) for name, output in self._read(sql, (saga,))]
        return [(name, data) for name, data in rows if isinstance(data, dict)]

    def _read(self, sql: str, params: tuple[object, ...] = ()) -> Rows:
        """Rows of DBOS's tables; none as long as no worker has made the tables."""
        if not self._made:
            self._made = self._engine.execute(self._made_sql)[0][0] is not None
        return self._engine.execute(sql, params) if self._made else []

    def _saga_row(self, row: tuple[Any, ...], stuck: set[str]) -> SagaRow:
        saga, workflow, status, inputs, output, error = row
        name, _, version = workflow.rpartition(".v")
        end = _parse(output) or {}
        if status == "SUCCESS":
            state = end["state"]
        elif status not in ("PENDING", "ENQUEUED"):
            state, end = "ERROR", {"because": {"kind": "error", "reason": error or status}}
        else:
            state = "STUCK" if saga in stuck else self._direction(saga)
        return SagaRow(
            id=saga,
            name=name,
            version=int(version),
            key=saga.removeprefix(f"{name}/"),
            state=state,
            started=_time(_parse(inputs)["args"][0]["started"]),
            ended=_time(end["ended"]) if "ended" in end else None,
            because=end.get("because"),
            output=end.get("output"),
            marks=end.get("marks", []),
        )

    def _direction(self, saga: str) -> str:
        recorded = [(path, data) for path, data in self._recorded(saga) if "outcome" in data]
        going_back = recorded and (
            recorded[-1][0].endswith("~undo") or recorded[-1][1]["outcome"] not in _FORWARD
        )
        return "COMPENSATING" if going_back else "RUNNING"


_JUDGES = ("~gate", "~end")  # what decided about a cancel: no call
_FORWARD = ("done", "skipped")
_MADE_SQLITE = "select max(name) from sqlite_master where name = 'workflow_output'"
_MADE_POSTGRES = "select to_regclass('dbos.workflow_output')"


def _call_row(path: str, data: dict[str, Any]) -> CallRow:
    return CallRow(
        path=path,
        outcome=data["outcome"],
        reason=data.get("reason"),
        data=data.get("data"),
        output=data.get("output"),
        attempts=data.get("attempts", 1),
        started=_time(data["at"]),
        finished=_time(data["ended"]),
    )


def _parse(text: Any) -> Any:
    return json.loads(text) if text else None


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
