"""The record of a saga's calls in DBOS, found again by name.

Branches run side by side, so the order in which their calls begin may differ after a crash. DBOS
numbers steps in the order of calling; here each call keeps the number that it was recorded under.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from dbos import DBOS

from .outcome import Outcome

log = logging.getLogger("saga")


class Lane:
    """What runs one after another: the saga itself, or one branch of it.

    ``clock`` is the recorded end of the last call, the same in each run of the workflow. ``live``
    is False as long as calls are answered from the record.
    """

    def __init__(self, parent: Lane | None = None, *, live: bool = True, clock: float = 0) -> None:
        self.parent = parent
        self.live: bool = parent.live if parent else live
        self.clock: float = parent.clock if parent else clock
        self.stop = False  # a sibling has failed: what has not started never starts
        self.lost = False  # the join went on without this one: its waits end

    @property
    def stopped(self) -> bool:
        """Whether this lane or one around it is to stop."""
        return self.stop or (self.parent is not None and self.parent.stopped)

    @property
    def unwanted(self) -> bool:
        """Whether a wait in this lane is of no use any more."""
        return self.lost or self.stop or (self.parent is not None and self.parent.unwanted)


class Record:
    """The calls of one saga. ``numbers`` are those recorded before a crash."""

    def __init__(self, saga: str, numbers: Mapping[str, int]) -> None:
        self._saga = saga
        last = max(numbers.values(), default=0)
        reserved = [DBOS.reserve_step() for _ in range(last)]
        self._kept = {name: reserved[number - 1] for name, number in numbers.items()}
        self._left = len(numbers)
        self._caught_up = asyncio.Event()
        if not self._left:
            self._caught_up.set()

    async def call(
        self, name: str, lane: Lane, function: Callable[[bool], Awaitable[Outcome]]
    ) -> Outcome:
        """The recorded outcome of ``name``, else that of ``function``, which is then recorded.

        ``function`` is told whether a crash may have interrupted it. No call is made before
        everything recorded has been gone through, so that it sees what it would have seen.
        """

        made: Outcome | None = None

        async def perform() -> dict[str, Any]:
            nonlocal made
            maybe_begun, lane.live = not lane.live, True
            made = await function(maybe_begun)
            return made.to_json()

        step = self._kept.pop(name, None)
        if step is not None:
            outcome = Outcome.from_json(await step.run_async({"name": name}, perform))
            self._left -= 1
            if not self._left:
                self._caught_up.set()
        else:
            await self._all_gone_through(name)
            data = await DBOS.run_step_async({"name": name}, perform)
            outcome = made or Outcome.from_json(data)
        lane.clock = max(lane.clock, outcome.ended)
        return outcome

    async def _all_gone_through(self, name: str) -> None:
        while not self._caught_up.is_set():
            try:
                async with asyncio.timeout(60):
                    await self._caught_up.wait()
            except TimeoutError:
                log.error(
                    "saga %s: %s waits for recorded calls that this code does not make: %s",
                    self._saga,
                    name,
                    ", ".join(sorted(self._kept)),
                )
