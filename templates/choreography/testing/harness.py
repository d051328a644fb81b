"""Plays one service as its tests say: what comes, which calls follow, what is told.

The service is the real one, on a database in memory; there is no broker, no other service, and time
goes on only where a test says so. Handlers note how they are called and answer as the case says.
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, Literal
from unittest.mock import patch

from ...contract import database
from ...contract.codec import encode
from ...contract.contract import Call, Done, Never, Policy
from ..runtime import service as running
from ..runtime import store, turns
from ..runtime.bus import Receive
from ..runtime.message import Message, event_from, plain_event, read
from ..runtime.nodes import Calling, Table
from ..runtime.service import Service

Way = Literal["once", "twice", "retried", "late"]
NO_ANSWER = "nobody knows what became of this call"
_BEGIN = 1_000_000_000.0
_LONG = 1000  # rounds after which a service that never rests is given up


@dataclass(frozen=True)
class Turn:
    """Something comes: an event, ``time``, ``cancel``; the calls and events that follow."""

    hears: str
    calls: list[str] = field(default_factory=list)
    tells: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Case:
    """One course of a saga; ``fails``: calls that are refused (None: nobody knows the outcome)."""

    name: str
    turns: list[Turn]
    fails: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """One service of a saga, and all that its cases speak of."""

    table: Callable[[Any], Table]
    key: str
    starts: Mapping[str, Any]  # inputs of the saga
    events: Mapping[str, tuple[str, Any]]  # what is told, by whomever: its name and data
    outside: Mapping[str, tuple[str, Any]]  # the same from outside
    calls: Mapping[str, tuple[str, str, Any]]  # path, method and request
    outputs: Mapping[str, object]
    refusals: Mapping[str, object]
    attempts: Mapping[str, int]  # of calls that are given up at some time


class Player:
    """The handlers of the service, and the wire that it is on."""

    def __init__(self, part: Part, case: Case, way: Way) -> None:
        self._part = part
        self._case = case
        self._way = way
        self._heard: list[Message] = []
        self._told: list[Message] = []
        self._calls: list[tuple[str, str, Any]] = []
        self._failed: dict[str, int] = {}  # attempts without an answer
        self._keys: dict[str, str] = {}
        self._works: list[Any] = []
        self._now = _BEGIN
        self._mails = 0
        self._wrong: Exception | None = None
        self._subjects: set[str] = set()
        self._receive: Receive | None = None
        self._table = _at_once(part.table(self))
        self._service = Service([self._table], "memory", self)
        vars(self._service)["_spawn"] = self._works.append  # one call at a time

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "database":
            raise AttributeError(name)

        async def act(request: object, call: Call) -> object:
            try:
                return self._answer(name, request, call)
            except Exception as problem:
                if str(problem) != NO_ANSWER:  # the service would take it for a handler's failure
                    self._wrong = self._wrong or problem
                raise

        return act

    def _answer(self, method: str, request: object, call: Call) -> object:
        """What any action, compensation or query of the service answers."""
        asks, fails = call.step.endswith("~query"), self._case.fails
        _same(f"the key of {call.step}", call.key, self._keys.setdefault(call.step, call.key))
        if asks or call.attempt == 1:
            self._calls.append((call.step, method, encode(request)))
        once = self._part.attempts.get(call.step) == 1 or call.step in self._failed
        flaky = self._way == "retried" and not once
        if flaky or fails.get(call.step, "") is None:
            self._failed[call.step] = self._failed.get(call.step, 0) + 1
            if not asks:
                raise RuntimeError(NO_ANSWER)
        item = re.sub(r"\[\d+\]", "", call.step.removesuffix("~query"))
        if asks:
            known = fails.get(call.step) == "done"
            return Done(self._gives(item)) if known else Never()
        refusal = fails.get(call.step)
        return self._part.refusals[f"{item}: {refusal}"] if refusal else self._gives(item)

    def _gives(self, item: str) -> object:
        return self._part.outputs.get(item)

    # The wire

    async def subscribe(self, service: str, subjects: Sequence[str], receive: Receive) -> None:
        """See Transport."""
        self._subjects, self._receive = set(subjects), receive

    async def publish(self, messages: Sequence[Message]) -> None:
        """See Transport."""
        self._told += messages

    async def close(self) -> None:
        """See Transport."""

    # The play

    async def _play(self) -> None:
        await self._service.open()
        for each in self._service._running:
            each.cancel()  # what is due is worked off when the case says so
        try:
            for turn in self._case.turns:
                await self._turn(turn)
            for message in self._heard if self._way == "late" else ():
                again = replace(message, id=f"{message.id}-late")
                await self._hear(again)
                await self._settle()
                self._compare(Turn(f"{message.subject}, late"))
            self._count()
        finally:
            await self._service.close()

    async def _turn(self, turn: Turn) -> None:
        if turn.hears == "time":
            later = await store.next_due(self._service.database)
            self._now = max(self._now, later or 0.0)
        elif turn.hears == "cancel":
            await self._service.cancel(self._part.key)
        else:
            await self._come(self._message(turn.hears))
        await self._settle()
        self._compare(turn)

    async def _come(self, message: Message) -> None:
        if message.subject not in self._subjects:
            raise AssertionError(f"{self._case.name}: {message.subject} is not subscribed to")
        if message.headers.get("saga-key") is None:
            self._heard.append(message)
        await self._hear(message)
        if self._way == "twice":
            await self._settle()
            await self._hear(message)

    async def _hear(self, message: Message) -> None:
        assert self._receive is not None
        await self._receive(message)

    def _message(self, label: str) -> Message:
        part, saga = self._part, self._table.saga
        if label in part.starts:
            return Message("start", f"{saga}.start", _bytes(part.starts[label]))
        if label in part.outside:
            name, data = part.outside[label]
            self._mails += 1
            headers = {"saga-key": part.key}
            return Message(f"outside-{self._mails}", f"outside.{name}", _bytes(data), headers)
        name, plain = part.events[label]
        event = {**plain, "key": part.key}
        body = {"saga": saga, "version": self._table.version, "started": _BEGIN, "event": event}
        return Message(event_from(event).id, f"{saga}.{name}", _bytes(body))

    async def _settle(self) -> None:
        """Until the service has nothing to do and has told all."""
        for _ in range(_LONG):
            if self._works:
                await self._works.pop(0)
                if self._wrong is not None:
                    raise self._wrong
                continue
            await self._service._work_off()
            await self._service.relay.drain()
            if not self._works and not await store.due(self._service.database, self._now, 1):
                return
        raise AssertionError(f"{self._case.name}: the service does not come to rest")

    def _compare(self, turn: Turn) -> None:
        place = f"{self._case.name}, after {turn.hears}"
        calls = [self._part.calls[each] for each in turn.calls]
        events = [self._part.events[each] for each in turn.tells]
        _same(f"{place}: what is called", _sorted(self._calls), _sorted(calls))
        _same(f"{place}: what is told", _sorted(map(self._said, self._told)), _sorted(events))
        self._calls.clear()
        self._told.clear()

    def _count(self) -> None:
        """What was given up was tried often enough, and no more often."""
        for step, why in self._case.fails.items():
            if why is None and step in self._part.attempts:
                place = f"{self._case.name}: the attempts of {step}"
                _same(place, self._failed.get(step), self._part.attempts[step])

    @staticmethod
    def _said(message: Message) -> tuple[str, Any]:
        plain = plain_event(read(message).event)
        plain.pop("key")
        return message.subject.partition(".")[2], plain


def play(part: Part, case: Case, way: Way) -> None:
    """Plays ``case``. Raises AssertionError where something else is called or told.

    ``twice``: each message comes twice; ``retried``: the first attempt of each call fails;
    ``late``: all messages come again, as new ones, when all is over.
    """
    player, memory = Player(part, case, way), Memory()
    time = SimpleNamespace(time=lambda: player._now)
    opened = patch.object(database, "Sqlite", lambda path, busy=0.0: memory)
    with patch.object(running, "time", time), patch.object(turns, "time", time), opened:
        asyncio.run(player._play())
    memory.end()


class Memory:
    """A database that lives as long as a test; see Connection."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:", isolation_level=None)

    def execute(self, sql: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Runs one statement."""
        return self._connection.execute(sql, tuple(params)).fetchall()

    def begin(self) -> None:
        """Begins a transaction."""
        self._connection.execute("begin")

    def commit(self) -> None:
        """Ends it."""
        self._connection.execute("commit")

    def rollback(self) -> None:
        """Ends it, as if it had not been."""
        self._connection.rollback()

    def stamp(self) -> object:
        """Nobody else writes."""
        return 0

    def close(self) -> None:
        """Closing rolls back; what was committed stays for who opens it again."""
        self._connection.rollback()

    def end(self) -> None:
        """The test is over."""
        self._connection.close()


def _at_once(table: Table) -> Table:
    """The same without pauses between attempts."""
    calls = {id: _hurried(each) for id, each in table.calls.items()}
    return replace(table, calls=calls, undos={id: _hurried(e) for id, e in table.undos.items()})


def _hurried(calling: Calling) -> Calling:
    policy: Policy = calling.policy
    return replace(calling, policy=replace(policy, retry=replace(policy.retry, initial=0.0)))


def _bytes(data: Any) -> bytes:
    return json.dumps(data).encode()


def _sorted(found: Any) -> list[str]:
    return sorted(json.dumps(_plain(each), sort_keys=True) for each in found)


def _plain(data: Any) -> Any:
    """JSON data without what is absent."""
    if isinstance(data, dict):
        return {key: _plain(each) for key, each in data.items() if each is not None}
    return [_plain(each) for each in data] if isinstance(data, list | tuple) else data


def _same(what: str, found: Any, wanted: Any) -> None:
    if found != wanted:
        raise AssertionError(f"{what}\n  is        {found}\n  should be {wanted}")
