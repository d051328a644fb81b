"""The whole conversation of one saga over all services: what was said, and what is missing."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .state import ENDED, SagaState

if TYPE_CHECKING:
    from sagac.templates.choreography.runtime.heard import Record
    from sagac.templates.choreography.runtime.observed import Seen
    from sagac.templates.choreography.runtime.picture import Picture
    from sagac.templates.dbos.engine.store import CallRow


@dataclass(frozen=True)
class Reaction:
    """What a service did about an event; ``answer`` is the event that it told, if it has."""

    service: str
    does: str
    answer: str | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Said:
    """One line of the conversation. ``seconds``: how long it took to say it."""

    at: float
    service: str
    event: str
    place: str
    outcome: str
    tone: str  # go, done, bad, undo, undone
    action: str | None = None  # what was called for it
    reason: str | None = None
    seconds: float | None = None
    reactions: tuple[Reaction, ...] = ()


@dataclass(frozen=True)
class Talk:
    """A conversation; ``missing``: what was not answered, in words."""

    state: SagaState
    said: tuple[Said, ...]
    missing: tuple[str, ...] = ()
    teams: Mapping[str, str] = field(default_factory=dict)
    middle: str = "events"  # what stands between the services

    def to_json(self) -> dict[str, Any]:
        """The conversation as data."""
        return self.state.to_json() | {
            "conversation": [_plain(each) for each in self.said],
            "missing": list(self.missing),
        }


def of_events(
    seen: Seen, records: list[Record], picture: Picture, now: float | None = None
) -> Talk:
    """The conversation of a choreographed saga."""
    from sagac.templates.choreography.runtime.whereabouts import Whereabouts

    from .observed import missing, to_state

    where = Whereabouts(picture, records)
    causes = {each.id: _cause(where, each) for each in records}
    said = [_said(picture, each, causes, records) for each in records]
    lacking = missing(seen, picture, time.time() if now is None else now)
    return Talk(to_state(seen), tuple(said), tuple(lacking), picture.teams)


def _cause(where: Any, record: Record) -> Record | None:
    """The event that it answers: the last of those that its node needed."""
    event = record.event
    forth = ("done", "skipped", "failed", "aborted", "unsettled", "handling", "stuck")
    if event.outcome in forth or event.broken:
        came = where.inputs(event.node, event.iteration)
    else:
        came = where.returned(event.node, event.iteration)
    found = came.by if came is not None else None
    late = found is not None and found.at > record.at  # clocks differ, or it is no cause
    return None if found is None or found.id == record.id or late else found


def _said(
    picture: Picture, record: Record, causes: Mapping[str, Record | None], records: list[Record]
) -> Said:
    from sagac.templates.choreography.runtime.observed import teller

    event = record.event
    spot = picture.spots[event.node]
    cause = causes[record.id]
    undone = event.outcome == "undone" and event.undid
    called = spot.undo if undone else spot.action if event.outcome in ("done", "failed") else ""
    answers: dict[str, Record] = {}
    for each in records:
        led = causes[each.id]
        if led is not None and led.id == record.id:
            answers.setdefault(teller(picture, each.event), each)
    return Said(
        at=record.at,
        service=teller(picture, event),
        event=record.name,
        place=spot.path.format(*event.iteration),
        outcome=event.outcome,
        tone=_tone(event.outcome),
        action=called or None,
        reason=event.failure.reason if event.failure is not None else None,
        seconds=None if cause is None else max(0.0, record.at - cause.at),
        reactions=tuple(_reactions(picture, record, answers)),
    )


def _reactions(
    picture: Picture, record: Record, answers: Mapping[str, Record]
) -> Iterable[Reaction]:
    heard: dict[str, list[str]] = {}
    undone = record.event.outcome == "undone" and not record.event.broken
    for each in picture.reactions.get(record.name, ()):
        if undone and each.does.startswith("does not begin"):
            continue  # that is for an unknown outcome
        heard.setdefault(each.service, []).append(each.does)
    for service, does in heard.items():
        answer = answers.get(service)
        seconds = None if answer is None else max(0.0, answer.at - record.at)
        yield Reaction(service, ", ".join(does), answer.name if answer else None, seconds)


def _tone(outcome: str) -> str:
    if outcome in ("failed", "aborted", "unsettled", "stuck"):
        return "bad"
    back = ("undone", "released", "returning", "called_off", "accepted", "rest")
    return "undone" if outcome in back else "done"


def of_calls(
    state: SagaState, calls: list[CallRow], owners: Mapping[str, str], stuck: Iterable[str]
) -> Talk:
    """The same of an orchestrated saga, whose history are calls. ``owners``: who was called."""
    said = []
    for call in calls:
        undo = call.path.endswith("~undo")
        bad = call.outcome not in ("done", "skipped")
        began, ended = _seconds(call.started), _seconds(call.finished)
        said.append(
            Said(
                at=ended,
                service=owners.get(call.path, "?"),
                event=f"{call.outcome}{f': {call.reason}' if call.reason and bad else ''}",
                place=call.path,
                outcome=call.outcome,
                tone="bad" if bad else "undone" if undo else "done",
                action=call.path,
                reason=call.reason,
                seconds=max(0.0, ended - began),
            )
        )
    lacking = list(stuck)
    if not lacking and state.state not in ENDED:
        waits = zip(state.at, state.waits_for, strict=False)
        lacking = [f"{who} has not answered {path} yet" for path, who in waits]
    return Talk(state, tuple(said), tuple(lacking), middle="calls")


def _seconds(text: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


def _plain(said: Said) -> dict[str, Any]:
    from datetime import UTC, datetime

    at = datetime.fromtimestamp(said.at, UTC).isoformat(timespec="milliseconds")
    return {
        "at": at,
        "service": said.service,
        "event": said.event,
        "at_step": said.place,
        "outcome": said.outcome,
        "action": said.action,
        "reason": said.reason,
        "seconds": said.seconds,
        "reactions": [
            {"service": r.service, "does": r.does, "answer": r.answer, "seconds": r.seconds}
            for r in said.reactions
        ],
    }
