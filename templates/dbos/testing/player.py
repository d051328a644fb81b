"""Plays all that is around a saga: services, the world outside, a person, time, another saga.

The saga runs on the real engine over a real store. Nothing waits for a clock: pauses and waits for
time are over at once, waits for events as soon as the case sends the event.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from dbos import DBOSConfig

from ...contract.contract import Call, Done, Lock, Never, NotYet, Retry
from ..engine import Engine, Run, caller, part
from ..engine import engine as starting
from ..engine.definition import Definition, End
from ..engine.outcome import Outcome
from ..engine.running import Running
from ..engine.store import Store, open_store
from ..engine.waiting import Waiting

_PATIENCE = 60  # seconds after which a saga that does not end has gone astray
_YEARS = 1e9  # seconds
_MANY = 100  # attempts


@dataclass(frozen=True)
class Case:
    """The calls that fail (None: nobody knows the outcome), and what comes of it.

    ``calls`` are all that may be made; those of different lanes come in any order, and ``cut``
    are those that a failure in another lane may be too early for. ``passing`` are calls that work
    at the third attempt; ``answers`` is what a person says of what is stuck, and a query that is
    asked, with the output. ``late`` waits end because time passes; ``endless`` is a repeat that
    does not end by itself; ``marks`` are the calls given up. ``during``: the saga is ``cancelled``
    or its ``deadline`` passes while this is under way; ``taken``: a lock that another saga has.
    """

    name: str
    fails: Mapping[str, str | None]
    state: str
    step: str | None
    reason: str | None
    calls: Sequence[str]
    cut: Sequence[str] = ()
    events: Sequence[tuple[str, str, Any]] = ()  # the wait, the event, its data
    changed: Mapping[str, Any] = field(default_factory=dict)  # fields of the input
    passing: Sequence[str] = ()
    answers: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    late: Sequence[str] = ()
    endless: str | None = None
    marks: Sequence[str] = ()
    during: tuple[str, str] | None = None
    taken: str | None = None


@dataclass(frozen=True)
class Setting:
    """The saga: its versions, its services as one object plays them, and what they answer.

    ``events`` has one for each wait.
    """

    name: str
    version: int
    definitions: Sequence[Definition[Any, Any]]
    services: Callable[[Any], Any]
    input: Mapping[str, Any]
    outputs: Mapping[str, object]
    refusals: Mapping[str, object]
    events: Mapping[str, tuple[str, Any]]


class Player:
    """Plays all services of one case: notes each call, and answers as the case says."""

    def __init__(self, setting: Setting, case: Case, engine: Engine) -> None:
        self._setting = setting
        self._case = case
        self._engine = engine
        self._id = f"{setting.name}/tested"
        self._calls: list[str] = []
        self._again: set[str] = set()  # from here on these calls work
        self._asked: set[str] = set()
        self._off = False
        self._refused = False
        self._store: Store

    def __getattr__(self, name: str) -> Any:
        if name == "database":
            raise AttributeError(name)
        return self._answer

    async def _answer(self, request: object, call: Call) -> object:
        """The answer of any action, compensation or query."""
        path = call.key.removeprefix(f"{self._id}/")
        item = re.sub(r"[^/]*\.|#\d+", "", path)
        if call.step.endswith("~query"):
            return self._queried(path, item)
        if call.attempt == 1:
            self._calls.append(path)
        await self._maybe_call_off(path)
        if not self._fails(path, call.attempt):
            return self._output(item)
        refusal = self._case.fails[path]
        if refusal is None:
            raise RuntimeError("nobody knows what became of this call")
        return self._setting.refusals[f"{item}: {refusal}"]

    def _fails(self, path: str, attempt: int) -> bool:
        if path not in self._case.fails or path in self._again:
            return False
        return path not in self._case.passing or attempt <= 2

    def _output(self, item: str) -> object:
        known, endless = self._setting.outputs, self._case.endless
        if endless is not None and not self._again:
            return known.get(f"{item}: {endless} goes on", known.get(item))
        return known.get(item)

    def _queried(self, path: str, item: str) -> object:
        self._calls.append(f"{path}~query")
        self._asked.add(f"{path}~query")
        answer, _ = self._case.answers.get(f"{path}~query", ("never", None))
        if answer == "not yet":
            self._again.add(path)
            return NotYet()
        return Done(self._output(item)) if answer == "done" else Never()

    # The world outside

    async def _maybe_call_off(self, path: str) -> None:
        """Cancels the saga, or lets its deadline pass, when the case says: now."""
        if self._off or self._case.during is None or self._case.during[1] != path:
            return
        self._off = True
        if self._case.during[0] == "cancelled":
            self._store.cancel(self._id)
            while self._engine.post.box(self._id).cancelled is None:
                self._engine.post.nudge()
                await asyncio.sleep(0.01)

    def _time(self) -> float:
        """The time that the saga looks at its deadline by."""
        late = self._off and self._case.during is not None and self._case.during[0] == "deadline"
        return time.time() + _YEARS * late

    async def _wait(self, waiting: Waiting, perform: Callable[[], Any]) -> Outcome:
        """A wait begins: its time is over at once, or its event comes."""
        timed = not waiting.events or waiting.name in self._case.late
        assert waiting.until is not None or not timed, f"waits for ever: {waiting.name}"
        waiting.until = waiting.since if timed else None
        await self._maybe_call_off(waiting.name)
        if not timed:
            self._send(waiting.name)
        outcome: Outcome = await perform()
        return outcome

    def _send(self, wait: str) -> None:
        """What the case sends to a wait; to one that is not to be, what others send: it goes on."""
        sent = [(name, data) for path, name, data in self._case.events if path == wait]
        if not sent and not self._case.cut:
            sent = [self._setting.events[wait]] if wait in self._setting.events else []
        for name, data in sent:
            self._store.signal(self._id, name, data)

    def _take(self, lock: Lock) -> bool:
        """Whether another saga has the lock: the first time that it is asked for."""
        taken = lock.name == self._case.taken and not self._refused
        self._refused = self._refused or taken
        return taken

    async def _attend(self) -> None:
        """A person: answers what is stuck, each once. Raises AssertionError if it is not to be."""
        while True:
            for stuck in self._store.stuck(self._id):
                answer, output = self._case.answers.get(stuck.path, (None, None))
                assert answer is not None, f"stuck, and not to be: {stuck.path}: {stuck.why}"
                assert stuck.path not in self._asked, f"stuck again after {answer}: {stuck.path}"
                self._asked.add(stuck.path)
                if answer == "retry":
                    self._again.add(stuck.path)
                    self._send(stuck.path)
                self._store.resolve(self._id, stuck.path, answer, "tested", output)  # type: ignore[arg-type]  # a case's word
                self._engine.post.nudge()
                while any(each.path == stuck.path for each in self._store.stuck(self._id)):
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.02)

    async def _until_end(self, run: Run) -> End:
        ending, person = asyncio.ensure_future(run.wait()), asyncio.ensure_future(self._attend())
        both = {ending, person}
        try:
            await asyncio.wait(both, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            if person.done():
                person.result()
            assert ending.done(), f"not at its end; calls made so far: {self._calls}"
            return ending.result()
        finally:
            for each in both:
                each.cancel()
            await asyncio.gather(*both, return_exceptions=True)


def _pause(retry: Retry, attempts: int) -> float:
    """None. Raises AssertionError if a call is made again and again."""
    assert attempts < _MANY, "called again and again"
    return 0.0


@contextmanager
def _instead(player: Player) -> Iterator[None]:
    """Time, pauses and locks are as the player has them; DBOS ends without delay."""
    wait, lock, config = Waiting.perform, Running.lock, starting._config

    async def waits(waiting: Waiting, maybe_begun: bool) -> Outcome:
        return await player._wait(waiting, lambda: wait(waiting, maybe_begun))

    async def locks(running: Running, asked: Lock) -> bool:
        return not player._take(asked) and await lock(running, asked)

    def quick(url: str) -> DBOSConfig:
        return {**config(url), "notification_listener_polling_interval_sec": 0.01}

    with ExitStack() as stack:
        stack.enter_context(patch.object(starting, "_config", quick))
        stack.enter_context(patch.object(caller, "pause", _pause))
        stack.enter_context(patch.object(part, "time", SimpleNamespace(time=player._time)))
        stack.enter_context(patch.object(Waiting, "perform", waits))
        stack.enter_context(patch.object(Running, "lock", locks))
        yield


async def _play(setting: Setting, case: Case, store: str) -> tuple[End, list[str], list[str]]:
    engine = Engine(store)
    player = Player(setting, case, engine)
    for definition in setting.definitions:
        engine.register(definition, setting.services(player))
    input = {**setting.input, **case.changed}
    with _instead(player):
        async with engine:
            with open_store(store) as player._store:
                run = await engine.start_json(setting.name, setting.version, input, "tested")
                end = await player._until_end(run)
    return end, player._calls, sorted(set(case.answers) - player._asked)


def play(setting: Setting, case: Case, store: str) -> list[str]:
    """The calls that were made. Raises AssertionError if the saga did not end as it should."""
    end, calls, unasked = asyncio.run(_play(setting, case, store))
    because = (end.because.step, end.because.reason) if end.because else (None, None)
    assert (end.state, *because) == (case.state, case.step, case.reason)
    assert not unasked, f"never stuck, never asked: {unasked}"
    assert sorted(mark.step for mark in end.marks) == sorted(case.marks)
    return calls
