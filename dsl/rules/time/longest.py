"""How long a saga may take in the worst case until its deadline no longer counts, and why.

What goes on for ever, and what waits for something from outside, is taken as no time at all: of
those other rules speak.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sagac.dsl.facts import ItemFacts
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import (
    Choose,
    Foreach,
    Group,
    Item,
    Parallel,
    Repeat,
    Retry,
    Seconds,
    Step,
    SubSaga,
    Wait,
)
from sagac.dsl.structure import sections
from sagac.dsl.worst_case import Times, attempts_time, times, until_judge

A_DAY = 86400.0
MOST_DOUBLINGS = 64


class Part(NamedTuple):
    """What an item adds to the worst time."""

    item: Item
    seconds: float


class Worst(NamedTuple):
    """The worst time of some items and the parts that make it up, in their order."""

    seconds: float = 0.0
    parts: tuple[Part, ...] = ()


def longest(graph: SagaGraph) -> Worst:
    """The longest path to the point from which the deadline no longer counts."""
    return _Longest(graph).list(until_judge(graph))


def last_pause(retry: Retry) -> float:
    """The pause before the last attempt, in seconds, where only its doubling bounds it, else 0."""
    if retry.backoff != "exponential" or retry.max is not None or retry.attempts is None:
        return 0.0
    doublings = retry.attempts - 2
    return retry.initial * 2.0 ** min(doublings, MOST_DOUBLINGS) if doublings > 0 else 0.0


def overflows(retry: Retry, deadline: float | None) -> bool:
    """Whether the pauses grow beyond a day, or beyond the deadline."""
    return last_pause(retry) > min(A_DAY, deadline if deadline is not None else A_DAY)


class _Longest:
    def __init__(self, graph: SagaGraph) -> None:
        self.graph = graph
        deadline = graph.saga.deadline
        self.deadline = deadline.value if deadline is not None else None
        self._times: Times | None = None

    def list(self, items: Iterable[Item]) -> Worst:
        """One after another."""
        seconds, parts = 0.0, list[Part]()
        for item in items:
            own = self._item(item)
            seconds += own.seconds
            parts += own.parts
        return Worst(seconds, tuple(parts))

    def _item(self, item: Item) -> Worst:
        inner = [self.list(section.items) for section in sections(item)]
        match item:
            case Step():
                budget = self._budget(self.graph.facts[item.name.text])
                return _one_after_another(Worst(budget, (Part(item, budget),)), _most(inner))
            case Parallel() | Choose():
                return _most(inner)
            case Group():
                return _one_after_another(inner[0], _most(inner[1:]))
            case Foreach():
                return inner[0]
            case Repeat():
                return _rounds(item, inner[0])
            case Wait():
                return _one_after_another(self._wait(item), _most(inner))
            case SubSaga():
                seconds = self._known(item) or 0.0
                return Worst(seconds, (Part(item, seconds),))
        return Worst()

    def _budget(self, facts: ItemFacts) -> float:
        if overflows(facts.retry, self.deadline):
            return 0.0  # TI007 says so
        return attempts_time(facts.retry, facts.timeout) or 0.0

    def _wait(self, item: Wait) -> Worst:
        """A wait for time; of one that is longer than the deadline TI006 speaks."""
        if not isinstance(item.duration, Seconds):
            return Worst()
        seconds = item.duration.value
        if self.deadline is not None and seconds > self.deadline:
            return Worst()
        return Worst(seconds, (Part(item, seconds),))

    def _known(self, item: Item) -> float | None:
        if self._times is None:
            self._times = times(self.graph)
        return self._times.get(item.name.text)


def _rounds(item: Repeat, once: Worst) -> Worst:
    rounds = item.max or 1
    pause = item.every.value if item.every is not None else 0.0
    seconds = rounds * once.seconds + (rounds - 1) * pause
    return Worst(seconds, (Part(item, seconds),))


def _one_after_another(first: Worst, second: Worst) -> Worst:
    return Worst(first.seconds + second.seconds, (*first.parts, *second.parts))


def _most(ways: Iterable[Worst]) -> Worst:
    return max(ways, key=lambda each: each.seconds, default=Worst())
