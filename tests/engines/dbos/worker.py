"""A worker process for the kill tests: starts the sagas of ``KILLS`` and waits for all to end.

``python -m tests.engines.dbos.worker FOLDER STORE own|shared KILL``: with KILL above 0 it kills
itself after so many calls have been recorded. Prints the ends as JSON lines.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from sagac.templates.dbos.engine import Engine, encode
from sagac.templates.dbos.engine.outcome import Outcome
from sagac.templates.dbos.engine.record import Record

from .handlers import Handlers
from .kills import KILLS
from .sagas import ALL, Order


def kill_after(calls: int) -> None:
    """Between two steps: right after a call was recorded, before the saga goes on."""
    original = Record.call
    left = calls

    async def call(self: Record, *arguments: Any) -> Outcome:
        nonlocal left
        outcome = await original(self, *arguments)
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return outcome

    Record.call = call  # type: ignore[method-assign, assignment]


async def main(folder: Path, store: str, ledger: str) -> None:
    engine = Engine(store)
    handlers = Handlers(folder / "effects.sqlite", shared=ledger == "shared")
    for each in ALL.values():
        engine.register(each, handlers)
    async with engine:
        runs = [
            await engine.start(ALL[case.saga], Order(case.key, case.plan, case.lines))
            for case in KILLS
        ]
        async with asyncio.timeout(180):
            ends = await asyncio.gather(*(run.wait() for run in runs))
    for run, end in zip(runs, ends, strict=True):
        print(json.dumps([run.id, encode(end)]))


if __name__ == "__main__":
    if sys.argv[4] != "0":
        kill_after(int(sys.argv[4]))
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
