"""Where a saga is, in the words that all styles share, from the engine's own records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Wait
from sagac.verify.scenario import event_type
from sagac.verify.simulate import simulate
from sagac.verify.trace import PENDING, Again, Done, Outcome, Refused, Request, Unknown
from sagac.verify.values import record_from_json

if TYPE_CHECKING:
    from sagac.templates.dbos.engine.store import CallRow, SagaRow, Store

ENDED = ("COMPLETED", "COMPENSATED", "ERROR")
GIVEN_UP = "its compensation was given up"  # what the observer says if it knows no more
_MOST_MARKS = 3  # that the sentence names


@dataclass(frozen=True, slots=True)
class SagaState:
    """The state object of one saga; ``waits_for`` names the services or events at ``at``."""

    saga: str
    key: str
    version: int
    state: str
    at: tuple[str, ...]
    waits_for: tuple[str, ...]
    since: str
    because: Mapping[str, Any] | None
    effects: tuple[Mapping[str, Any], ...]
    output: Any
    marks: tuple[Mapping[str, Any], ...]

    def to_json(self) -> dict[str, Any]:
        """The state object as data."""
        return {
            "saga": self.saga,
            "key": self.key,
            "version": self.version,
            "state": self.state,
            "at": list(self.at),
            "since": self.since,
            "because": self.because,
            "effects": list(self.effects),
            "output": self.output,
            "marks": list(self.marks),
        }

    def sentence(self) -> str:
        """The state in one line: *order 42 is in CHARGE_PAYMENT, waiting for payment since …*."""
        name = f"{self.saga} {self.key}"
        time = _clock(self.since)
        if self.state in ENDED:
            why = _because(self.because)
            return (
                f"{name} is {self.state}{f' ({why})' if why else ''} since {time}{self._marked()}"
            )
        if not self.at:
            return f"{name} is {self.state} since {time}"
        places = ", ".join(_place(path) for path in self.at)
        word = " and " if len(self.at) > 1 else " or "  # one place waits for several in a race
        waiting = word.join(dict.fromkeys(self.waits_for))
        if self.state == "STUCK":
            return f"{name} is STUCK in {places} since {time} and waits for a person"
        doing = f"waiting for {waiting}" if waiting else "running"
        return f"{name} is in {places}, {doing} since {time}"

    def _marked(self) -> str:
        """What was given up: a saga that ended so is not as clean as its state sounds."""
        if not self.marks:
            return ""
        given = [_given_up(each) for each in self.marks[:_MOST_MARKS]]
        more = len(self.marks) - len(given)
        return f", marked STUCK: {'; '.join(given)}{f'; and {more} more' if more else ''}"


def saga_state(store: Store, row: SagaRow, graph: SagaGraph | None) -> SagaState:
    """The state of one saga; without ``graph`` the places it is at are those in trouble only."""
    calls = store.history(row.id)
    stuck = store.stuck(row.id)
    state, at = row.state, tuple(each.path for each in stuck)
    waits_for: tuple[str, ...] = ()
    if row.state not in ENDED and graph is not None:
        state, at, waits_for = _position(store, row, graph, calls)
        if stuck:
            state, at = "STUCK", tuple(each.path for each in stuck)
    last = max((call.finished for call in calls), default=row.started)
    since = row.ended or (stuck[0].since if stuck else last)
    return SagaState(
        saga=row.name,
        key=row.key,
        version=row.version,
        state=state,
        at=at,
        waits_for=waits_for,
        since=since,
        because=row.because,
        effects=tuple(_effects(calls, graph)),
        output=row.output,
        marks=tuple(row.marks),
    )


def _position(
    store: Store, row: SagaRow, graph: SagaGraph, calls: list[CallRow]
) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    recorded = {call.path: call for call in calls}

    def behaviour(request: Request) -> Outcome:
        call = recorded.get(request.path)
        return PENDING if call is None else _outcome(call, graph, request)

    data = record_from_json(store.input(row.id), graph.saga.input, graph.saga.types)
    trace = simulate(graph, data, behaviour, key=row.key)
    waits_for = tuple(each for request in trace.open for each in _waits_for(request))
    state = row.state if trace.state in ENDED else trace.state
    return state, trace.at, waits_for


def _outcome(call: CallRow, graph: SagaGraph, request: Request) -> Outcome:
    match call.outcome:
        case "done" | "skipped":
            output = call.output if isinstance(call.output, dict) else {}
            if request.phase == "resolve" and call.output == "retry":
                return Again()
            if request.phase in ("wait", "resolve") and "won" in output:
                return _came(output, graph, request)
            facts = graph.facts.get(request.item.name.text)
            if facts is not None and request.phase == "do":
                output = record_from_json(output, facts.output_type, graph.saga.types)
            return Done(output)
        case "unknown":
            return Unknown(call.reason or "unknown")
        case "timed_out":
            return Refused("deadline")
        case "cancelled":
            return Refused("cancelled")
    return Refused(call.reason or call.outcome, call.data)


def _came(output: dict[str, Any], graph: SagaGraph, request: Request) -> Done:
    """The event that ended a wait, or what a person gave in its place."""
    payload, won = output.get("payload"), str(output["won"])
    data = payload if isinstance(payload, dict) else {}
    item = request.item
    if isinstance(item, Wait):
        race = next((each for each in item.first if each.name and each.name.text == won), None)
        data = record_from_json(data, event_type(graph, race or item), graph.saga.types)
    return Done(data, won=won)


def _waits_for(request: Request) -> list[str]:
    """The service, the event, all events of a race, or ``time``."""
    if request.phase != "wait" or not isinstance(request.item, Wait):
        return [request.service]
    events = [request.item.event, *(each.event for each in request.item.first)]
    return [each.text for each in events if each is not None] or ["time"]


def _effects(calls: list[CallRow], graph: SagaGraph | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for call in calls:
        undo = call.path.endswith("~undo")
        path = call.path.removesuffix("~undo")
        action = _action(path, undo, graph)
        if call.outcome == "done" and action is not None:
            kind = "undo" if undo else "do"
            found.append({"step": path, "action": action, "kind": kind, "at": call.finished})
    return found


def call_owners(calls: list[CallRow], graph: SagaGraph | None) -> dict[str, str]:
    """The service behind each recorded call, by its path."""
    found = {}
    for call in calls:
        here, name = _inner(graph, call.path.partition("~")[0])
        facts = None if here is None else here.facts.get(name)
        if facts is not None:
            undo = facts.compensation if call.path.endswith("~undo") else None
            found[call.path] = facts.service if undo is None else undo.service
    return found


def _inner(graph: SagaGraph | None, path: str) -> tuple[SagaGraph | None, str]:
    """The graph of the saga that a path leads into, and the item's name there."""
    while graph is not None and "/" in path:
        child, _, path = path.partition("/")
        graph = graph.children.get(item_name(child))
    return graph, item_name(path)


def _action(path: str, undo: bool, graph: SagaGraph | None) -> str | None:
    """The action behind a recorded call; None if it has no effect."""
    graph, name = _inner(graph, path)
    if graph is None:
        return name
    facts = graph.facts.get(name)
    if facts is None:
        return None
    if undo:
        return facts.compensation.action if facts.compensation else facts.action or None
    return facts.action if facts.effect else None


def item_name(path: str) -> str:
    """The item of a path: ``lines[2].reserve_line~undo`` -> ``reserve_line``."""
    return path.rpartition("/")[2].rpartition(".")[2].partition("~")[0].partition("[")[0]


def _place(path: str) -> str:
    item, undo, _ = path.partition("~")
    return f"{'the undo of ' if undo else ''}{item.upper()}"


def _given_up(mark: Mapping[str, Any]) -> str:
    """``the undo of FIRST was given up (skipped by a person: written off)``."""
    why = str(mark.get("why") or "")
    said = "" if not why or why == GIVEN_UP else f" ({why})"
    return f"{_place(str(mark['step']))} was given up{said}"


def _because(because: Mapping[str, Any] | None) -> str:
    if because is None:
        return ""
    step, reason, kind = because.get("step"), because.get("reason"), because.get("kind")
    words = {"cancelled": "cancelled", "timed_out": "its deadline passed"}
    said = words.get(str(kind), f"{reason}")
    return f"{said} at {step}" if step and kind == "failed" else said


def _clock(time: str) -> str:
    """``14:32 UTC``, with the date if it is not today's."""
    from datetime import UTC, datetime

    moment = datetime.fromisoformat(time).astimezone(UTC)
    today = datetime.now(UTC).date() == moment.date()
    return moment.strftime("%H:%M UTC" if today else "%Y-%m-%d %H:%M UTC")
