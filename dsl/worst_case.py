"""How long a saga may take: the worst time of each item, and of each path.

The budget of a step is attempts x timeout plus the pauses between them. What has no bound, or one
that only the data tells, is None. A list takes the sum of its items, as one coordinator runs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import TypeAlias

from .defaults import LONGEST_PAUSE
from .graph import SagaGraph
from .model import (
    Choose,
    Fail,
    Foreach,
    Group,
    Item,
    Parallel,
    Race,
    Repeat,
    Retry,
    Seconds,
    Step,
    SubSaga,
    Undo,
    Wait,
)
from .order import in_order
from .records import dataclass
from .structure import race_name, sections

MOST_PATHS = 64
MOST_ATTEMPTS = 10_000  # beyond them the time is not added up

Time: TypeAlias = float | None
Times: TypeAlias = Mapping[str, Time]
Rope: TypeAlias = "str | tuple[Rope, Rope] | None"  # texts one after another, joined cheaply


@dataclass(frozen=True, slots=True)
class Path:
    """One way through the saga: what was decided, the items that run, the worst time in seconds."""

    decisions: tuple[str, ...]
    items: tuple[str, ...]
    seconds: Time


def attempts_time(retry: Retry, timeout: float) -> Time:
    """Seconds until a call has used up its retries, without jitter; None if it goes on for ever."""
    if retry.attempts is None or retry.attempts > MOST_ATTEMPTS:
        return None
    longest = retry.max if retry.max is not None else float("inf")
    pauses, pause = 0.0, retry.initial
    for number in range(1, retry.attempts):
        pauses += min(pause, longest)
        if retry.backoff == "exponential":
            pause = min(pause * 2, max(longest, LONGEST_PAUSE))
        elif retry.backoff == "linear":
            pause = retry.initial * (number + 1)
    return retry.attempts * timeout + pauses


def times(graph: SagaGraph) -> Times:
    """The worst time of each item with all that is in it, by name."""
    return _times(graph, {})


def worst(graph: SagaGraph) -> Time:
    """Seconds after which the saga has gone forward to its end; None if nothing bounds it."""
    return _list(graph.saga.items, times(graph))


def paths(graph: SagaGraph) -> tuple[Path, ...]:
    """The ways through the saga that its decisions allow, at most MOST_PATHS of them."""
    ways = _Ways(times(graph)).through(graph.saga.items)
    return tuple(Path(_texts(way.decisions), _texts(way.items), way.seconds) for way in ways)


def until_judge(graph: SagaGraph) -> tuple[Item, ...]:
    """The items of the top list that run while the deadline counts, in their order.

    That is until the item that decides about cancel and deadline begins, else all of them.
    """
    return tuple(
        item
        for item in in_order(graph.saga.items)
        if item.name.text != graph.judge and graph.facts[item.name.text].cancellable
    )


# -- times --------------------------------------------------------------------------------------


def _times(graph: SagaGraph, children: dict[int, Time]) -> dict[str, Time]:
    found: dict[str, Time] = {}
    for name, facts in reversed(list(graph.facts.items())):  # members stand after what is around
        item = facts.item
        inner = [_list(each.items, found) for each in sections(item)]
        if isinstance(item, Step):
            found[name] = _sum((attempts_time(facts.retry, facts.timeout), _most(inner)))
        elif isinstance(item, SubSaga):
            found[name] = _child(graph.children.get(name), children)
        else:
            found[name] = _composite(item, inner)
    return found


def _child(graph: SagaGraph | None, children: dict[int, Time]) -> Time:
    if graph is None:
        return None
    if id(graph) not in children:
        children[id(graph)] = _list(graph.saga.items, _times(graph, children))
    return children[id(graph)]


def _composite(item: Item, inner: list[Time]) -> Time:
    match item:
        case Parallel() | Choose():
            return _most(inner)
        case Group():
            return _sum((inner[0], _most(inner[1:])))
        case Repeat():
            return _rounds(item, inner[0])
        case Foreach():
            together = item.mode == "parallel" and item.limit is None
            return inner[0] if together or inner[0] == 0 else None
        case Wait():
            return _wait(item, inner)
    return 0.0


def _rounds(item: Repeat, once: Time) -> Time:
    if once is None or item.max is None:
        return None
    pause = item.every.value if item.every is not None else 0.0
    return item.max * once + (item.max - 1) * pause


def _wait(item: Wait, branches: list[Time]) -> Time:
    if item.first:
        return _sum((_until_won(item.first), _most(branches)))
    limit = item.duration or item.timeout
    return limit.value if isinstance(limit, Seconds) else None


def _until_won(races: tuple[Race, ...]) -> Time:
    bounds = [each.after.value for each in races if isinstance(each.after, Seconds)]
    return min(bounds) if bounds else None


def _list(items: Iterable[Item], known: Times) -> Time:
    return _sum(known.get(each.name.text) for each in items)


def _sum(values: Iterable[Time]) -> Time:
    total = 0.0
    for value in values:
        if value is None:
            return None
        total += value
    return total


def _most(values: Iterable[Time]) -> Time:
    longest = 0.0
    for value in values:
        if value is None:
            return None
        longest = max(longest, value)
    return longest


# -- paths --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Way:
    """A path while it is put together."""

    decisions: Rope = None
    items: Rope = None
    seconds: Time = 0.0

    def then(self, other: _Way) -> _Way:
        return self._with(other, _sum((self.seconds, other.seconds)))

    def beside(self, other: _Way) -> _Way:
        return self._with(other, _most((self.seconds, other.seconds)))

    def decided(self, decision: str) -> _Way:
        return _Way((decision, self.decisions), self.items, self.seconds)

    def _with(self, other: _Way, seconds: Time) -> _Way:
        return _Way((self.decisions, other.decisions), (self.items, other.items), seconds)


class _Ways:
    """Finds the ways through lists and items."""

    def __init__(self, known: Times) -> None:
        self.times = known

    def through(self, items: tuple[Item, ...]) -> list[_Way]:
        found = [_Way()]
        for item in in_order(items):
            ways = self._item(item)
            found = [one.then(other) for one in found for other in ways][:MOST_PATHS]
        return found

    def _item(self, item: Item) -> list[_Way]:
        found = self._taken(item)
        if item.condition is not None:
            found = [*found, _Way().decided(f"{item.name.text}: skipped")]
        return found[:MOST_PATHS]

    def _taken(self, item: Item) -> list[_Way]:
        match item:
            case Choose():
                return self._cases(item)
            case Wait() if item.first:
                return self._race(item)
            case Parallel():
                branches = [self.through(branch.items) for branch in item.branches]
                return reduce(_beside, branches, [_Way()])
            case Group():
                return self.through(item.items)
            case Undo() | Fail():
                return [_Way(None, item.name.text)]
        return [_Way(None, _names(item), self.times.get(item.name.text))]

    def _cases(self, item: Choose) -> list[_Way]:
        name = item.name.text
        found = [
            way.decided(f"{name}: {section.label}")
            for section in sections(item)
            for way in self.through(section.items)
        ]
        return found if item.otherwise is not None else [*found, _Way().decided(f"{name}: none")]

    def _race(self, item: Wait) -> list[_Way]:
        until = _Way(None, item.name.text, _until_won(item.first))
        return [
            until.then(way.decided(f"{item.name.text}: {race_name(race)}"))
            for race in item.first
            for way in self.through(race.items)
        ]


def _beside(before: list[_Way], branch: list[_Way]) -> list[_Way]:
    return [one.beside(other) for one in before for other in branch][:MOST_PATHS]


def _names(item: Item) -> Rope:
    """The item, and for a loop its direct members."""
    found: Rope = item.name.text
    if isinstance(item, Foreach | Repeat):
        for each in item.items:
            found = (found, each.name.text)
    return found


def _texts(rope: Rope) -> tuple[str, ...]:
    found: list[str] = []
    todo = [rope]
    while todo:
        each = todo.pop()
        if isinstance(each, str):
            found.append(each)
        elif each is not None:
            todo += (each[1], each[0])
    return tuple(found)
