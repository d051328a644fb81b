"""One call of a handler, durable as a whole: attempts, pauses, ledger, unknown outcomes, STUCK."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from ...contract.calling import invoke, pause
from ...contract.codec import DecodeError, decode, encode
from ...contract.contract import (
    Action,
    Call,
    Done,
    Failure,
    Lock,
    Never,
    NotYet,
    Policy,
    Refusal,
    Tx,
)
from .outcome import REASONS, Kind, Outcome

if TYPE_CHECKING:
    from .running import Running

log = logging.getLogger("saga")

OnUnknown = Literal["compensate", "query", "manual", "fail", "stuck", "continue"]

_LOCK_PAUSE = 0.2
_UNUSABLE = "; the answer cannot be used: "


@dataclass(slots=True)
class Work:
    """What is to be called. ``name`` is the call's name in the records, ``key`` in the ledger."""

    name: str
    key: str
    action: Action[Any]
    request: Any
    output: type[Any]
    policy: Policy
    on_unknown: OnUnknown
    call: Call
    query: Action[Any] | None = None
    locks: tuple[Lock, ...] = ()
    halt: Callable[[], Kind | None] = lambda: None
    deadline: float | None = None
    begin: Callable[[], None] = lambda: None
    undoes: tuple[str, ...] | None = None  # of a compensation: the keys to fence


@dataclass(frozen=True, slots=True)
class Trouble:
    """An attempt that ended technically: nobody knows whether it took effect."""

    reason: Literal["unknown", "timeout"]
    error: str


class _Refused(Exception):
    """Carries a refusal out of a transaction, which rolls back."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


@dataclass
class Caller:
    """Performs one piece of work until its outcome is settled."""

    running: Running
    work: Work
    attempts: int = 0
    started: float = field(default_factory=time.time)
    _in_trouble: bool = False
    _first: bool = False
    _asked_at: int = 0  # attempts when a person last said ``retry``

    async def perform(self, maybe_begun: bool) -> Outcome:
        """The settled outcome; never raises for what a handler does."""
        self._first = not maybe_begun
        outcome = await self._resume() if maybe_begun else None
        if outcome is None:
            outcome = None if maybe_begun else self._halted()
        if outcome is None:
            self.work.begin()
            outcome = await self._lock() if self.work.locks else None
            outcome = outcome or await self._until_settled()
        if self._in_trouble or maybe_begun:
            await self.running.trouble_over(self.work.name)
        outcome.at, outcome.ended = self.started, time.time()
        outcome.attempts = max(self.attempts, 1)
        return outcome

    # Attempts

    async def _until_settled(self) -> Outcome:
        while True:
            result = await self._attempt()
            settled = await self._after(result) if isinstance(result, Trouble) else result
            if settled is not None:
                return settled

    async def _after(self, trouble: Trouble) -> Outcome | None:
        """The outcome, or None to call again."""
        if not self._spent():
            return await self._pause(trouble)
        if self.work.on_unknown == "query":
            return await self._query(trouble)
        if self.work.on_unknown in ("manual", "stuck"):
            return await self._ask(f"{trouble.reason}: {trouble.error}")
        if self.work.on_unknown == "continue":
            return self._outcome("skipped", reason=trouble.reason, mark=trouble.error)
        kind: Kind = "unknown" if self.work.on_unknown == "compensate" else "failed"
        return self._outcome(kind, reason=trouble.reason, data=None)

    def _spent(self) -> bool:
        limit = self.work.policy.retry.attempts if self.work.policy.idempotent else 1
        return limit is not None and self.attempts - self._asked_at >= limit

    async def _attempt(self) -> Outcome | Trouble:
        self.attempts += 1
        if not self.work.policy.idempotent:
            await self._note("called", None)
        try:
            async with asyncio.timeout(self.work.policy.timeout) as clock:
                result: Outcome = await self._in_ledger(self.work.action, self._answered)
                return result
        except TimeoutError as problem:
            reason: Literal["timeout", "unknown"] = "timeout" if clock.expired() else "unknown"
            return Trouble(reason, _text(problem) if not clock.expired() else "timed out")
        except Exception as problem:
            log.exception("%s failed at attempt %d", self.work.key, self.attempts)
            return Trouble("unknown", _text(problem))

    async def _in_ledger(self, action: Action[Any], settle: Any) -> Any:
        ledger, shared = await self.running.ledger(action)
        if not shared:
            return await self._once(action, settle, ledger, None)
        try:
            async with ledger.database.transaction() as tx:
                result = await self._once(action, settle, ledger, tx)
                if isinstance(result, Outcome) and result.outcome == "failed":
                    raise _Refused(result)
                return result
        except _Refused as refused:
            return refused.outcome

    async def _once(self, action: Any, settle: Any, ledger: Any, tx: Tx | None) -> Any:
        # Of a call's very first attempt the engine's own ledger can know nothing yet.
        entry = None if self._first and tx is None else await ledger.look(self.work.key, tx)
        self._first = False
        if entry is not None:
            if entry.done:
                return self._outcome("done", output=entry.answer)
            return self._outcome("failed", reason="unknown", data={"fenced": True})
        call = self.work.call
        if tx is not None or self.attempts > 1:
            call = replace(call, attempt=self.attempts, tx=tx)
        if settle == self._queried:
            call = replace(call, step=f"{call.step}~query")
        return await settle(await invoke(action, self.work.request, call), ledger, tx)

    async def _answered(self, answer: Any, ledger: Any, tx: Tx | None) -> Outcome:
        if isinstance(answer, Refusal):
            if self.work.undoes is not None:
                raise RuntimeError(f"a compensation cannot refuse ({answer.reason})")
            return self._outcome("failed", reason=answer.reason, data=encode(answer) or None)
        output = encode(answer)
        if self.work.undoes is None:
            await ledger.done(self.work.key, output, tx)
        else:
            await ledger.undone(self.work.key, self.work.undoes, tx)
        return self._outcome("done", output=output)

    # Pauses

    async def _pause(self, trouble: Trouble) -> Outcome | None:
        seconds = pause(self.work.policy.retry, self.attempts)
        if self.attempts > 1 or seconds >= 1:
            await self._note(trouble.error, seconds)
        halt = self.work.halt if self.work.on_unknown in ("compensate", "fail") else lambda: None
        kind: Kind | None = await self.running.box.until(halt, self._until_deadline(seconds))
        kind = kind or halt()
        if kind in ("cancelled", "timed_out") and self.work.on_unknown == "compensate":
            return self._outcome("unknown", reason=REASONS[kind])
        if kind in ("cancelled", "timed_out"):
            return self._outcome(kind, reason=REASONS[kind])
        return None

    def _until_deadline(self, seconds: float) -> float:
        if self.work.deadline is None:
            return seconds
        left = self.work.deadline - time.time()
        return min(seconds, left) if left > 0 else seconds

    def _halted(self) -> Outcome | None:
        kind = self.work.halt()
        return self._outcome(kind, reason=REASONS.get(kind)) if kind else None

    async def _note(self, error: str, pause_seconds: float | None) -> None:
        self._in_trouble = True
        later = None if pause_seconds is None else _iso(time.time() + pause_seconds)
        await self.running.trouble(self.work.name, self.attempts, error, later)

    # Locks

    async def _lock(self) -> Outcome | None:
        for lock in self.work.locks:
            waited = False
            while not await self.running.lock(lock):
                if lock.conflict == "refuse" and self.work.undoes is None:  # an undo waits
                    return self._outcome("failed", reason="locked")
                if not waited:
                    waited = True
                    holder = await self.running.holder(lock) or "another saga"
                    await self._note(f"waits for the lock {lock.name} that {holder} has", None)
                await self.running.box.until(self.work.halt, _LOCK_PAUSE)
                if halted := self._halted():
                    return halted
            if waited:
                self._in_trouble = False
                await self.running.trouble_over(self.work.name)
        return None

    # Unknown outcomes

    async def _query(self, trouble: Trouble) -> Outcome | None:
        """Asks the service. None: it may be called again."""
        assert self.work.query is not None
        asked = 0
        while True:
            try:
                async with asyncio.timeout(self.work.policy.timeout):
                    answer = await self._in_ledger(self.work.query, self._queried)
            except Exception as problem:
                log.exception("the query of %s failed", self.work.key)
                asked += 1
                seconds = pause(replace(self.work.policy.retry, attempts=None), asked)
                await self._note(f"query: {_text(problem)}", seconds)
                await asyncio.sleep(seconds)
                continue
            if isinstance(answer, Never):
                return self._outcome("failed", reason=answer.reason or trouble.reason)
            if isinstance(answer, Outcome):
                return answer
            await asyncio.sleep(pause(self.work.policy.retry, self.attempts))
            return None

    async def _queried(self, answer: Any, ledger: Any, tx: Tx | None) -> Outcome | Never | NotYet:
        if isinstance(answer, Done):
            output = encode(answer.output)
            await ledger.done(self.work.key, output, tx)
            return self._outcome("done", output=output)
        if isinstance(answer, Never):
            await ledger.bury(self.work.key, tx)
            return answer
        return NotYet()

    # STUCK

    async def _resume(self) -> Outcome | None:
        """After a crash: what a person had answered, or the question again."""
        answers = await self.running.answers(self.work.name)
        if answers and answers[-1]["action"] != "retry":
            with suppress(DecodeError, ValueError):
                outcome = await self._obey(answers[-1])
                await self.running.unstuck(self.work.name)
                return outcome
        why = await self.running.stuck_since(self.work.name)
        if why is not None:
            return await self._ask(why)
        if not self.work.policy.idempotent and await self.running.noted(self.work.name):
            self.attempts = 1
            return await self._after(Trouble("unknown", "interrupted by a crash"))
        return None

    async def _ask(self, why: str) -> Outcome | None:
        """Waits for a person. None: call again."""
        while True:
            answer = await self.running.ask(self.work.name, why)
            try:
                return await self._obey(answer)
            except (DecodeError, ValueError) as problem:
                why = f"{why.partition(_UNUSABLE)[0]}{_UNUSABLE}{problem}"

    async def _obey(self, answer: dict[str, Any]) -> Outcome | None:
        action, reason, output = answer["action"], answer["reason"], answer.get("output")
        if action == "retry":
            self._asked_at = self.attempts
            return None
        if action == "failed" and self.work.undoes is None and self.work.on_unknown != "stuck":
            ledger, _ = await self.running.ledger(self.work.action)
            await ledger.bury(self.work.key)
            return self._outcome("failed", reason="unknown", data={"resolved": reason})
        if action not in ("done", "skip"):
            raise ValueError(f"{action} is no answer here")
        decode(self.work.output, output)
        mark = f"skipped by a person: {reason}" if action == "skip" else None
        return self._outcome("done", output=output, mark=mark)

    def _outcome(self, kind: Kind, **values: Any) -> Outcome:
        return Outcome(kind, self.started, time.time(), **values)


def _text(problem: BaseException) -> str:
    return f"{type(problem).__name__}: {problem}" if str(problem) else type(problem).__name__


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def failure_of(outcome: Outcome, step: str) -> Failure:
    """The failure that an outcome stands for."""
    return Failure(step, outcome.reason or outcome.outcome, outcome.data)
