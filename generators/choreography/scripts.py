"""What is rehearsed: which item fails and how, with which input, and in which order things come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from sagac.dsl.evaluate import EvaluationError, evaluate
from sagac.dsl.facts import OnUnknown
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Item, Step, Wait
from sagac.generators.python.catalogue import family
from sagac.generators.python.policies import of_action
from sagac.verify.samples import sample_record, variants
from sagac.verify.scenario import Scenario, answer, sample_input
from sagac.verify.simulate import simulate
from sagac.verify.trace import Done, Outcome, Refused, Request
from sagac.verify.values import to_json

_TRIES = 24  # inputs that are tried to reach one item


@dataclass(frozen=True)
class Script:
    """One course. ``fails``: the item; ``refusal``: how, None: nobody knows what became of it."""

    graph: SagaGraph
    values: dict[str, Any]
    name: str
    fails: str | None = None
    refusal: str | None = None
    was_done: bool = False  # what a query says of an unknown outcome
    early: bool = False  # the last that was told comes first
    halts: bool = False  # the saga is cancelled at once
    stuck: str | None = None  # the compensation that cannot be done
    _scenarios: dict[str, Scenario] = field(default_factory=dict)

    @property
    def input(self) -> Any:
        """JSON data of what the saga starts with."""
        return to_json(self.values)

    @cached_property
    def key(self) -> str:
        """The key of the saga."""
        saga = self.graph.saga
        try:
            known = {"input": self.values, "saga": {"version": saga.version}}
            return str(to_json(evaluate(saga.key, known)))
        except EvaluationError:
            return "key"

    def in_time(self, seconds: float) -> bool:
        """Whether the saga may still run by then."""
        deadline = self.graph.saga.deadline
        return deadline is None or seconds < deadline.value

    def __call__(self, request: Request) -> Outcome:
        """What a participant or the world outside answers."""
        graph = _home(self.graph, request.item)
        name = graph.saga.name.text
        if name not in self._scenarios:
            fails = self.fails if self.fails in graph.facts else None
            self._scenarios[name] = Scenario(graph, fails, self.refusal if fails else None)
        inside = request.path.rpartition("/")[2]  # a scenario has paths of its own saga
        outcome = self._scenarios[name](replace(request, path=inside))
        if isinstance(request.item, Step) and isinstance(outcome, Done):
            return Done(self.output(request.item))
        if isinstance(request.item, Step) and isinstance(outcome, Refused):
            return Refused(outcome.reason, refusal_data(graph, request.item, outcome.reason))
        return outcome

    def output(self, item: Item | None) -> dict[str, Any]:
        """What an item gives."""
        assert item is not None
        return answer(_home(self.graph, item), item)


def scripts(graph: SagaGraph) -> Iterator[Script]:
    """All goes well, and every failure of every step and wait that some input reaches."""
    values = sample_input(graph)
    found = _reaching(graph, None, None)
    yield Script(graph, found or values, "all goes well")
    if graph.saga.deadline is not None or graph.saga.cancel is not None:
        yield Script(graph, values, "cancelled", halts=True)
    for each in family(graph):
        for item, refusal, word in _failures(each):
            reached = _reaching(graph, item, refusal) if each is graph else None
            if each is graph and reached is None:
                continue
            given = reached or values
            yield Script(graph, given, f"{item}: {word}", item, refusal)
            if each is graph:
                yield Script(graph, given, f"on the way of {item}")
            if refusal is None and each.facts[item].on_unknown is OnUnknown.QUERY:
                yield Script(graph, given, f"{item}: {word}, done", item, refusal, True)


def _reaching(graph: SagaGraph, step: str | None, refusal: str | None) -> dict[str, Any] | None:
    """An input that leads to the failure of ``step`` (None: to the end); None if few tries fail."""
    for values in variants(graph.saga.input, graph.saga.types, _TRIES):
        if any(type(each) is int and each < 1 for each in values.values()):
            continue  # as the limit of a loop it would let nothing begin
        scenario = Scenario(graph, step, refusal)
        trace = simulate(graph, values, scenario)
        if trace.state == "COMPLETED" if step is None else scenario.failed is not None:
            return values
    return None


def _failures(graph: SagaGraph) -> Iterator[tuple[str, str | None, str]]:
    for name, facts in graph.facts.items():
        if isinstance(facts.item, Step):
            for each in facts.item.fails:
                yield name, each.name.text, each.name.text
            policy = of_action(facts)
            if policy.attempts is not None or not policy.idempotent:
                yield name, None, "no answer"
        elif isinstance(facts.item, Wait) and (facts.item.event or facts.item.first):
            yield name, None, "nothing comes"


def _home(graph: SagaGraph, item: Item) -> SagaGraph:
    """The saga that an item is in: ``graph`` or one that it uses."""
    for each in family(graph):
        facts = each.facts.get(item.name.text)
        if facts is not None and facts.item is item:
            return each
    return graph


def refusal_data(graph: SagaGraph, item: Step, refusal: str) -> dict[str, Any] | None:
    """What a refusal carries; None if it carries nothing."""
    found = next((each.data for each in item.fails if each.name.text == refusal), None)
    return sample_record(found, graph.saga.types) if found else None
