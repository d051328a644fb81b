"""Plays a saga in the simulator: the cases that generated tests check the real engine against."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sagac.dsl.facts import ItemFacts, OnUnknown, Role
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Fail, Step, Wait
from sagac.generators.base import Played, PlayedCase
from sagac.verify.lanes import lane_of, may_be_cut
from sagac.verify.paths import family
from sagac.verify.samples import sample_record, variants
from sagac.verify.scenario import Scenario, answer, sample_input
from sagac.verify.simulate import simulate
from sagac.verify.trace import Done, Event, Refused, Trace, Unknown
from sagac.verify.values import to_json

MOST_INPUTS = 40  # tried for one failure: conditions that none of them meets, meet no test


def play(graph: SagaGraph) -> Played:
    """Every failure of every step that some sample input leads to, and the saga without one.

    Ways that need time to pass or a person are left out.
    """
    cases = tuple(_cases(graph))
    return Played(
        to_json(sample_input(graph)),
        {name: sample for base, each in family(graph) for name, sample in _outputs(base, each)},
        {name: sample for base, each in family(graph) for name, sample in _refusals(base, each)},
        cases,
        _lanes(graph, cases),
    )


def _outputs(base: str, graph: SagaGraph) -> Iterator[tuple[str, Any]]:
    for name, facts in graph.facts.items():
        if isinstance(facts.item, Step) and facts.output_type.fields:
            yield f"{base}{name}", to_json(answer(graph, facts.item))


def _refusals(base: str, graph: SagaGraph) -> Iterator[tuple[tuple[str, str], Any]]:
    for name, facts in graph.facts.items():
        for each in facts.item.fails if isinstance(facts.item, Step) else ():
            sample = sample_record(each.data, graph.saga.types) if each.data else {}
            yield (f"{base}{name}", each.name.text), to_json(sample)


def _lanes(graph: SagaGraph, cases: tuple[PlayedCase, ...]) -> dict[str, str]:
    calls = dict.fromkeys(call for case in cases for call in case.calls)
    lanes = {call: lane_of(graph, call) for call in calls}
    return {call: lane for call, lane in lanes.items() if lane}


def _cases(graph: SagaGraph) -> Iterator[PlayedCase]:
    yield from _case("all goes well", graph, None, None)
    for base, each in family(graph):
        for name, facts in each.facts.items():
            for refusal in _ways_to_fail(facts):
                label = name if isinstance(facts.item, Fail) else f"{name}: {refusal or 'unknown'}"
                yield from _case(f"{base}{label}", graph, f"{base}{name}", refusal)


def _ways_to_fail(facts: ItemFacts) -> tuple[str | None, ...]:
    if isinstance(facts.item, Fail):
        return (None,)
    if not isinstance(facts.item, Step):
        return ()
    declared = tuple(each.name.text for each in facts.item.fails)
    for_ever = facts.on_unknown in (OnUnknown.RETRY, OnUnknown.MANUAL)
    return declared if for_ever or facts.role is Role.RETRIABLE else (*declared, None)


def _case(
    name: str, graph: SagaGraph, fails: str | None, refusal: str | None
) -> Iterator[PlayedCase]:
    """The case, if there is an input that leads there and the saga then ends by itself."""
    plain = to_json(sample_input(graph))
    for number, values in enumerate(variants(graph.saga.input, graph.saga.types)):
        if number == MOST_INPUTS:
            return
        scenario = Scenario(graph, fails, refusal)
        trace = simulate(graph, values, scenario, late=scenario.failing)
        there = scenario.hit(trace) if fails else trace.state == "COMPLETED"
        if not there:
            continue
        if _ends_by_itself(trace):
            given = to_json(values)
            changed = {key: each for key, each in given.items() if each != plain.get(key)}
            changed |= {key: None for key in plain if key not in given}
            yield _played(name, graph, trace, scenario.failed, changed)
        return


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
    person = any(each.request.phase == "resolve" for each in trace.events)
    ended = trace.state in ("COMPLETED", "COMPENSATED") and not person
    return ended and all(map(_is_event, waits))


def _is_event(event: Event) -> bool:
    """Whether a wait ends by an event that may be sent at the start."""
    item = event.request.item
    if not isinstance(item, Wait) or item.early == "ignore" or not isinstance(event.outcome, Done):
        return False
    return item.event is not None or (bool(item.first) and event.outcome.won != "after")


def _played(
    name: str, graph: SagaGraph, trace: Trace, failed: str | None, changed: dict[str, Any]
) -> PlayedCase:
    because = trace.because
    failed = failed or (because and because.step) or ""
    called = (each for each in trace.events if each.request.phase in ("do", "undo", "query"))
    calls = tuple(dict.fromkeys(each.request.path for each in called))
    return PlayedCase(
        name,
        _fails(trace),
        trace.state,
        because.step.split("/")[0] if because and because.step else None,
        because.reason if because else None,
        calls,
        tuple(call for call in calls if may_be_cut(graph, call, failed, trace.lost)),
        tuple(_events(trace)),
        changed,
    )


def _events(trace: Trace) -> Iterator[tuple[str, Any]]:
    for each in trace.events:
        item, outcome = each.request.item, each.outcome
        if isinstance(item, Wait) and isinstance(outcome, Done) and each.request.phase == "wait":
            yield outcome.won or (item.event.text if item.event else ""), to_json(outcome.output)
