"""The tables beside DBOS's own: the ledger of calls, the mailbox, trouble, locks."""

from __future__ import annotations

from ...contract.database import Connection, is_postgres, sqlite_path
from ...contract.ledger import CALLS

_OTHERS = (
    """create table if not exists saga_mail (
    seq {serial},
    saga text not null,
    kind text not null,
    name text not null,
    id text not null,
    data text,
    at text not null,
    state text not null,
    taken_by text,
    unique (saga, kind, id)
)""",
    "create index if not exists saga_mail_state on saga_mail (state)",
    """create table if not exists saga_stuck (
    saga text not null,
    path text not null,
    since text not null,
    why text not null,
    primary key (saga, path)
)""",
    """create table if not exists saga_attempts (
    saga text not null,
    path text not null,
    attempts integer not null,
    error text not null,
    next_at text,
    primary key (saga, path)
)""",
    """create table if not exists saga_locks (
    name text not null,
    key text not null,
    saga text not null,
    primary key (name, key)
)""",
)


def ledger_url(url: str) -> str:
    """Where these tables lie: in the same Postgres database, or in an SQLite file beside."""
    if is_postgres(url):
        return url
    path = sqlite_path(url)
    stem, dot, suffix = path.rpartition(".")
    return f"{stem}.ledger.{suffix}" if dot and "/" not in suffix else f"{path}.ledger"


def create(connection: Connection, url: str) -> None:
    """Makes the tables that are missing."""
    serial = "bigserial primary key" if is_postgres(url) else "integer primary key autoincrement"
    for statement in (CALLS, *_OTHERS):
        connection.execute(statement.replace("{serial}", serial))
