"""What participants and the world outside answer: the same to the reference and to services."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Fail, Item, Step, Wait
from sagac.verify.scenario import Scenario, answer
from sagac.verify.trace import Done, Outcome, Refused, Request, Unknown
from tests.properties.test_random_sagas import Fault


class Answers:
    """Each item does well, but the one of ``fault``, which fails each time."""

    def __init__(self, graph: SagaGraph, fault: Fault | None) -> None:
        self.graph = graph
        self.fault = fault

    def __call__(self, request: Request) -> Outcome:
        item = request.item
        failing = self.fault is not None and item.name.text == self.fault[0]
        if isinstance(item, Wait):
            inside = replace(request, path=request.path.rpartition("/")[2])
            return Refused("timeout") if failing else Scenario(graph_of(self.graph, item))(inside)
        if failing and self.fault is not None and request.phase in ("do", "query"):
            if self.fault[1] is None and request.phase == "do":
                return Unknown()
            return Refused(self.fault[1] or "unknown")
        return Done(answer(graph_of(self.graph, item), item) if isinstance(item, Step) else {})


def graph_of(graph: SagaGraph, item: Item) -> SagaGraph:
    """The saga that an item is in: ``graph`` or one that it uses."""
    return next(each for each in family(graph) if _has(each, item))


def family(graph: SagaGraph) -> Iterator[SagaGraph]:
    """A saga and all that it uses."""
    yield graph
    for child in graph.children.values():
        yield from family(child)


def failures(graph: SagaGraph) -> list[Fault | None]:
    """Nothing, and every way in which an item can fail by itself."""
    found: list[Fault | None] = [None]
    for each in family(graph):
        for point in each.failure_points:
            if not isinstance(each.facts[point.item].item, Fail):
                unknown = point.reason in ("unknown", "exhausted")
                found.append((point.item, None if unknown else point.reason))
    return list(dict.fromkeys(found))


def _has(graph: SagaGraph, item: Item) -> bool:
    facts = graph.facts.get(item.name.text)
    return facts is not None and facts.item is item
