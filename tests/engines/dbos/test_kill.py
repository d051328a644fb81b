"""kill -9 in actions, in compensations and between steps: every saga ends as it should."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from sagac.templates.dbos.engine import End, decode
from sagac.templates.dbos.engine.store import Store, open_store

from .kills import KILLS

ROOT = Path(__file__).parents[3]
BETWEEN = [3, 11, 17, 29]  # recorded calls after which the first runs are killed


def run_until_the_end(folder: Path, url: str, ledger: str) -> tuple[dict[str, End], int]:
    """Starts worker after worker until one lives to the end; returns the ends and the kills."""
    kills = 0
    while True:
        limit = BETWEEN[kills] if kills < len(BETWEEN) else 0
        command = [sys.executable, "-m", "tests.engines.dbos.worker", str(folder), url, ledger]
        done = subprocess.run(
            [*command, str(limit)], cwd=ROOT, capture_output=True, text=True, timeout=300
        )
        if done.returncode == 0:
            lines = (json.loads(line) for line in done.stdout.splitlines())
            return {saga: decode(End, end) for saga, end in lines}, kills
        assert done.returncode == -signal.SIGKILL, done.stderr
        kills += 1
        assert kills < 60


def send_what_is_awaited(url: str) -> None:
    Store(url).close()
    with open_store(url) as store:
        for case in KILLS:
            for text in ("one", "two") if case.saga == "waiting" else ():
                saga = f"{case.saga}/{case.key}"
                assert store.signal(saga, "Answer", {"key": case.key, "text": text}, text)
                assert not store.signal(saga, "Answer", {"key": case.key, "text": text}, text)


def check(folder: Path, ends: dict[str, End]) -> None:
    connection = sqlite3.connect(folder / "effects.sqlite")
    rows = connection.execute("select key, step from effects order by rowid").fetchall()
    connection.close()
    for case in KILLS:
        saga = f"{case.saga}/{case.key}"
        own = [row for row in rows if row[0].startswith(f"{saga}/")]
        assert len({row[0] for row in own}) == len(own), "an effect happened twice"
        case.check(ends[saga], [row[1] for row in own])


@pytest.mark.parametrize("ledger", ["own", "shared"])
def test_every_saga_survives(tmp_path: Path, ledger: str) -> None:
    url = f"sqlite:///{tmp_path}/sagas.sqlite"
    send_what_is_awaited(url)
    ends, kills = run_until_the_end(tmp_path, url, ledger)
    planned = sum(what.startswith("kill") for case in KILLS for what in case.plan.values())
    assert kills > len(BETWEEN)
    assert len(list(tmp_path.glob("*.killed"))) == planned
    check(tmp_path, ends)
