"""Compensation scopes: what was registered last is undone first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeAlias

from ...contract.contract import Failure
from .record import Lane

Undo: TypeAlias = Callable[[Failure, Lane], Awaitable[None]]


class Scope:
    """A stack of compensations. A scope inside another is one of its entries."""

    def __init__(self, *, parallel: bool = False) -> None:
        self._entries: list[Undo] = []
        self._parallel = parallel

    def push(self, undo: Undo) -> None:
        """Registers a compensation; done before the call that it undoes."""
        self._entries.append(undo)

    def drop(self, undo: Undo) -> None:
        """Takes one back: its call had no effect."""
        self._entries.remove(undo)

    def forget(self) -> None:
        """All is done: nothing of it will be undone."""
        self._entries.clear()

    async def unwind(self, failure: Failure, lane: Lane) -> None:
        """Undoes everything, in reverse order or side by side. Nothing is undone twice."""
        entries, self._entries = self._entries[::-1], []
        if self._parallel:
            await together(undo(failure, Lane(lane)) for undo in entries)
            return
        for undo in entries:
            await undo(failure, lane)


async def together(work: Iterable[Awaitable[object]]) -> None:
    """Waits for all, then raises the first exception, if any."""
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
