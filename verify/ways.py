"""All ways in which a saga can go wrong, each played: what generated tests try on the real engine.

A way that ends in a question to a person, or to a query, is played once for each answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sagac.dsl.facts import ItemFacts, OnUnknown
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Fail, Repeat, Step, Undo, Wait

from .lanes import lane_of, may_be_cut
from .paths import family, item_path, located
from .samples import variants
from .scenario import CALLED_OFF, Scenario
from .simulate import simulate
from .trace import Done, Event, Request, Trace

MOST_INPUTS = 40  # tried for one failure: conditions that none of them meets, meet no test


@dataclass(frozen=True, slots=True)
class Way:
    """What goes wrong. ``fails``, ``refusal``, ``answer`` and ``undo`` are those of ``Scenario``.

    ``during``: the saga is called off (``cancelled``, ``deadline``) while this call or wait is
    under way; ``taken``: a lock that another saga has at first.
    """

    name: str
    fails: str | None = None
    refusal: str | None = None
    answer: str | None = None
    undo: str | None = None
    during: tuple[str, str] | None = None
    taken: str | None = None


@dataclass(frozen=True, slots=True)
class Played:
    """A way as it was played: the input that leads there, and what came of it."""

    way: Way
    values: dict[str, Any]
    scenario: Scenario
    trace: Trace

    @property
    def failed(self) -> str:
        """The path of what failed; empty if nothing did."""
        because = self.trace.because
        if self.way.during is not None and self.way.fails is None:
            return ""  # the end judges
        return self.scenario.failed or (because and because.step) or ""


def ways(graph: SagaGraph) -> Iterator[Played]:
    """The saga without a failure, then every failure that some sample input leads to."""
    plain = list(_played(graph, Way("all goes well")))
    yield from plain
    by_itself = []
    for each in _failures(graph):
        for found in _played(graph, each):
            if found.way.answer is None:
                by_itself.append(found)
            yield found
    for found in plain:
        yield from _locked(graph, found)
        yield from _too_late(graph, found)
    yield from _undoing(graph, by_itself)
    for kind in CALLED_OFF if graph.saga.deadline else CALLED_OFF[:1]:
        yield from _called_off(graph, kind)
        if graph.judge is None:
            yield from _called_off_last(graph, kind, plain)


def _played(graph: SagaGraph, way: Way) -> Iterator[Played]:
    """The way with an input that leads there, for each answer that it asks for."""
    for number, values in enumerate(variants(graph.saga.input, graph.saga.types)):
        if number == MOST_INPUTS:
            return
        found = _with(graph, way, values)
        trace = found.trace
        there = found.scenario.hit(trace) if way.fails else trace.state == "COMPLETED"
        if there:
            yield from _answered(graph, found)
            return


def _with(graph: SagaGraph, way: Way, values: dict[str, Any]) -> Played:
    scenario = Scenario(graph, way.fails, way.refusal, way.answer, way.undo)
    return Played(way, values, scenario, simulate(graph, values, scenario, late=scenario.failing))


def _answered(graph: SagaGraph, found: Played) -> Iterator[Played]:
    answers = _answers(found.trace)
    ended = found.trace.state in ("COMPLETED", "COMPENSATED")
    if not answers and ended:
        yield found
    for answer in answers:
        way = replace(found.way, name=f"{found.way.name}, {answer}", answer=answer)
        again = _with(graph, way, found.values)
        if again.trace.state in ("COMPLETED", "COMPENSATED"):
            yield again


def _answers(trace: Trace) -> tuple[str, ...]:
    """What may be answered to the first question that this ends in."""
    for each in trace.events:
        request = each.request
        if request.phase == "query":
            return ("never", "done", "not yet")
        if request.phase == "resolve":
            on_unknown = getattr(request.item, "on_unknown", None)
            manual = on_unknown is not None and on_unknown.text == OnUnknown.MANUAL
            forward = not request.path.endswith("~undo")
            return ("retry", "skip", "done", *(("failed",) if manual and forward else ()))
    return ()


def _failures(graph: SagaGraph) -> Iterator[Way]:
    """What may fail going forward, item by item."""
    for base, child in family(graph):
        for name, facts in child.facts.items():
            path = f"{base}{name}"
            for refusal in _refusals(facts):
                label = path if isinstance(facts.item, Fail) else f"{path}: {refusal or 'unknown'}"
                yield Way(label, path, refusal)


def _refusals(facts: ItemFacts) -> tuple[str | None, ...]:
    match facts.item:
        case Step():
            return (*(each.name.text for each in facts.item.fails), None)
        case Wait(first=()):
            return ("timeout",) if facts.item.timeout is not None else ()
        case Wait():
            return tuple(each.name.text for each in facts.item.first if each.name)
        case Repeat():
            return ("exhausted",)
        case Fail():
            return (None,)
    return ()


def _locked(graph: SagaGraph, plain: Played) -> Iterator[Played]:
    """Each lock, taken by another saga when the first step asks for it."""
    first: dict[str, str] = {}
    for event in plain.trace.events:
        for lock in getattr(event.request.item, "locks", ()):
            if event.request.phase == "do":
                first.setdefault(lock.text, event.request.path)
    for name, path in first.items():
        lock = located(graph, item_path(path))[0].saga.locks[name]
        if lock.conflict == "wait":
            way = replace(plain.way, name=f"{path}: {name} is free later", taken=name)
            yield replace(plain, way=way)
        else:
            way = Way(f"{path}: {name} is taken", item_path(path), "locked", taken=name)
            yield from _played(graph, way)


def _undoing(graph: SagaGraph, found: Sequence[Played]) -> Iterator[Played]:
    """Each compensation that fails, on the first way on which it is surely made."""
    for base, child in family(graph):
        for name, facts in child.facts.items():
            path = f"{base}{name}"
            found_first = (e for e in found if facts.compensation and _undone(graph, e, path))
            before = next(found_first, None)
            if before is not None:
                if isinstance(facts.item, Undo):
                    yield from _lock_of_undo(before, path, facts.item)
                way = replace(before.way, name=f"{path}: undo fails", undo=path)
                yield from _answered(graph, _with(graph, way, before.values))


def _lock_of_undo(before: Played, path: str, item: Undo) -> Iterator[Played]:
    """A lock that another saga has when an undo item asks for it: it waits."""
    taken = {
        lock.text
        for each in before.trace.events
        for lock in getattr(each.request.item, "locks", ())
        if each.request.item is not item
    }
    for lock in item.locks:
        if lock.text not in taken:
            way = replace(before.way, name=f"{path}: {lock.text} is free later", taken=lock.text)
            yield replace(before, way=way)


def _undone(graph: SagaGraph, found: Played, path: str) -> bool:
    """Whether the item of ``path`` is compensated for sure, and the saga asks nobody."""
    call = next((e.request.path for e in found.trace.events if _undoes(e.request, path)), None)
    if call is None or "?" in lane_of(graph, call):
        return False
    return not may_be_cut(graph, call, found.failed, found.trace.lost)


def _undoes(request: Request, path: str) -> bool:
    return request.path.endswith("~undo") and item_path(request.path) == path


def _called_off(graph: SagaGraph, kind: str) -> Iterator[Played]:
    """Each step of the outermost list, called off before it; each wait, while it lasts."""
    for item in graph.saga.items:
        name = item.name.text
        if not isinstance(item, Step | Wait) or not graph.facts[name].cancellable:
            continue
        for found in _played(graph, Way(f"{name}: {kind}", name, kind)):
            events = found.trace.events
            at = next(n for n, each in enumerate(events) if each.request.path == name)
            during = name if isinstance(item, Wait) else _last_alone(graph, events[:at])
            if during is not None:
                yield replace(found, way=replace(found.way, during=(kind, during)))


def _called_off_last(graph: SagaGraph, kind: str, plain: Sequence[Played]) -> Iterator[Played]:
    """Called off during the last call: nothing has decided before, so the end does."""
    for found in plain:
        during = _last_alone(graph, found.trace.events)
        if during is not None and found.way.answer is None:
            way = Way(f"end: {kind}", during=(kind, during))
            trace = simulate(graph, found.values, found.scenario, halted=kind)
            yield replace(found, way=way, trace=trace)


def _last_alone(graph: SagaGraph, events: Sequence[Event]) -> str | None:
    """The last call, if it was done and nothing ran beside it."""
    last = events[-1] if events else None
    if last is None or lane_of(graph, last.request.path) or last.request.phase != "do":
        return None
    return last.request.path if isinstance(last.outcome, Done) else None


def _too_late(graph: SagaGraph, plain: Played) -> Iterator[Played]:
    """A cancel while the point of no return is under way is refused."""
    judge = graph.judge
    if judge is None or not isinstance(graph.facts[judge].item, Step):
        return
    if any(each.request.path == judge for each in plain.trace.events):
        way = replace(plain.way, name=f"{judge}: cancelled too late")
        yield replace(plain, way=replace(way, during=("cancelled", judge)))
