"""A saga while it runs in this process: its record, its mail, its trouble, its locks."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...contract.contract import Action, Lock
from ...contract.ledger import Ledger, now
from .definition import Mark
from .mailbox import Box, Post
from .record import Record

if TYPE_CHECKING:
    from .engine import Engine


@dataclass
class Running:
    """What all parts of one saga share. ``id`` is that of the outermost saga."""

    engine: Engine
    id: str
    record: Record
    post: Post
    box: Box
    marks: list[Mark] = field(default_factory=list)
    background: list[asyncio.Task[Any]] = field(default_factory=list)
    locked: bool = False

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """A task that the end of the saga waits for."""
        task = asyncio.create_task(work)
        self.background.append(task)
        task.add_done_callback(self.background.remove)
        return task

    async def ledger(self, action: Action[Any]) -> tuple[Ledger, bool]:
        """The ledger of a handler, and whether it shares the handler's database."""
        return await self.engine.ledger(getattr(action, "__self__", None))

    # Trouble

    async def trouble(self, name: str, attempts: int, error: str, next_at: str | None) -> None:
        """Makes it visible that a call is in trouble."""
        await self._execute(_TROUBLE, (self.id, name, attempts, error, next_at))

    async def trouble_over(self, name: str) -> None:
        """Takes it back."""
        await self._execute(
            "delete from saga_attempts where saga = ? and path = ?", (self.id, name)
        )

    async def noted(self, name: str) -> bool:
        """Whether a call was noted before a crash; one that waited for a lock was not made."""
        sql = "select 1 from saga_attempts where saga = ? and path = ? and attempts > 0"
        return bool(await self._execute(sql, (self.id, name)))

    async def ask(self, name: str, why: str) -> dict[str, Any]:
        """The call is STUCK; returns a person's answer."""
        await self._execute(_STUCK, (self.id, name, now(), why))
        mail = await self.box.until(lambda: self.box.answer(name), None)
        await self.post.settle(mail, "taken", name)
        await self.unstuck(name)
        answer: dict[str, Any] = mail.data
        return answer

    async def unstuck(self, name: str) -> None:
        """A person has answered, and the answer is of use."""
        await self._execute("delete from saga_stuck where saga = ? and path = ?", (self.id, name))

    async def answers(self, name: str) -> list[dict[str, Any]]:
        """What persons had answered before a crash."""
        mail = await self.post.taken(self.id, name)
        return [each.data for each in mail if each.kind == "resolve"]

    async def stuck_since(self, name: str) -> str | None:
        """Why the call was STUCK before a crash, if it was."""
        sql = "select why from saga_stuck where saga = ? and path = ?"
        rows = await self._execute(sql, (self.id, name))
        return str(rows[0][0]) if rows else None

    # Locks

    async def lock(self, lock: Lock) -> bool:
        """Takes a lock; a saga does not conflict with itself."""
        self.locked = True
        await self._execute(_LOCK, (lock.name, lock.key, self.id))
        return await self.holder(lock) == self.id

    async def holder(self, lock: Lock) -> str | None:
        """The saga that has a lock."""
        sql = "select saga from saga_locks where name = ? and key = ?"
        rows = await self._execute(sql, (lock.name, lock.key))
        return str(rows[0][0]) if rows else None

    async def finish(self) -> None:
        """The saga has ended: gives back its locks and settles the mail that nobody took."""
        if self.locked:
            await self._execute("delete from saga_locks where saga = ?", (self.id,))
        for mail in self.post.close(self.id):
            await self.post.settle(mail, "late" if mail.kind == "event" else "refused")

    async def _execute(self, sql: str, params: tuple[object, ...]) -> list[tuple[Any, ...]]:
        return await self.engine.own.database.execute(sql, params)


_TROUBLE = """insert into saga_attempts (saga, path, attempts, error, next_at)
values (?, ?, ?, ?, ?) on conflict (saga, path) do update
set attempts = excluded.attempts, error = excluded.error, next_at = excluded.next_at"""
_STUCK = """insert into saga_stuck (saga, path, since, why) values (?, ?, ?, ?)
on conflict (saga, path) do update set why = excluded.why"""
_LOCK = "insert into saga_locks (name, key, saga) values (?, ?, ?) on conflict do nothing"
