"""Dead letters of a place: calls that wait for a person, messages that could not be worked on."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sagac.cli.support import UsageProblem

from .observed import Choreographed

if TYPE_CHECKING:
    from sagac.templates.choreography.runtime.desk import Desk, Letter, Stuck
    from sagac.templates.choreography.runtime.picture import Picture
    from sagac.templates.dbos.engine.store import Store


@dataclass(frozen=True)
class Dead:
    """One dead letter. ``kind``: message, call, or orchestrated (a call of an orchestrator)."""

    id: str
    kind: str
    service: str
    saga: str
    key: str
    place: str  # the step, or the event
    at: str
    why: str
    settled: dict[str, Any] | None = None
    more: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As data."""
        return {
            "id": self.id,
            "kind": self.kind,
            "service": self.service,
            "saga": self.saga,
            "key": self.key,
            "at_step" if self.kind != "message" else "event": self.place,
            "at": self.at,
            "why": self.why,
            "left": self.settled,
            **self.more,
        }


def dead(found: Choreographed, store: Store | None, *, everything: bool = False) -> list[Dead]:
    """All of them, the oldest first; ``everything``: those that were left, too."""
    all_: list[Dead] = []
    for service in found.services:
        with found.desk(service) as desk:
            all_ += [_call(found, service, each) for each in desk.stuck()]
            letters = desk.letters(everything=everything)
            all_ += [_message(service, each, desk) for each in letters]
    for each in store.stuck() if store is not None else ():
        saga, _, key = each.saga.partition("/")
        id = f"{each.saga}/{each.path}"
        all_.append(Dead(id, "orchestrated", "", saga, key, each.path, each.since, each.why))
    return sorted(all_, key=lambda each: (each.at, each.id))


def pick(all_: list[Dead], id: str) -> Dead:
    """The one with that id, or a beginning of it. Raises UsageProblem."""
    wanted = [each for each in all_ if each.id == id] or [
        each for each in all_ if each.id.startswith(id)
    ]
    if len(wanted) == 1:
        return wanted[0]
    problem = "there is no dead letter" if not wanted else "several dead letters begin with"
    raise UsageProblem(f"{problem} {id!r}; sagac dlq list shows them")


def _call(found: Choreographed, service: str, stuck: Stuck) -> Dead:
    from sagac.templates.choreography.runtime.observed import iso

    row = stuck.row
    observed = found.observed
    picture = None if observed is None else observed.picture(stuck.saga, stuck.version)
    path = _path(picture, stuck)
    more = {"state": row.state, "attempts": row.attempts, "error": row.error}
    id = f"{stuck.saga}/{stuck.key}/{path}"
    at = iso(row.since)
    return Dead(id, "call", service, stuck.saga, stuck.key, path, at, stuck.why, None, more)


def _path(picture: Picture | None, stuck: Stuck) -> str:
    row = stuck.row
    spot = None if picture is None else picture.spots.get(row.node)
    plain = row.node.partition("~")[0]
    path = plain if spot is None else spot.path.format(*row.iteration)
    return f"{path}~undo" if row.state == "undoing" else path


def _message(service: str, letter: Letter, desk: Desk) -> Dead:
    from sagac.templates.choreography.runtime.observed import iso

    saga, _, event = letter.subject.partition(".")
    more: dict[str, Any] = {"headers": dict(letter.headers), "body": _body(letter.body)}
    asked = [each for each in desk.decisions() if each.target == letter.id]
    if asked:
        more["decisions"] = [
            {"who": e.who, "why": e.why, "at": iso(e.at), "state": e.state, "answer": e.answer}
            for e in asked
        ]
    settled = dict(letter.settled) if letter.settled else None
    key = letter.key or ""
    at = iso(letter.at)
    return Dead(letter.id, "message", service, saga, key, event, at, letter.why, settled, more)


def _body(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
