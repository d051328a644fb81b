"""How long a saga takes at least, when all goes well: the waits for time that no way avoids."""

from __future__ import annotations

from collections.abc import Iterable

from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Choose, Foreach, Group, Item, Parallel, Repeat, Seconds, Wait
from sagac.dsl.structure import sections
from sagac.dsl.worst_case import until_judge

Sure = tuple[float, tuple[tuple[Wait, float], ...]]  # seconds, and the waits that make them up
NOTHING: Sure = (0.0, ())


def shortest(graph: SagaGraph) -> Sure:
    """The least time until the deadline no longer counts, and the waits that make it up."""
    return _list(until_judge(graph))


def cannot_be_met(graph: SagaGraph) -> bool:
    """Whether the deadline passes in any case (TI005); then nothing else is said about it."""
    deadline = graph.saga.deadline
    return deadline is not None and shortest(graph)[0] > deadline.value


def _list(items: Iterable[Item]) -> Sure:
    seconds, waits = 0.0, list[tuple[Wait, float]]()
    for item in items:
        if item.condition is None:
            own, its = _item(item)
            seconds += own
            waits += its
    return seconds, tuple(waits)


def _item(item: Item) -> Sure:
    inner = [_list(section.items) for section in sections(item)]
    match item:
        case Wait() if item.first:
            return _race(item, inner)
        case Wait():
            return _wait(item)
        case Group() | Repeat():
            return inner[0]
        case Parallel():
            least = min if item.join == "any" or not isinstance(item.join, str) else max
            return least(inner, key=_seconds, default=NOTHING)
        case Choose() if item.otherwise is not None:
            return min(inner, key=_seconds, default=NOTHING)
        case Foreach() | Choose():
            return NOTHING
    return NOTHING


def _wait(item: Wait) -> Sure:
    if not isinstance(item.duration, Seconds):
        return NOTHING
    return item.duration.value, ((item, item.duration.value),)


def _race(item: Wait, inner: list[Sure]) -> Sure:
    """A race that no event can win takes its shortest time."""
    after, waits = min(inner, key=_seconds, default=NOTHING)
    times = [each.after.value for each in item.first if isinstance(each.after, Seconds)]
    if len(times) < len(item.first) or not times:
        return after, waits
    return after + min(times), ((item, min(times)), *waits)


def _seconds(sure: Sure) -> float:
    return sure[0]
