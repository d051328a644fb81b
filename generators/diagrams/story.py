"""One played path of a saga as messages between participants, in the order of their happening."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Fail, Wait
from sagac.verify.trace import Done, Event, Failure, Outcome, Refused, Trace

from .text import plain
from .words import seconds

SAGA = ":saga"  # the participant that plays the saga; no service can be named so
OUTSIDE = ":outside"


class Tone(StrEnum):
    """What a message is: it colours the line."""

    GO = "go"
    DONE = "done"
    BAD = "bad"
    UNDO = "undo"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Participant:
    """A column: a service, the saga itself, or the world outside."""

    id: str
    title: str
    team: str


@dataclass(frozen=True, slots=True)
class Message:
    """From one participant to another; an ``answer`` closes the call before it.

    One that is ``alone`` is neither a call nor an answer.
    """

    source: str
    target: str
    text: str
    tone: Tone
    answer: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """What happens to the saga itself: a failure, a pause."""

    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Story:
    """A path from beginning to end; ``state`` is the word for how it ended."""

    title: str
    subtitle: str
    participants: tuple[Participant, ...]
    beats: tuple[Message | Turn, ...]
    state: str
    ending: str


def story(graph: SagaGraph, trace: Trace, fails: str | None = None) -> Story:
    """The messages of ``trace``; ``fails`` says in the heading what is shown, None: the success."""
    beats = tuple(_beats(graph, trace))
    saga = graph.saga
    return Story(
        title=f"{saga.name} v{saga.version}",
        subtitle="when everything goes well" if fails is None else f"when {fails}",
        participants=_participants(graph, beats),
        beats=beats,
        state=trace.state,
        ending=_ending(trace, fails is not None),
    )


def _ending(trace: Trace, failed: bool) -> str:
    if trace.state == "COMPLETED":
        return "done all the same" if failed else "everything is done"
    if trace.state == "COMPENSATED":
        return f"everything is undone{_because(trace.because)}"
    places = ", ".join(trace.at or trace.marks)
    return (
        f"at {places}{_because(trace.because)}" if places else _because(trace.because).strip(", ")
    )


def _because(failure: Failure | None) -> str:
    if failure is None:
        return ""
    return f", because {_failed(failure)}"


def _failed(failure: Failure) -> str:
    if failure.step is None:
        return failure.reason
    if failure.step.rpartition(".")[2] == failure.reason:
        return f"fail: {failure.reason}"
    return f"{failure.step} failed ({failure.reason})"


def _participants(graph: SagaGraph, beats: Iterable[Message | Turn]) -> tuple[Participant, ...]:
    seen = dict.fromkeys(
        each for beat in beats if isinstance(beat, Message) for each in (beat.source, beat.target)
    )
    found = [Participant(SAGA, graph.saga.name.text, "saga")]
    if OUTSIDE in seen:
        found.insert(0, Participant(OUTSIDE, "outside", ""))
    for name in seen:
        if name not in (SAGA, OUTSIDE):
            service = graph.saga.services.get(name)
            found.append(
                Participant(name, name, service.team.text if service and service.team else "")
            )
    return tuple(found)


def _beats(graph: SagaGraph, trace: Trace) -> Iterator[Message | Turn]:
    told: Failure | None = None
    for event in trace.events:
        failure = event.request.failure
        if failure is not None and failure != told:
            told = failure
            yield Turn(_turn(failure), Tone.UNDO)
        yield from _told(graph, event)


def _turn(failure: Failure) -> str:
    if failure.reason == "not_needed":
        return "not needed any more: undone"
    return f"{_failed(failure)}: undo, last thing first"


def _told(graph: SagaGraph, event: Event) -> Iterator[Message | Turn]:
    request, outcome = event.request, event.outcome
    if isinstance(request.item, Fail):
        yield Turn(f"fail: {request.item.name}", Tone.BAD)
    elif request.phase == "wait":
        yield _waited(request.item, outcome)
    elif request.phase == "resolve":
        yield Turn(f"a person decides about {request.path}", Tone.GO)
    else:
        yield from _called(event)


def _waited(item: object, outcome: Outcome) -> Message | Turn:
    if not isinstance(item, Wait):
        return Turn("waits", Tone.GO)
    if isinstance(outcome, Refused):
        limit = f" after {seconds(item.timeout)}" if item.timeout else ""
        return Turn(f"{item.name}: {outcome.reason}{limit}", Tone.BAD)
    if isinstance(outcome, Done) and (item.first or item.event):
        won = outcome.won or (item.event.text if item.event else "")
        race = next((each for each in item.first if each.name and each.name.text == won), None)
        if race is not None and race.event is None:
            return Turn(f"{item.name}: {seconds(race.after)} have passed", Tone.GO)
        return Message(OUTSIDE, SAGA, won, Tone.GO)
    return Turn(f"{item.name}: waits for {seconds(item.duration)}", Tone.GO)


def _called(event: Event) -> Iterator[Message]:
    request, back = event.request, event.request.phase == "undo"
    tone = Tone.UNDO if back else Tone.GO
    asked = f"is {request.item.name} done?" if request.phase == "query" else request.action
    yield Message(SAGA, request.service, asked + _round(request.path), tone)
    text, mood = _answer(event.outcome, request.phase)
    yield Message(request.service, SAGA, text, mood, answer=True)


def _answer(outcome: Outcome, phase: str) -> tuple[str, Tone]:
    if isinstance(outcome, Done):
        return ("undone", Tone.UNDONE) if phase == "undo" else ("done", Tone.DONE)
    if isinstance(outcome, Refused):
        if phase == "query":
            return "it never happened", Tone.BAD
        return f"refused: {outcome.reason}", Tone.BAD
    return "no answer: perhaps done", Tone.BAD


def _round(path: str) -> str:
    """The iterations of a path, as ``(lines[2])``."""
    places = [each for each in plain(path).removesuffix("~undo").split(".") if "[" in each]
    return f" ({'.'.join(places)})" if places else ""
