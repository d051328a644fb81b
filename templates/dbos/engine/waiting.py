"""Waits: for time, for events from outside, for a person. Each is one durable call."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from ...contract.codec import DecodeError, decode
from .definition import Event
from .outcome import REASONS, Kind, Outcome

if TYPE_CHECKING:
    from .running import Running
    from .store import MailRow

Data = TypeVar("Data")


@dataclass(frozen=True, slots=True)
class Race:
    """Who came first: ``won`` is the event's name, or ``after``."""

    won: str
    payload: Any = None

    def data(self, event: Event[Data]) -> Data:
        """The data of the event that won. Raises KeyError if another did."""
        if self.won != event.name:
            raise KeyError(event.name)
        return decode(event.data, self.payload)


def _misfit(answer: dict[str, Any], expected: Any) -> str | None:
    if answer["action"] == "retry":
        return None
    if answer["action"] == "failed":
        return "the answer cannot be used: failed is no answer here"
    try:
        decode(expected, answer.get("output"))
    except DecodeError as problem:
        return f"the answer cannot be used: {problem}"
    return None


@dataclass
class Waiting:
    """One wait. ``until`` and ``deadline`` are seconds since the epoch."""

    running: Running
    name: str
    events: tuple[Event[Any], ...]
    since: float
    until: float | None
    deadline: float | None
    halt: Callable[[], Kind | None]
    stuck: bool = False

    async def perform(self, maybe_begun: bool) -> Outcome:
        """``done`` with the event that came, or ``done`` when the time of a plain wait is over;
        ``failed`` with ``timeout`` when events did not come in time."""
        began = time.time()
        span = 0.0 if self.until is None else self.until - self.since
        if maybe_begun and (resumed := await self._resume(began)):
            return resumed
        while True:
            found = await self.running.box.until(self._look, self._left())
            if kind := self.halt():
                return self._outcome(kind, began, reason=REASONS.get(kind))
            if found is not None:
                await self.running.post.settle(found, "taken", self.name)
                return self._came(found, began)
            if self.until is None or time.time() < self.until:
                continue
            if not self.events:
                return self._outcome("done", began)
            if not self.stuck:
                return self._outcome("failed", began, reason="timeout")
            outcome = await self.ask("timeout", maybe_begun, self.events[0].data)
            if outcome.output != "retry":
                return outcome
            self.until, maybe_begun = time.time() + span, False

    async def ask(self, why: str, maybe_begun: bool, expected: Any = object) -> Outcome:
        """STUCK: a person's answer is the output, ``retry`` or what stands for the event.

        An answer whose output is not of the type ``expected`` is asked for again.
        """
        began = time.time()
        answers = await self.running.answers(self.name) if maybe_begun else []
        answer = answers[-1] if answers else await self.running.ask(self.name, why)
        while (problem := _misfit(answer, expected)) is not None:
            answer = await self.running.ask(self.name, f"{why}; {problem}")
        await self.running.unstuck(self.name)
        if answer["action"] == "retry":
            return self._outcome("done", began, output="retry")
        mark = f"skipped by a person: {answer['reason']}" if answer["action"] == "skip" else None
        won = self.events[0].name if self.events else "after"
        output = {"won": won, "payload": answer.get("output")}
        return self._outcome("done", began, output=output, mark=mark)

    async def _resume(self, began: float) -> Outcome | None:
        for mail in await self.running.post.taken(self.running.id, self.name):
            if mail.kind == "event":
                return self._came(mail, began)
        return None

    def _look(self) -> Kind | MailRow | None:
        if (kind := self.halt()) is not None:
            return kind
        found: list[MailRow] = []
        for event in self.events:
            since = self.since if event.early == "ignore" else None
            mail = self.running.box.find(event, since)
            if mail is not None:
                found.append(mail)
        return min(found, key=lambda mail: mail.seq, default=None)

    def _left(self) -> float | None:
        ends = [each for each in (self.until, self.deadline) if each is not None]
        return max(0.0, min(ends) - time.time()) if ends else None

    def _came(self, mail: MailRow, began: float) -> Outcome:
        return self._outcome("done", began, output={"won": mail.name, "payload": mail.data})

    def _outcome(self, kind: Kind, began: float, **values: Any) -> Outcome:
        return Outcome(kind, began, time.time(), **values)
