"""What services tell each other, and what a service remembers of each node.

Every outcome of a node is one event, published once; its id follows from what it says, so that a
repeated one is known as such.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal[
    "done",
    "skipped",
    "failed",  # refused: it had no effect
    "aborted",  # it did not run, since something before it had failed
    "undone",  # it and all after it are undone; ``broken``: its outcome had been unknown
    "released",  # what came along these edges is not needed, or not any more
    "handling",  # the handler ``chosen`` of a recoverable scope begins
    "returning",  # asks another service for the undo
    "rest",  # of a fork: all that was not needed is undone
    "accepted",  # a cancel or the deadline holds
    "ended",
    "stuck",
    "unstuck",
]
Iteration = tuple[int, ...]
Token = Literal["ok", "skip", "abort"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a saga goes back. ``kind``: failed, cancelled, timed_out."""

    step: str | None
    reason: str
    data: Any = None
    kind: str = "failed"


@dataclass(slots=True)  # frozen would be safer, but takes thrice as long to make
class Event:
    """One outcome of one node of one saga. ``values`` are those that later nodes read."""

    key: str
    node: str
    iteration: Iteration
    outcome: Outcome
    values: dict[str, Any] = field(default_factory=dict)
    chosen: str | None = None
    failure: Failure | None = None
    marks: tuple[str, ...] = ()  # compensations that were given up
    open: tuple[str, ...] = ()  # forks that owe a ``rest``
    slots: tuple[str, ...] = ()  # the edges that a join gives back
    count: int | None = None  # elements of a loop
    need: int | None = None  # how many a join waits for
    ran: bool = False  # something had an effect, or may have had one
    undid: bool = False  # a compensation took effect
    broken: bool = False
    round: int = 0  # tells repeated events of one kind apart
    cause: str | None = field(default=None, compare=False)  # what led to it; in the headers

    _id: str = field(default="", init=False, compare=False, repr=False)

    @property
    def id(self) -> str:
        """The same for every copy of this event, another one for every other event."""
        if not self._id:
            place = ".".join(map(str, self.iteration))
            parts = (self.key, self.node, place, self.outcome, *self.slots, str(self.round))
            self._id = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
        return self._id

    @property
    def breaks(self) -> bool:
        """Whether nodes after it read an abort."""
        return self.outcome in ("failed", "aborted") or (self.outcome == "undone" and self.broken)

    @property
    def returns(self) -> bool:
        """Whether nodes before it read that it is undone or never ran."""
        return self.outcome in ("failed", "aborted", "undone")


State = Literal[
    "waiting",  # for tokens
    "ready",  # its action is to be called
    "open",  # a wait
    "pausing",  # between two rounds
    "done",
    "skipped",
    "failed",
    "aborted",
    "inside",  # a failure inside a scope that waits until all of it is undone
    "undoing",  # its compensation is to be called
    "returned",  # another service undoes it
    "undone",
]


@dataclass(slots=True)
class Row:
    """What a service remembers of one node of one saga (and iteration)."""

    node: str
    iteration: Iteration = ()
    state: State = "waiting"
    tokens: dict[str, Token] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    own: dict[str, Any] | None = None  # what it gave
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)  # what each element gave
    sent: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    failure: Failure | None = None
    marks: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    rests: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)  # why a branch failed
    lost: Failure | None = None  # a failure that was passed over
    chosen: str | None = None
    count: int | None = None
    need: int | None = None
    elements: list[Any] = field(default_factory=list)
    ran: bool = False
    undid: bool = False  # its compensation took effect
    unknown: bool = False
    stopped: Failure | None = None  # news that a wait takes when it is reached
    attempts: int = 0
    asking: bool = False  # what became of it is asked for, rather than called again
    error: str | None = None  # of the last attempt
    due: float | None = None  # when it has something to do: call, go on, time out
    lease: float | None = None  # until when somebody is at it
    holder: str = ""  # who
    since: float = 0.0
    cause: str = ""  # the last event that led to it
    why: str | None = None  # it is stuck, and waits for a person
    stuck_times: int = 0
    forced: bool = False  # a person lets it go on


@dataclass(slots=True)
class Course:
    """What a service knows of one saga as a whole."""

    key: str
    started: float = 0.0
    halt: Failure | None = None  # a cancel or deadline that holds
    decided: bool = False  # the judge refuses from here on
    ended: bool = False
    values: dict[str, Any] = field(default_factory=dict)  # of the start, where the judge is
    trace: str = ""  # see ``tracing``
    tracestate: str = ""
