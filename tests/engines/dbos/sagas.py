"""Sagas of every kind of item, written as the generator writes them, and handlers with a plan.

The plan of a saga says what each call does, by the call's path: ``refuse``, ``raise`` (always),
``raise 2`` (twice), ``slow`` (until the attempt times out), ``late`` (takes effect, then raises),
``kill`` and ``kill after`` (the process, once, before or after the effect).
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from sagac.templates.dbos.engine import (
    Call,
    Compensation,
    Definition,
    Done,
    Event,
    Failure,
    Lock,
    Never,
    Nothing,
    NotYet,
    Policy,
    Refusal,
    Retry,
    Saga,
)


@dataclass(frozen=True, slots=True)
class Order:
    key: str
    plan: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    resource: str | None = None


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


@dataclass(frozen=True, slots=True)
class Answered:
    key: str
    text: str


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
            await asyncio.sleep(60)
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

FAST = Policy(Retry(attempts=2, initial=0.01), timeout=5)
SHORT = Policy(Retry(attempts=2, initial=0.01), timeout=2)
ENDLESS = Policy(Retry(initial=0.01, max=0.05, jitter=True), timeout=5)
ONCE = Policy(Retry(attempts=2, initial=0.01), idempotent=False, timeout=5)


def taken_back(handlers: Handlers, input: Order, policy: Policy = ENDLESS) -> Compensation[Gave]:
    return Compensation[Gave](
        handlers.undo, lambda own, failure: Ask(input.plan, own.ref if own else None), policy
    )


async def steps(saga: Saga, input: Order, h: Handlers) -> Gave:
    ask = Ask(input.plan)
    await saga.step("check", h.act, ask, Gave, FAST)
    await saga.step("reserve", h.act, ask, Gave, FAST, undo=taken_back(h, input))
    await saga.step("charge", h.act, ask, Gave, SHORT, undo=taken_back(h, input))
    saga.on_undo("tell", h.undo, lambda failure: Ask(input.plan, failure.step), ENDLESS)
    await saga.optional("gift", h.act, ask, Gave, FAST, undo=taken_back(h, input))
    ship = await saga.pivot("ship", h.act, ask, Gave, FAST, query=h.query)
    await saga.retriable("mail", h.act, ask, Gave, FAST)
    return ship


async def branches(saga: Saga, input: Order, h: Handlers) -> list[str]:
    ask = Ask(input.plan)

    async def left(saga: Saga) -> tuple[Gave, Gave]:
        one = await saga.step("left1", h.act, ask, Gave, FAST, undo=taken_back(h, input))
        two = await saga.step("left2", h.act, ask, Gave, FAST, undo=taken_back(h, input))
        return one, two

    async def right(saga: Saga) -> Gave:
        return await saga.step("right1", h.act, ask, Gave, FAST, undo=taken_back(h, input))

    await saga.step("before", h.act, ask, Gave, FAST, undo=taken_back(h, input))
    async with saga.parallel("both", undo_order="sequence") as both:
        left_branch = both.branch("left", left)
        right_branch = both.branch("right", right)
    one, two = left_branch.value
    await saga.step("after", h.act, ask, Gave, FAST)
    return [one.ref, two.ref, right_branch.value.ref]


async def first_of(saga: Saga, input: Order, h: Handlers) -> list[str]:
    ask = Ask(input.plan)
    go = Event("Go", Answered, lambda event: event.key == input.key)

    async def quick(saga: Saga) -> Gave:
        return await saga.step("quick", h.act, ask, Gave, FAST, undo=taken_back(h, input))

    async def waits(saga: Saga) -> Gave:
        await saga.step("waits", h.act, ask, Gave, FAST, undo=taken_back(h, input))
        await saga.wait("go", go)
        return Gave("never")

    await saga.step("before", h.act, ask, Gave, FAST, undo=taken_back(h, input))
    async with saga.parallel("any", join="any") as any_of:
        quick_branch = any_of.branch("quick", quick)
        waits_branch = any_of.branch("waits", waits)
    await saga.step("after", h.act, ask, Gave, FAST)
    return [quick_branch.outcome, waits_branch.outcome]


async def elements(saga: Saga, input: Order, h: Handlers) -> list[str]:
    async def line(saga: Saga, sku: str) -> Gave:
        ask = Ask(input.plan, sku)
        first = await saga.step("pick", h.act, ask, Gave, FAST, undo=taken_back(h, input))
        await saga.step("pack", h.act, ask, Gave, FAST, undo=taken_back(h, input))
        return first

    settled = await saga.foreach("lines", input.lines, line, parallel=True, limit=2, join="settled")
    again = await saga.foreach("more", input.lines, line)
    await saga.step("after", h.act, Ask(input.plan), Gave, FAST)
    return [*settled.outcomes, *(each.ref for each in again.values)]


async def recovered(saga: Saga, input: Order, h: Handlers) -> list[str]:
    ask, seen = Ask(input.plan), []
    gave: Gave | None = None
    async with saga.recoverable("pay", "refused", "unknown") as attempt:
        await attempt.step("hold", h.act, ask, Gave, FAST, undo=taken_back(h, input))
        gave = await attempt.step("pay", h.act, ask, Gave, FAST, undo=taken_back(h, input))
    if attempt.failed_with("refused"):
        await saga.step("invoice", h.act, ask, Gave, FAST, undo=taken_back(h, input))
    elif attempt.failed_with("unknown"):
        seen.append(f"unknown: {attempt.failure.reason}")
    async with saga.group(
        "pack", undo=Compensation[None](h.undo, lambda own, failure: Ask(input.plan, "group"))
    ) as pack:
        await pack.step("wrap", h.act, ask, Gave, FAST, on_unknown="compensate")
        await pack.step("seal", h.act, ask, Gave, FAST, on_unknown="compensate")
    if input.plan.get("fail"):
        raise saga.fail("on_purpose", {"code": 7})
    await saga.step("after", h.act, ask, Gave, FAST)
    return [gave.ref if gave else "none", *seen]


async def waiting(saga: Saga, input: Order, h: Handlers) -> list[str]:
    ask = Ask(input.plan)
    answer = Event("Answer", Answered, lambda event: event.key == input.key)
    other = Event("Other", Nothing)
    await saga.step("before", h.act, ask, Gave, FAST, undo=taken_back(h, input))
    await saga.sleep("cool_off", 0.05)
    first = await saga.wait("first", answer, 20)
    late = await saga.wait_or_none("late", Event("Missing", Answered), 0.05)
    race = await saga.race("race", answer, other, after=float(input.plan.get("after", "20")))
    if race.won == "Answer":
        second = race.data(answer).text
    elif race.won == "Other":
        raise saga.fail("other_won")
    else:
        second = "nobody"
    return [first.text, str(late), second]


async def rounds(saga: Saga, input: Order, h: Handlers) -> int:
    seen = 0

    async def ask_again(saga: Saga) -> int:
        nonlocal seen
        await saga.step("ask", h.act, Ask(input.plan), Gave, FAST, undo=taken_back(h, input))
        seen += 1
        return seen

    enough = int(input.plan.get("enough", "3"))
    return await saga.repeat(
        "poll", ask_again, until=lambda seen: seen >= enough, max=4, every=0.01
    )


async def outer(saga: Saga, input: Order, h: Handlers) -> list[str]:
    await saga.step("before", h.act, Ask(input.plan), Gave, FAST, undo=taken_back(h, input))
    inner = Order(f"{input.key}-inner", input.plan)
    gave = await saga.run("both", BRANCHES, inner)
    await saga.step("last", h.act, Ask(input.plan), Gave, FAST)
    return gave


async def locking(saga: Saga, input: Order, h: Handlers) -> None:
    resource = input.resource or "r"
    conflict: Failure | None = None
    async with saga.recoverable("take", "locked") as attempt:
        await attempt.step(
            "take", h.act, Ask(input.plan), Gave, FAST, locks=[Lock("thing", resource)]
        )
    if attempt.failed:
        conflict = attempt.failure
    if conflict is not None:
        await saga.step(
            "queue",
            h.act,
            Ask(input.plan),
            Gave,
            FAST,
            locks=[Lock("thing", resource, "wait")],
        )
        return
    go = Event("Go", Answered, lambda event: event.key == input.key)
    await saga.wait("go", go, 20)


async def person(saga: Saga, input: Order, h: Handlers) -> str:
    ask = Ask(input.plan)
    await saga.step("before", h.act, ask, Gave, FAST, undo=taken_back(h, input, FAST))
    once = await saga.step("once", h.act, ask, Gave, ONCE, on_unknown="manual")
    await saga.step("fails", h.act, ask, Gave, FAST)
    await saga.pivot("commit", h.act, ask, Gave, FAST)
    await saga.retriable("mail", h.act, ask, Nothing, FAST)
    return once.ref


def _key(input: Order) -> str:
    return input.key


def _define(name: str, run: object, output: object, **more: object) -> Definition[Order, object]:
    return Definition(name, 1, run, Order, output, _key, **more)  # type: ignore[arg-type]


STEPS = _define(
    "steps",
    steps,
    Gave,
    deadline=30,
    cancel=lambda input: Event("Stop", Answered, lambda event: event.key == input.key),
)
BRANCHES: Definition[Order, list[str]] = Definition("branches", 1, branches, Order, list[str], _key)
ALL = {
    each.name: each
    for each in (
        STEPS,
        BRANCHES,
        _define("first-of", first_of, list[str]),
        _define("elements", elements, list[str]),
        _define("recovered", recovered, list[str]),
        _define("waiting", waiting, list[str], deadline=600),
        _define("rounds", rounds, int),
        _define("outer", outer, list[str]),
        _define("locking", locking, Nothing),
        _define("person", person, str),
        _define("hurried", waiting, list[str], deadline=2),
    )
}
