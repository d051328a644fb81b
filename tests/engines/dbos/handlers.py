"""Handlers with a plan, for the sagas beside this file.

The plan of a saga says what each call does, by the call's path: ``refuse``, ``raise`` (always),
``raise 2`` (twice), ``slow`` (until the attempt times out), ``late`` (takes effect, then raises),
``kill`` and ``kill after`` (the process, once, before or after the effect).
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from sagac.templates.dbos.engine import Call, Done, Never, NotYet, Refusal


@dataclass(frozen=True, slots=True)
class Ask:
    plan: dict[str, str]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Gave:
    ref: str


@dataclass(frozen=True, slots=True)
class Refused(Refusal):
    reason: ClassVar[str] = "refused"
    why: str


class Handlers:
    """Every action. Effects go to a table ``effects`` with the call's key, once each."""

    def __init__(self, path: Path, *, shared: bool) -> None:
        self.path = path
        if shared:
            self.database = str(path)
        connection = sqlite3.connect(path)
        connection.execute("pragma journal_mode=wal")
        connection.execute("create table if not exists effects (key text, step text, note text)")
        connection.close()

    async def act(self, request: Ask, call: Call) -> Gave | Refused:
        await self._do(request, call)
        if request.plan.get(call.step) == "refuse":
            return Refused(call.step)
        return Gave(f"{call.step} done")

    def undo(self, request: Ask, call: Call) -> None:
        plan = request.plan.get(call.step, "")
        self._misbehave(plan, call)
        assert call.failure is not None
        note = f"{call.failure.reason}, {request.note}"
        if call.tx is not None:
            call.tx.execute_sync(_EFFECT, (call.key, call.step, note))
        else:
            self._write(call, note)
        self._misbehave_after(plan, call)

    async def query(self, request: Ask, call: Call) -> Done[Gave] | Never | NotYet:
        plan = request.plan.get(call.step, "done")
        if plan == "never":
            return Never()
        return NotYet() if plan == "not yet" else Done(Gave("found"))

    async def _do(self, request: Ask, call: Call) -> None:
        plan = request.plan.get(call.step, "")
        self._misbehave(plan, call)
        if plan == "slow":
            await asyncio.sleep(600)
        if plan == "refuse":
            return
        if call.tx is not None:
            await call.tx.execute(_EFFECT, (call.key, call.step, request.note))
        else:
            self._write(call, request.note)
        self._misbehave_after(plan, call)

    def _write(self, call: Call, note: str | None) -> None:
        connection = sqlite3.connect(self.path, timeout=30)
        with connection:
            seen = "select 1 from effects where key = ?"
            if not connection.execute(seen, (call.key,)).fetchall():
                connection.execute(_EFFECT, (call.key, call.step, note))
        connection.close()

    def _misbehave(self, plan: str, call: Call) -> None:
        kind, _, times = plan.partition(" ")
        if kind == "raise" and call.attempt <= int(times or 1000):
            raise ConnectionError("no route")
        if plan == "kill":
            self._kill(call)

    def _misbehave_after(self, plan: str, call: Call) -> None:
        if plan == "late":
            raise ConnectionError("answer lost")
        if plan == "kill after":
            self._kill(call)

    def _kill(self, call: Call) -> None:
        once = self.path.with_name(call.key.replace("/", "_") + ".killed")
        if not once.exists():
            once.touch()
            os.kill(os.getpid(), signal.SIGKILL)


_EFFECT = "insert into effects (key, step, note) values (?, ?, ?)"
