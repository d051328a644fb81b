"""Plays a saga in the simulator: the cases that generated tests check the real engine against."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Repeat, Step, Wait
from sagac.generators.base import Played, PlayedCase
from sagac.verify import ways
from sagac.verify.lanes import lane_of, may_be_cut
from sagac.verify.paths import family
from sagac.verify.samples import sample_record
from sagac.verify.scenario import CALLED_OFF, answer, sample_input
from sagac.verify.trace import Done, Event, Refused, Trace, Unknown
from sagac.verify.values import to_json


def play(graph: SagaGraph) -> Played:
    """Every failure of every item that some sample input leads to, and the saga without one."""
    plain = to_json(sample_input(graph))
    cases = tuple(_case(graph, plain, each) for each in ways.ways(graph))
    outputs = {
        name: sample
        for base, each in family(graph)
        for found in (_outputs(base, each), _endless(base, each))
        for name, sample in found
    }
    return Played(
        plain,
        outputs,
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


def _endless(base: str, graph: SagaGraph) -> Iterator[tuple[str, Any]]:
    """What each step answers that keeps a repeat around it from ending, by path and repeat."""
    for name, facts in graph.facts.items():
        around = (graph.facts[each].item for each in facts.loops)
        repeat = next((each for each in reversed([*around]) if isinstance(each, Repeat)), None)
        if repeat is not None and isinstance(facts.item, Step) and facts.output_type.fields:
            sample = to_json(answer(graph, facts.item, repeat.name.text))
            yield f"{base}{name}: {base}{repeat.name.text} goes on", sample


def _case(graph: SagaGraph, plain: Any, played: ways.Played) -> PlayedCase:
    way, trace, because = played.way, played.trace, played.trace.because
    given = to_json(played.values)
    changed = {key: each for key, each in given.items() if each != plain.get(key)}
    changed |= {key: None for key in plain if key not in given}
    calls = tuple(_calls(trace))
    return PlayedCase(
        way.name,
        _fails(trace),
        trace.state,
        because.step.split("/")[0] if because and because.step else None,
        because.reason if because else None,
        calls,
        tuple(call for call in calls if may_be_cut(graph, call, played.failed, trace.lost)),
        tuple(_events(trace)),
        changed,
        passing=tuple(_passing(trace)),
        answers=dict(_answers(trace, way.answer)),
        late=tuple(_late(trace)),
        endless=way.fails if way.refusal == "exhausted" else None,
        marks=tuple(_marks(trace, way.answer)),
        during=way.during,
        taken=way.taken,
    )


def _calls(trace: Trace) -> Iterator[str]:
    """What handlers are called for, in the order of the simulator, each once."""
    made = (
        each.request.path
        for each in trace.events
        if each.request.phase in ("do", "undo", "query") and not _never_made(each)
    )
    yield from dict.fromkeys(made)


def _never_made(event: Event) -> bool:
    """Whether the engine refuses a call before it is made."""
    outcome, item = event.outcome, event.request.item
    if not isinstance(outcome, Refused):
        return False
    locked = outcome.reason == "locked" and bool(getattr(item, "locks", ()))
    return locked or outcome.reason in CALLED_OFF


def _fails(trace: Trace) -> dict[str, str | None]:
    """The calls that fail, by path: the refusal, or None if nobody knows the outcome."""
    found: dict[str, str | None] = {}
    for each in trace.events:
        bad = isinstance(each.outcome, Refused | Unknown) and not _never_made(each)
        if each.request.phase in ("do", "undo") and bad:
            refused = each.outcome if isinstance(each.outcome, Refused) else None
            found[each.request.path] = refused.reason if refused else None
    return found


def _passing(trace: Trace) -> Iterator[str]:
    """The calls that are made again until they are done, and nobody is asked."""
    asked = {each.request.path.removesuffix("~query") for each in _questions(trace)}
    unknown = {each.request.path for each in trace.events if isinstance(each.outcome, Unknown)}
    for each in trace.events:
        path = each.request.path
        if path in unknown - asked and isinstance(each.outcome, Done):
            yield path


def _questions(trace: Trace) -> Iterator[Event]:
    yield from (each for each in trace.events if each.request.phase in ("resolve", "query"))


def _answers(trace: Trace, answer: str | None) -> Iterator[tuple[str, tuple[str, Any]]]:
    """What is answered, and the output with it, by what is stuck or asked."""
    for each in _questions(trace):
        output = each.outcome.output if isinstance(each.outcome, Done) else None
        yield each.request.path, (answer or "never", to_json(output) if output else None)


def _late(trace: Trace) -> Iterator[str]:
    """The waits that end because time has passed."""
    for each in trace.events:
        outcome = each.outcome
        timed = isinstance(outcome, Refused) and outcome.reason == "timeout"
        after = isinstance(outcome, Done) and outcome.won == "after"
        if each.request.phase == "wait" and (timed or after):
            yield each.request.path


def _marks(trace: Trace, answer: str | None) -> Iterator[str]:
    """The calls that were given up."""
    yield from (f"{each}~undo" for each in trace.marks)
    if answer == "skip":
        yield from (each.request.path for each in _questions(trace))


def _events(trace: Trace) -> Iterator[tuple[str, str, Any]]:
    for each in trace.events:
        item, outcome = each.request.item, each.outcome
        if not (isinstance(item, Wait) and isinstance(outcome, Done)):
            continue
        name = outcome.won or (item.event.text if item.event else "")
        if each.request.phase == "wait" and name not in ("", "after"):
            yield each.request.path, name, to_json(outcome.output)
