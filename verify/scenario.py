"""One path of a saga, played with sample values: all goes well, or one thing fails.

Decisions that lead to the failing item are taken so that it is reached; all others go as the
conditions say for the sample values, but around a ``fail`` that nobody asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sagac.dsl.evaluate import EvaluationError, evaluate
from sagac.dsl.facts import OnUnknown, Role
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import (
    Choose,
    Fail,
    Foreach,
    Group,
    Item,
    Parallel,
    Repeat,
    Step,
    Undo,
    Wait,
)
from sagac.dsl.types import EMPTY, RecordType, Type

from .samples import sample_record, variants
from .simulate import simulate
from .trace import Done, Outcome, Refused, Request, Trace, Unknown
from .values import to_json

UNKNOWN_TRIES = 2  # of a call that is made again until it is done


def parts(item: Item) -> Iterator[Sequence[Item]]:
    """The lists of items inside an item, in the order of the file."""
    match item:
        case Parallel():
            yield from (branch.items for branch in item.branches)
        case Choose():
            yield from (case.items for case in item.cases)
            yield from () if item.otherwise is None else (item.otherwise,)
        case Foreach() | Repeat():
            yield item.items
        case Wait():
            yield from (race.items for race in item.first)
        case Group():
            yield item.items
            yield from (each.items for each in item.recover)
        case Step():
            yield from (each.items for each in item.recover)


def walk(items: Sequence[Item]) -> Iterator[Item]:
    """All items, composites before their parts."""
    for item in items:
        yield item
        for part in parts(item):
            yield from walk(part)


def sample_input(graph: SagaGraph) -> dict[str, Any]:
    """An input that the saga can be tried with."""
    return sample_record(graph.saga.input, graph.saga.types)


def success(graph: SagaGraph) -> Trace:
    """The saga when nothing fails."""
    return simulate(graph, sample_input(graph), Scenario(graph), decide=Scenario(graph).decide)


def one_failure(graph: SagaGraph, step: str, refusal: str | None = None) -> Trace:
    """The saga when ``step`` gives ``refusal``, or an unknown outcome if that is None.

    ``step`` may also be a ``fail`` or a wait (``timeout``). Raises LookupError when the saga has no
    such item, or the item no such refusal.
    """
    facts = graph.facts.get(step)
    if facts is None:
        raise LookupError(f"there is no item {step!r}")
    known = [each.name.text for each in facts.refusals]
    if isinstance(facts.item, Wait):
        known.append("timeout")
    if refusal is not None and refusal not in known:
        choices = ", ".join(known) or "none"
        raise LookupError(f"{step!r} has no refusal {refusal!r}; there is: {choices}")
    scenario = Scenario(graph, step, refusal)
    return simulate(graph, sample_input(graph), scenario, decide=scenario.decide)


def reaching(
    graph: SagaGraph, step: str | None, refusal: str | None = None
) -> tuple[dict[str, Any], Trace] | None:
    """An input with which the file's own conditions lead to the failure of ``step``, and the trace.

    Nothing is forced, so a real run of that input does the same. ``step`` None: nothing fails.
    Returns None if no input was found.
    """
    for values in variants(graph.saga.input, graph.saga.types):
        scenario = Scenario(graph, step, refusal)
        trace = simulate(graph, values, scenario)
        if trace.state == "COMPLETED" if step is None else scenario.failed is not None:
            return values, trace
    return None


class Scenario:
    """Answers and decisions for one path. A failing step fails in its first iteration."""

    def __init__(
        self, graph: SagaGraph, fails: str | None = None, refusal: str | None = None
    ) -> None:
        self.graph = graph
        self.fails = fails
        self.refusal = refusal
        self.failed: str | None = None
        self.tries = 0  # how often the failing call was made
        self.reached = {fails} if fails else set()
        self.handlers: dict[str, str] = {}  # a step that must be refused so that a handler runs
        if fails:
            self.reached.update(graph.facts[fails].parents)
            self._find_handlers(graph.saga.items)

    def _find_handlers(self, items: Sequence[Item]) -> None:
        for item in walk(items):
            for each in getattr(item, "recover", ()):
                if any(inner.name.text in self.reached for inner in walk(each.items)):
                    refused = item if isinstance(item, Step) else _first_step(item)
                    self.handlers[refused.name.text] = each.refusal.text

    def decide(self, item: Item, path: str) -> int | None:
        """The case that leads to the failing item, else one without a ``fail`` of its own."""
        if isinstance(item, Choose):
            lists = [*parts(item)]
            for index, items in enumerate(lists):
                if any(inner.name.text in self.reached for inner in walk(items)):
                    return index
            if any(isinstance(inner, Fail) for items in lists for inner in items):
                return self._harmless(lists, len(item.cases), item.otherwise is not None)
            return None
        return 0 if item.name.text in self.reached else None

    @staticmethod
    def _harmless(lists: Sequence[Sequence[Item]], cases: int, otherwise: bool) -> int | None:
        for index, items in enumerate(lists):
            if not any(isinstance(inner, Fail) for inner in walk(items)):
                return index
        return None if otherwise else cases

    def __call__(self, request: Request) -> Outcome:
        """The answer of a participant that knows what to say."""
        item = request.item
        if request.phase == "undo" or isinstance(item, Undo):
            return Done()
        if request.phase == "query":
            return (
                Refused(self.refusal or "unknown") if self._failing(request) else self._done(item)
            )
        if request.phase == "resolve":
            return Done()
        if item.name.text in self.handlers and self.fails not in (None, item.name.text):
            return _refusal(self.handlers[item.name.text], item)
        if self._failing(request) and not self._long_enough(item):
            self.failed = request.path
            self.tries += 1
            return self._failure(item)
        return self._wait(item) if isinstance(item, Wait) else self._done(item)

    def _failing(self, request: Request) -> bool:
        path = request.path.removesuffix("~query")
        return request.item.name.text == self.fails and self.failed in (None, path)

    def _long_enough(self, item: Item) -> bool:
        """A call that is repeated until it is done, is done in the end: else the path has none."""
        facts = self.graph.facts[item.name.text]
        retriable = facts.role is Role.RETRIABLE or facts.on_unknown is OnUnknown.RETRY
        endless = retriable and facts.retry.attempts is None and self.refusal is None
        return endless and self.tries >= UNKNOWN_TRIES

    def _failure(self, item: Item) -> Outcome:
        if self.refusal is None:
            return Refused("timeout") if isinstance(item, Wait) else Unknown()
        data = next(
            (
                r.data
                for r in self.graph.facts[item.name.text].refusals
                if r.name.text == self.refusal
            ),
            None,
        )
        return Refused(self.refusal, sample_record(data, self.types) if data else None)

    def _done(self, item: Item) -> Outcome:
        facts = self.graph.facts.get(item.name.text)
        return Done(answer(self.graph, item) if facts else {})

    def _wait(self, item: Wait) -> Outcome:
        if not item.first:
            return Done(sample_record(self.event_type(item), self.types))
        ways = [race for race in item.first if race.name is not None]
        wanted = [r for r in ways if any(i.name.text in self.reached for i in walk(r.items))]
        harmless = [r for r in ways if not any(isinstance(i, Fail) for i in walk(r.items))]
        race = (wanted or harmless or ways)[0]
        assert race.name is not None
        event = self.graph.saga.events.get(race.event.text) if race.event else None
        data = race.output or (event.data if event and event.data else EMPTY)
        return Done(sample_record(data, self.types), won=race.name.text)

    def events(self) -> Iterator[tuple[str, Any]]:
        """What the world outside sends on this path: name and JSON data of each event.

        A wait that is to time out gets none, and neither does a race that time is to win.
        """
        for item in walk(self.graph.saga.items):
            if isinstance(item, Wait) and item.name.text != self.fails:
                outcome = self._wait(item)
                assert isinstance(outcome, Done)
                name = outcome.won if item.first else item.event.text if item.event else None
                if name is not None and name != "after":
                    yield name, to_json(outcome.output)

    @property
    def types(self) -> Mapping[str, Type]:
        """The names of the file's types."""
        return self.graph.saga.types

    def event_type(self, item: Wait) -> RecordType:
        """What the event of a simple wait carries."""
        if item.output is not None:
            return item.output
        event = self.graph.saga.events.get(item.event.text) if item.event else None
        return event.data if event and event.data else EMPTY


def answer(graph: SagaGraph, item: Item) -> dict[str, Any]:
    """What a well-meaning participant answers: sample values that end a ``repeat`` around it."""
    facts = graph.facts[item.name.text]
    repeat = next(
        (graph.facts[name].item for name in reversed(facts.parents) if _repeats(graph, name)),
        None,
    )
    if isinstance(repeat, Repeat) and repeat.until is not None:
        for values in variants(facts.output_type, graph.saga.types):
            try:
                scope = {"input": sample_input(graph), item.name.text: values}
                if evaluate(repeat.until, scope):
                    return values
            except EvaluationError:
                break
    return sample_record(facts.output_type, graph.saga.types)


def _repeats(graph: SagaGraph, name: str) -> bool:
    return name in graph.facts and isinstance(graph.facts[name].item, Repeat)


def _first_step(item: Item) -> Item:
    return next(each for each in walk([item]) if isinstance(each, Step))


def _refusal(name: str, item: Item) -> Outcome:
    if name == "unknown":
        return Unknown()
    declared = [each.name.text for each in getattr(item, "fails", ())]
    return Refused(declared[0] if name == "any" and declared else name)
