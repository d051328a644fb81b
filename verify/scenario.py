"""One path of a saga, played with sample values: all goes well, or one thing fails.

Decisions that lead to the failing item are taken so that it is reached; all others go as the
conditions say for the sample values, but around a ``fail`` that nobody asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

from sagac.dsl.evaluate import EvaluationError, evaluate
from sagac.dsl.facts import ItemFacts
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Choose, Fail, Item, Race, Repeat, Step, Undo, Wait
from sagac.dsl.structure import sections, walk
from sagac.dsl.types import EMPTY, RecordType

from .paths import around, family, item_path, located
from .player import retried
from .samples import sample_record, variants
from .simulate import simulate
from .trace import Again, Done, Outcome, Refused, Request, Trace, Unknown
from .values import to_json

Heard: TypeAlias = Mapping[str, Mapping[str, Any]]
UNKNOWN_TRIES = 2  # of a call that is made again until it is done
CALLED_OFF = ("cancelled", "deadline")


def sample_input(graph: SagaGraph) -> dict[str, Any]:
    """An input that the saga can be tried with."""
    return sample_record(graph.saga.input, graph.saga.types)


def success(graph: SagaGraph) -> Trace:
    """The saga when nothing fails."""
    return simulate(graph, sample_input(graph), Scenario(graph), decide=Scenario(graph).decide)


def ways_to_fail(facts: ItemFacts) -> tuple[str, ...]:
    """What may be asked of an item: its refusals and ``unknown``, or what else ends it badly."""
    match facts.item:
        case Step():
            return (*(each.name.text for each in facts.refusals), "unknown")
        case Wait():
            return ("timeout",) if facts.item.timeout is not None else ()
        case Repeat():
            return ("exhausted",)
        case Fail():
            return (facts.item.name.text,)
    return ()


def one_failure(graph: SagaGraph, step: str, refusal: str | None = None) -> Trace:
    """The saga when ``step`` gives ``refusal``; None is an unknown outcome, or the only way.

    ``step`` is the path of a step, a wait, a repeat or a ``fail``, here or in a sub-saga. Raises
    LookupError when the saga has no such item, the item no such refusal, or nothing leads there.
    """
    try:
        facts = located(graph, step)[1]
    except KeyError:
        raise LookupError(f"there is no item {step!r}") from None
    known = ways_to_fail(facts)
    if not known:
        raise LookupError(f"{step!r} ({facts.item.kind}) does not fail by itself")
    if refusal is not None and refusal not in known:
        choices = ", ".join(known)
        raise LookupError(f"{step!r} has no refusal {refusal!r}; there is: {choices}")
    scenario = Scenario(graph, step, None if refusal == "unknown" else refusal)
    trace = simulate(graph, sample_input(graph), scenario, decide=scenario.decide)
    if isinstance(facts.item, Repeat) and not _exhausted(trace, step, facts.item):
        raise LookupError(f"no sample answer keeps {step!r} from ending")
    return trace


def _exhausted(trace: Trace, path: str, item: Repeat) -> bool:
    last = f"{item.name.text}[{(item.max or 1) - 1}]."
    inside = (each.request.path for each in trace.events)
    return any(last in each and each.count("/") >= path.count("/") for each in inside)


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
        if trace.state == "COMPLETED" if step is None else scenario.hit(trace):
            return values, trace
    return None


class Scenario:
    """Answers and decisions for one path. A failing step fails in its first iteration.

    ``answer`` is what a person says of it (retry, skip, done, failed), or a query (done, never, not
    yet); ``undo`` names an item whose compensation fails as well, and then that is answered about.
    """

    def __init__(
        self,
        graph: SagaGraph,
        fails: str | None = None,
        refusal: str | None = None,
        answer: str | None = None,
        undo: str | None = None,
    ) -> None:
        self.graph = graph
        self.fails = fails
        self.refusal = refusal
        self.answer = answer
        self.undo = undo
        self.failed: str | None = None
        self.undone: str | None = None  # the compensation that fails
        self.tries: Counter[str] = Counter()  # how often the failing calls were made
        self.over = False  # asked once more: from here on it works
        self.reached = set(around(graph, fails)) if fails else set()
        self.handlers = dict(self._handlers()) if fails else {}
        self.item = located(graph, fails)[1].item if fails else None

    def _handlers(self) -> Iterator[tuple[str, str]]:
        """Steps that must be refused so that a handler runs which leads to the failing item."""
        for base, graph in family(self.graph):
            for item in walk(graph.saga.items):
                for each in getattr(item, "recover", ()):
                    if self._leads(base, each.items):
                        refused = item if isinstance(item, Step) else _first_step(item)
                        yield f"{base}{refused.name.text}", each.refusal.text

    def _leads(self, base: str, items: Sequence[Item]) -> bool:
        return any(f"{base}{inner.name.text}" in self.reached for inner in walk(items))

    def decide(self, item: Item, path: str) -> int | None:
        """The case that leads to the failing item, else one without a ``fail`` of its own."""
        base = item_path(path).removesuffix(item.name.text)
        if isinstance(item, Choose):
            lists = [each.items for each in sections(item)]
            for index, items in enumerate(lists):
                if self._leads(base, items):
                    return index
            if any(isinstance(inner, Fail) for items in lists for inner in items):
                return self._harmless(lists, len(item.cases), item.otherwise is not None)
            return None
        return 0 if f"{base}{item.name.text}" in self.reached else None

    @staticmethod
    def _harmless(lists: Sequence[Sequence[Item]], cases: int, otherwise: bool) -> int | None:
        for index, items in enumerate(lists):
            if not any(isinstance(inner, Fail) for inner in walk(items)):
                return index
        return None if otherwise else cases

    def __call__(self, request: Request) -> Outcome:
        """The answer of a participant that knows what to say."""
        item, path = request.item, item_path(request.path)
        graph, facts = located(self.graph, path)
        if request.phase == "resolve":
            return self._resolved(graph, item, path)
        if request.phase == "undo" or isinstance(item, Undo):
            return self._undo(request, facts)
        if request.phase == "query":
            return self._queried(graph, request)
        if path in self.handlers and self.fails not in (None, path):
            return _refusal(self.handlers[path], item)
        if self.failing(request) and not self._long_enough(facts):
            self.failed = request.path
            self.tries[path] += 1
            return self._failure(graph, facts, request)
        if isinstance(item, Wait):
            return self._wait(graph, item, path, request.heard)
        return self._done(graph, item)

    def failing(self, request: Request) -> bool:
        """Whether it is this call that is to fail."""
        path = request.path.removesuffix("~query")
        return item_path(path) == self.fails and self.failed in (None, path) and not self.over

    def hit(self, trace: Trace) -> bool:
        """Whether what was to fail, failed."""
        because = trace.because
        if isinstance(self.item, Fail):
            return because is not None and because.reason == self.item.name.text
        if isinstance(self.item, Repeat):
            return _exhausted(trace, self.fails or "", self.item)
        return self.failed is not None

    def _long_enough(self, facts: ItemFacts) -> bool:
        """A call that is repeated until it is done, is done in the end: else the path has none."""
        endless = retried(facts) and facts.retry.attempts is None and self.refusal is None
        return endless and self.tries[self.fails or ""] >= UNKNOWN_TRIES

    def _undo(self, request: Request, facts: ItemFacts) -> Outcome:
        """The way back works, but for one compensation."""
        ours = item_path(request.path) == self.undo and self.undone in (None, request.path)
        if not ours or self.over or facts.compensation is None:
            return Done()
        self.undone = request.path
        self.tries[request.path] += 1
        endless = facts.compensation.retry.attempts is None
        return Done() if endless and self.tries[request.path] > UNKNOWN_TRIES else Unknown()

    def _queried(self, graph: SagaGraph, request: Request) -> Outcome:
        if not self.failing(request) or self.answer == "done":
            return self._done(graph, request.item)
        if self.answer == "not yet":
            self.over = True
            return Again()
        return Refused(self.refusal or "unknown")

    def _resolved(self, graph: SagaGraph, item: Item, path: str) -> Outcome:
        """What a person says of what is stuck."""
        if self.answer == "retry":
            self.over = True
            return Again()
        if self.answer == "failed":
            return Refused("unknown")
        if isinstance(item, Wait):
            return self._wait(graph, item, path)
        return self._done(graph, item)

    def _failure(self, graph: SagaGraph, facts: ItemFacts, request: Request) -> Outcome:
        path = item_path(request.path)
        if isinstance(facts.item, Wait):
            if self.refusal in CALLED_OFF:
                return Refused(self.refusal)
            if not facts.item.first:
                return Refused("timeout")
            return self._wait(graph, facts.item, path, request.heard)
        if self.refusal is None:
            return Unknown()
        data = next((r.data for r in facts.refusals if r.name.text == self.refusal), None)
        return Refused(self.refusal, sample_record(data, graph.saga.types) if data else None)

    def _done(self, graph: SagaGraph, item: Item) -> Outcome:
        lasting = isinstance(self.item, Repeat) and not self.over
        endless = self.item.name.text if self.item is not None and lasting else None
        facts = graph.facts.get(item.name.text)
        return Done(answer(graph, item, endless) if facts else {})

    def _wait(
        self, graph: SagaGraph, item: Wait, path: str, heard: Heard = MappingProxyType({})
    ) -> Outcome:
        if not item.first:
            return Done(_event(graph, item, heard))
        base = path.removesuffix(item.name.text)
        ways = [race for race in item.first if race.name is not None]
        wanted = [race for race in ways if self._leads(base, race.items)]
        harmless = [r for r in ways if not any(isinstance(i, Fail) for i in walk(r.items))]
        asked = [r for r in ways if r.name and r.name.text == self.refusal and path == self.fails]
        race = (asked or wanted or harmless or ways)[0]
        assert race.name is not None
        return Done(_event(graph, race, heard), won=race.name.text)

    def events(self) -> Iterator[tuple[str, Any]]:
        """What the world outside sends on this path: name and JSON data of each event.

        A wait that is to time out gets none, and neither does a race that time is to win.
        """
        for base, graph in family(self.graph):
            for item in walk(graph.saga.items):
                path = f"{base}{item.name.text}"
                if isinstance(item, Wait) and path != self.fails:
                    outcome = self._wait(graph, item, path)
                    assert isinstance(outcome, Done)
                    name = outcome.won if item.first else item.event.text if item.event else None
                    if name is not None and name != "after":
                        yield name, to_json(outcome.output)


def _event(graph: SagaGraph, way: Wait | Race, heard: Heard) -> dict[str, Any]:
    """What is sent to a wait: sample values, and those that it asks for."""
    asked = heard.get(way.event.text, {}) if way.event is not None else {}
    return {**sample_record(event_type(graph, way), graph.saga.types), **asked}


def event_type(graph: SagaGraph, item: Wait | Race) -> RecordType:
    """What the event of a simple wait, or of one way of a race, carries."""
    if item.output is not None:
        return item.output
    event = graph.saga.events.get(item.event.text) if item.event else None
    return event.data if event and event.data else EMPTY


def answer(graph: SagaGraph, item: Item, endless: str | None = None) -> dict[str, Any]:
    """What a well-meaning participant answers: sample values that end a ``repeat`` around it.

    ``endless`` names a repeat that is not to end.
    """
    facts = graph.facts[item.name.text]
    repeat = next(
        (graph.facts[name].item for name in reversed(facts.parents) if _repeats(graph, name)),
        None,
    )
    if isinstance(repeat, Repeat) and repeat.until is not None:
        for values in variants(facts.output_type, graph.saga.types):
            try:
                scope = {"input": sample_input(graph), item.name.text: values}
                if bool(evaluate(repeat.until, scope)) == (repeat.name.text != endless):
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
