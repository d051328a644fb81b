"""Sagas of every kind of item, written as the generator writes them."""

from __future__ import annotations

from dataclasses import dataclass, field

from sagac.templates.dbos.engine import (
    Compensation,
    Definition,
    Event,
    Failure,
    Lock,
    Nothing,
    Policy,
    Retry,
    Saga,
)

from .handlers import Ask, Gave, Handlers


@dataclass(frozen=True, slots=True)
class Order:
    key: str
    plan: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    resource: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    key: str
    text: str


FAST = Policy(Retry(attempts=2, initial=0.01), timeout=60)
SHORT = Policy(Retry(attempts=2, initial=0.01), timeout=1)
ENDLESS = Policy(Retry(initial=0.01, max=0.05, jitter=True), timeout=60)
ONCE = Policy(Retry(attempts=2, initial=0.01), idempotent=False, timeout=60)


def taken_back(handlers: Handlers, input: Order, policy: Policy = ENDLESS) -> Compensation[Gave]:
    return Compensation[Gave](
        handlers.undo, lambda own, failure: Ask(input.plan, own.ref if own else None), policy
    )


async def steps(saga: Saga, input: Order, h: Handlers) -> Gave:
    ask = Ask(input.plan)
    await saga.step("check", h.act, ask, Gave, FAST)
    await saga.step("reserve", h.act, ask, Gave, FAST, undo=taken_back(h, input))
    hurry = SHORT if input.plan.get("charge") == "slow" else FAST
    await saga.step("charge", h.act, ask, Gave, hurry, undo=taken_back(h, input))
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
    first = await saga.wait("first", answer, 300)
    late = await saga.wait_or_none("late", Event("Missing", Answered), 0.05)
    race = await saga.race("race", answer, other, after=float(input.plan.get("after", "300")))
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
    await saga.wait("go", go, 300)


async def person(saga: Saga, input: Order, h: Handlers) -> str:
    ask = Ask(input.plan)
    await saga.step("before", h.act, ask, Gave, FAST, undo=taken_back(h, input, FAST))
    once = await saga.step("once", h.act, ask, Gave, ONCE, on_unknown="manual")
    await saga.step("fails", h.act, ask, Gave, FAST)
    await saga.pivot("commit", h.act, ask, Gave, FAST)
    await saga.retriable("mail", h.act, ask, Nothing, FAST)
    return once.ref


async def after_pivot(saga: Saga, input: Order, h: Handlers) -> list[str]:
    """Past the pivot: a wait, a repeat and a saga that a person helps along."""
    ask = Ask(input.plan)
    await saga.pivot("commit", h.act, ask, Gave, FAST)
    answer = Event("Answer", Answered)
    first = await saga.wait("first", answer, 0.05, after_pivot=True)

    async def poll(saga: Saga) -> int:
        await saga.step("ask", h.act, ask, Gave, FAST)
        return 1

    await saga.repeat("poll", poll, until=lambda seen: seen > 1, max=2, after_pivot=True)
    inner = Order(f"{input.key}-inner", input.plan)
    gave = await saga.run("both", BRANCHES, inner, after_pivot=True)
    return [first.text, *gave]


async def ignoring(saga: Saga, input: Order, h: Handlers) -> str:
    answer = Event("Answer", Answered)
    fresh = Event("Answer", Answered, early="ignore")
    await saga.wait("begin", Event("Begin", Nothing), 60)
    return (await saga.wait("fresh", fresh, 60)).text + (await saga.wait("old", answer, 60)).text


async def quorum(saga: Saga, input: Order, h: Handlers) -> list[str]:
    async def vote(saga: Saga, name: str) -> Gave:
        return await saga.step(
            "vote", h.act, Ask(input.plan, name), Gave, FAST, undo=taken_back(h, input)
        )

    votes = await saga.foreach("votes", input.lines, vote, parallel=True, join=2)
    await saga.step("after", h.act, Ask(input.plan), Gave, FAST)
    return votes.outcomes


async def side_by_side(saga: Saga, input: Order, h: Handlers) -> None:
    """A group undone in parallel: ``one`` is undone although ``two``'s undo waits for a person."""
    ask = Ask(input.plan)
    async with saga.group("pack", undo_order="parallel") as pack:
        await pack.step("one", h.act, ask, Gave, FAST, undo=taken_back(h, input, FAST))
        await pack.step("two", h.act, ask, Gave, FAST, undo=taken_back(h, input, FAST))
    await saga.step("after", h.act, ask, Gave, FAST)


async def going_on(saga: Saga, input: Order, h: Handlers) -> None:
    ask = Ask(input.plan)
    await saga.step("before", h.act, ask, Gave, FAST, undo=taken_back(h, input))
    undo = Compensation[Gave](
        h.undo, lambda own, failure: Ask(input.plan), FAST, on_failure="continue"
    )
    await saga.step("given_up", h.act, ask, Gave, FAST, undo=undo)
    await saga.step("after", h.act, ask, Gave, FAST)


async def held(saga: Saga, input: Order, h: Handlers) -> None:
    await saga.step("hold", h.act, Ask(input.plan), Gave, FAST, undo=taken_back(h, input))
    await saga.wait("go", Event("Go", Answered, lambda event: event.key == input.key), 300)


async def using(saga: Saga, input: Order, h: Handlers) -> None:
    """Uses a saga that has a cancel of its own, and waits after it."""
    await saga.step("before", h.act, Ask(input.plan), Gave, FAST, undo=taken_back(h, input))
    await saga.run("held", HELD, Order(input.key, input.plan))
    await saga.wait("last", Event("Last", Nothing), 300)


def _key(input: Order) -> str:
    return input.key


def _define(name: str, run: object, output: object, **more: object) -> Definition[Order, object]:
    return Definition(name, 1, run, Order, output, _key, **more)  # type: ignore[arg-type]


STEPS = _define(
    "steps",
    steps,
    Gave,
    deadline=600,
    cancel=lambda input: Event("Stop", Answered, lambda event: event.key == input.key),
)
HELD: Definition[Order, Nothing] = Definition(
    "held",
    1,
    held,
    Order,
    Nothing,
    _key,
    cancel=lambda input: Event("Stop", Answered, lambda event: event.key == input.key),
)
BRANCHES: Definition[Order, list[str]] = Definition("branches", 1, branches, Order, list[str], _key)
ALL = {
    each.name: each
    for each in (
        STEPS,
        BRANCHES,
        HELD,
        _define("first-of", first_of, list[str]),
        _define("elements", elements, list[str]),
        _define("recovered", recovered, list[str]),
        _define("waiting", waiting, list[str], deadline=600),
        _define("rounds", rounds, int),
        _define("outer", outer, list[str]),
        _define("using", using, Nothing),
        _define("locking", locking, Nothing),
        _define("person", person, str),
        _define("after-pivot", after_pivot, list[str]),
        _define("ignoring", ignoring, str),
        _define("quorum", quorum, list[str]),
        _define("side-by-side", side_by_side, Nothing),
        _define("going-on", going_on, Nothing),
        _define("hurried", waiting, list[str], deadline=8),
    )
}
