"""A case: a saga, a plan, what is sent to it meanwhile, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from sagac.templates.dbos.engine import End, Engine
from sagac.templates.dbos.engine.store import open_store

Send = Callable[[Engine, str], Awaitable[None]]
Action = Literal["retry", "skip", "done", "failed"]


@dataclass(frozen=True)
class Case:
    """``effects`` are those forward (in any order) and those of the way back.

    ``because`` is the kind, the step (``*``: a matter of time) and the reason.
    """

    key: str
    saga: str
    plan: dict[str, str]
    effects: tuple[str, str]
    because: tuple[str, str | None, str] | None = None
    output: Any = None
    lines: list[str] = field(default_factory=list)
    sends: tuple[Send, ...] = ()
    marks: list[str] = field(default_factory=list)
    ordered: bool = True
    resource: str | None = None

    @property
    def state(self) -> str:
        return "COMPENSATED" if self.because else "COMPLETED"

    def check(self, end: End, effects: list[str]) -> None:
        """Asserts that the saga ended so, with these effects (the calls' paths, in order)."""
        because = end.because and (end.because.kind, end.because.step, end.because.reason)
        if because and self.because and self.because[1] == "*":
            because = (because[0], "*", because[2])
        assert (end.state, because) == (self.state, self.because)
        if self.output is not None:
            assert end.output == self.output
        assert [mark.step for mark in end.marks] == self.marks
        forward, backward = (each.split() for each in self.effects)
        undone = [each.removesuffix("~undo") for each in effects if each.endswith("~undo")]
        assert sorted(each for each in effects if "~" not in each) == sorted(forward)
        order = list if self.ordered else sorted
        assert order(undone) == order(backward)


def event(name: str, data: Any = None, event_id: str | None = None) -> Send:
    async def send(engine: Engine, saga: str) -> None:
        with open_store(engine.url) as store:
            store.signal(saga, name, data, event_id)

    return send


def cancelled() -> Send:
    async def send(engine: Engine, saga: str) -> None:
        with open_store(engine.url) as store:
            store.cancel(saga, "changed my mind")

    return send


def resolved(path: str, action: Action, output: Any = None) -> Send:
    async def send(engine: Engine, saga: str) -> None:
        with open_store(engine.url) as store:
            while not store.stuck(saga):
                await asyncio.sleep(0.02)
            store.resolve(saga, path, action, "seen by hand", output)
            while store.stuck(saga):
                await asyncio.sleep(0.02)

    return send


def reached(path: str) -> Send:
    """Waits until the call ``path`` is recorded."""

    async def send(engine: Engine, saga: str) -> None:
        with open_store(engine.url) as store:
            while all(each.path != path for each in store.history(saga)):
                await asyncio.sleep(0.02)

    return send


def answer(key: str, text: str) -> Send:
    return event("Answer", {"key": key, "text": text}, event_id=text)
