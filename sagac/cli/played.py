"""Plays a saga in the simulator: the cases that generated tests check the real engine against."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sagac.dsl.facts import ItemFacts, OnUnknown
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Step, Wait
from sagac.generators.base import Played, PlayedCase
from sagac.verify.samples import sample_record
from sagac.verify.scenario import Scenario, answer, sample_input
from sagac.verify.simulate import simulate
from sagac.verify.trace import Done, Event, Refused, Trace, Unknown
from sagac.verify.values import to_json


def play(graph: SagaGraph) -> Played:
    """Every failure of every step that the sample input reaches, and the saga without one.

    Ways that need time to pass or a person are left out.
    """
    return Played(
        to_json(sample_input(graph)),
        {name: sample for each in _family(graph) for name, sample in _outputs(each)},
        dict(_refusals(graph)),
        tuple(_cases(graph)),
    )


def _family(graph: SagaGraph) -> Iterator[SagaGraph]:
    for child in graph.children.values():
        yield from _family(child)
    yield graph


def _outputs(graph: SagaGraph) -> Iterator[tuple[str, Any]]:
    for name, facts in graph.facts.items():
        if isinstance(facts.item, Step) and facts.output_type.fields:
            yield name, to_json(answer(graph, facts.item))


def _refusals(graph: SagaGraph) -> Iterator[tuple[tuple[str, str], Any]]:
    for name, facts in graph.facts.items():
        for each in facts.item.fails if isinstance(facts.item, Step) else ():
            sample = sample_record(each.data, graph.saga.types) if each.data else {}
            yield (name, each.name.text), to_json(sample)


def _cases(graph: SagaGraph) -> Iterator[PlayedCase]:
    trace = simulate(graph, sample_input(graph), Scenario(graph))
    if _ends_by_itself(trace):
        yield _case("all goes well", trace)
    for name, facts in graph.facts.items():
        for refusal in _ways_to_fail(facts):
            trace = simulate(graph, sample_input(graph), Scenario(graph, name, refusal))
            reached = any(path.split(".")[-1] == name for path in _fails(trace))
            if reached and _ends_by_itself(trace):
                yield _case(f"{name}: {refusal or 'unknown'}", trace)


def _ways_to_fail(facts: ItemFacts) -> tuple[str | None, ...]:
    if not isinstance(facts.item, Step):
        return ()
    declared = tuple(each.name.text for each in facts.item.fails)
    for_ever = facts.on_unknown in (OnUnknown.RETRY, OnUnknown.MANUAL)
    return declared if for_ever else (*declared, None)


def _fails(trace: Trace) -> dict[str, str | None]:
    """The calls that fail, by path: the refusal, or None if nobody knows the outcome."""
    found: dict[str, str | None] = {}
    for each in trace.events:
        if each.request.phase == "do" and isinstance(each.outcome, Refused | Unknown):
            refused = each.outcome if isinstance(each.outcome, Refused) else None
            found[each.request.path] = refused.reason if refused else None
    return found


def _ends_by_itself(trace: Trace) -> bool:
    waits = (each for each in trace.events if each.request.phase == "wait")
    return trace.state in ("COMPLETED", "COMPENSATED") and all(map(_is_event, waits))


def _is_event(event: Event) -> bool:
    """Whether a wait ends by an event that may be sent at the start."""
    item = event.request.item
    if not isinstance(item, Wait) or item.early == "ignore" or not isinstance(event.outcome, Done):
        return False
    return item.event is not None or (bool(item.first) and event.outcome.won != "after")


def _case(name: str, trace: Trace) -> PlayedCase:
    because = trace.because
    called = (each for each in trace.events if each.request.phase in ("do", "undo", "query"))
    return PlayedCase(
        name,
        _fails(trace),
        trace.state,
        because.step.split("/")[0] if because and because.step else None,
        because.reason if because else None,
        tuple(each.request.path.split("/")[-1] for each in called),
        tuple(_events(trace)),
    )


def _events(trace: Trace) -> Iterator[tuple[str, Any]]:
    for each in trace.events:
        item, outcome = each.request.item, each.outcome
        if isinstance(item, Wait) and isinstance(outcome, Done) and each.request.phase == "wait":
            yield outcome.won or (item.event.text if item.event else ""), to_json(outcome.output)
