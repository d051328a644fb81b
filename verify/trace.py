"""What is asked of the world while a saga is played, what it may answer, and what is written down.

Words and states are those of the design: three outcomes of a call, six states of a saga.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from sagac.dsl.model import Item

Phase: TypeAlias = Literal["do", "undo", "query", "wait", "resolve"]


@dataclass(frozen=True, slots=True)
class Request:
    """Something asked of a participant, a clock or a person.

    ``path`` is the item's name with its iterations (``lines[2].reserve_line``); ``input`` the
    fields of the request, plain data; ``failure`` is set while undoing. ``heard`` says, by the name
    of an event that is waited for, which values of its fields make it the right one.
    """

    path: str
    item: Item
    phase: Phase
    service: str
    action: str
    input: Mapping[str, Any] = field(default_factory=dict)
    failure: Failure | None = None
    heard: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """It took effect; ``output`` is plain data. Of a race, ``won`` names the event or ``after``."""

    output: Mapping[str, Any] | None = None
    won: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """No effect: a refusal of the business, a time limit of a wait, a cancel, a deadline."""

    reason: str
    data: Any = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Perhaps an effect: a crash, a timeout, retries spent."""

    reason: str = "unknown"


@dataclass(frozen=True, slots=True)
class Again:
    """To be asked once more: a person's ``retry``, or a query's ``not yet``."""


@dataclass(frozen=True, slots=True)
class Pending:
    """No answer yet: the saga stays where it is."""


Outcome: TypeAlias = Done | Refused | Unknown | Again | Pending
PENDING = Pending()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a saga, or a scope of it, goes back. ``step`` is the path of the item that failed."""

    step: str | None
    reason: str
    data: Any = None


@dataclass(frozen=True, slots=True)
class Event:
    """An answered request."""

    request: Request
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Effect:
    """What took effect at a participant, as the state object lists it."""

    step: str
    action: str
    kind: Literal["do", "undo"]


@dataclass(slots=True)
class Trace:
    """One saga, played as far as the answers went.

    ``state`` is one of the six words; ``at`` the paths that it waits at; ``marks`` the paths of
    compensations given up; ``lost`` those of forks whose join could not be reached.
    """

    state: str = "RUNNING"
    at: tuple[str, ...] = ()
    because: Failure | None = None
    output: Any = None
    events: list[Event] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    open: tuple[Request, ...] = ()
