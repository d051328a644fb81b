"""What all parts of a saga can do: durable calls, compensations, a look at the clock."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

from ...contract.codec import decode
from ...contract.contract import Action, Call, Failure, Lock, Policy
from .caller import Caller, OnUnknown, Work, failure_of
from .definition import Compensation, Event, Mark
from .outcome import REASONS, FailureKind, Kind, Outcome, SagaFailed
from .record import Lane
from .running import Running
from .scope import Scope
from .waiting import Waiting

Output = TypeVar("Output")


@dataclass
class Head:
    """What the parts of one saga have in common; a sub-saga has a head of its own."""

    id: str
    name: str
    version: int
    key: str
    prefix: str  # of its calls' names in the records
    deadline: float | None
    parent: Head | None = None
    decided: bool = False  # past the judge: cancel and deadline are refused

    @property
    def cancellable(self) -> bool:
        """Whether cancel and deadline still count."""
        return not self.decided and (self.parent is None or self.parent.cancellable)

    @cached_property
    def limit(self) -> float | None:
        """The earliest deadline of this saga and those around it."""
        around = self.parent.limit if self.parent else None
        return min((each for each in (self.deadline, around) if each is not None), default=None)

    @cached_property
    def limit_as_time(self) -> datetime | None:
        """The same as handlers are told it."""
        return None if self.limit is None else datetime.fromtimestamp(self.limit, UTC)


@dataclass
class Group:
    """A group with a compensation of its own, and the keys of the calls that it stands for."""

    keys: list[str]


class Part:
    """The machinery under ``Saga``: one head, one lane, one compensation scope, one path."""

    def __init__(
        self,
        running: Running,
        head: Head,
        lane: Lane,
        scope: Scope,
        path: str = "",
        group: Group | None = None,
    ) -> None:
        self._running = running
        self._head = head
        self._lane = lane
        self._scope = scope
        self._path = path
        self._group = group

    @property
    def id(self) -> str:
        """The saga's id, ``order-fulfilment/42``."""
        return self._head.id

    @property
    def key(self) -> str:
        """The saga's key."""
        return self._head.key

    @property
    def version(self) -> int:
        """The version of the saga's definition."""
        return self._head.version

    def _inner_scope(self, *, parallel: bool = False) -> Scope:
        scope = Scope(parallel=parallel)
        self._scope.push(scope.unwind)
        return scope

    def _child_failed(self, name: str, problem: SagaFailed) -> SagaFailed:
        failure = Failure(self._path + name, problem.failure.reason, problem.failure.data)
        return SagaFailed(failure, problem.kind, unknown=problem.unknown, ended=problem.ended)

    async def _unwind(self, failure: Failure) -> None:
        await self._scope.unwind(failure, self._lane)

    def _name(self, name: str) -> str:
        return f"{self._head.prefix}{self._path}{name}"

    def _decide(self) -> None:
        self._head.decided = True

    async def _judge(self, record: str, step: str) -> None:
        """Decides, for good, whether the saga is called off. What is recorded has not begun a
        call, so that a crash before the record leaves the question open."""

        async def look(maybe_begun: bool) -> Outcome:
            now = time.time()
            kind = self._halted()
            return Outcome(kind or "done", now, time.time(), reason=REASONS.get(kind))

        outcome = await self._running.record.call(self._name(record), self._lane, look)
        self._given(step, outcome, object)
        self._decide()

    def _halted(self) -> Kind | None:
        if self._lane.stopped:
            return "stopped"
        return self._called_off()

    def _listening(self, cancel: Event[Any] | None) -> AbstractContextManager[None]:
        """What cancels this saga is heard while it runs; not for what is only read again."""
        return self._running.box.listening(
            cancel, lambda: self._lane.live and self._head.cancellable
        )

    def _called_off(self) -> Kind | None:
        if not self._head.cancellable:
            return None
        if self._running.box.cancelled is not None:
            return "cancelled"
        deadline = self._head.limit
        return "timed_out" if deadline is not None and time.time() >= deadline else None

    def _work(
        self,
        name: str,
        action: Action[Any],
        request: Any,
        output: type[Any],
        policy: Policy,
        on_unknown: OnUnknown,
    ) -> Work:
        head = self._head
        key = f"{self.id}/{self._path}{name}"
        call = Call(key, head.name, head.key, self._path + name, 1, head.limit_as_time)
        full = self._name(name)
        work = Work(full, key, action, request, output, policy, on_unknown, call)
        work.deadline = head.limit if head.cancellable else None
        return work

    async def _record(self, work: Work, lane: Lane | None = None) -> Outcome:
        caller = Caller(self._running, work)
        outcome = await self._running.record.call(work.name, lane or self._lane, caller.perform)
        if outcome.mark is not None:
            self._running.marks.append(Mark(work.name, outcome.mark))
        return outcome

    async def _with_undo(
        self, name: str, work: Work, output: type[Output], undo: Compensation[Any] | None
    ) -> Output:
        own: Output | None = None

        async def run(failure: Failure, lane: Lane) -> None:
            fenced = (work.key,) if work.policy.fence else ()
            assert undo is not None
            await self._compensate(name, undo, own, failure, lane, fenced)

        if undo is not None:
            self._scope.push(run)
        outcome = await self._record(work)
        effective = outcome.outcome in ("done", "unknown")
        if undo is not None and not effective:
            self._scope.drop(run)
        if self._group is not None and effective and work.on_unknown != "fail":
            self._group.keys.append(work.key)
        own = self._given(name, outcome, output)
        return own

    async def _compensate(
        self,
        name: str,
        undo: Compensation[Any],
        own: Any,
        failure: Failure,
        lane: Lane,
        fenced: tuple[str, ...],
        locks: tuple[Lock, ...] = (),
    ) -> None:
        if undo.when is not None and not undo.when(own, failure):
            return
        on_unknown: OnUnknown = "stuck" if undo.on_failure == "stop" else "continue"
        request = undo.request(own, failure)
        work = self._work(f"{name}~undo", undo.action, request, object, undo.policy, on_unknown)
        work.call = Call(work.key, work.call.saga, self.key, work.call.step, 1, None, failure)
        work.undoes, work.locks, work.deadline = fenced, locks, None
        await self._record(work, lane)

    def _waiting(self, name: str, events: tuple[Event[Any], ...], seconds: float | None) -> Waiting:
        until = None if seconds is None else self._lane.clock + seconds
        return Waiting(
            self._running,
            self._name(name),
            events,
            since=self._lane.clock,
            until=until,
            deadline=self._head.limit if self._head.cancellable else None,
            halt=lambda: "stopped" if self._lane.unwanted else self._called_off(),
        )

    async def _wait(self, waiting: Waiting) -> Outcome:
        outcome = await self._running.record.call(waiting.name, self._lane, waiting.perform)
        if outcome.mark is not None:
            self._running.marks.append(Mark(waiting.name, outcome.mark))
        return outcome

    async def _exhausted(self, name: str, asked: str, after_pivot: bool) -> Outcome:
        if not after_pivot:
            failure = Failure(self._path + name, "exhausted")
            raise SagaFailed(failure, ended=self._lane.clock)
        return await self._ask_again(asked, "exhausted")

    async def _ask_again(self, name: str, why: str, expected: Any = object) -> Outcome:
        """After the pivot nothing fails: a person says how to go on."""
        waiting = self._waiting(name, (), None)
        outcome = await self._running.record.call(
            waiting.name, self._lane, lambda maybe_begun: waiting.ask(why, maybe_begun, expected)
        )
        if outcome.mark is not None:
            self._running.marks.append(Mark(waiting.name, outcome.mark))
        return outcome

    def _given(self, name: str, outcome: Outcome, output: type[Output]) -> Output:
        if outcome.outcome in ("done", "skipped"):
            return decode(output, outcome.output)
        failure = failure_of(outcome, self._path + name)
        unknown = outcome.reason in ("unknown", "timeout") or outcome.outcome == "unknown"
        raise SagaFailed(failure, _kind_of(outcome), unknown=unknown, ended=outcome.ended)


def _kind_of(outcome: Outcome) -> FailureKind:
    if outcome.outcome == "unknown":  # called off between two attempts
        return _CALLED_OFF.get(outcome.reason, "failed")
    return _KINDS.get(outcome.outcome, "failed")


_KINDS: dict[str, FailureKind] = {
    "cancelled": "cancelled",
    "timed_out": "timed_out",
    "stopped": "stopped",
}
_CALLED_OFF: dict[str | None, FailureKind] = {"cancelled": "cancelled", "deadline": "timed_out"}
