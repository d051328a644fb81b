"""The saga as it is written: frozen dataclasses, one per kind of item. No defaults are filled in.

What is absent in the file is None here; ``resolve`` says what it means. Durations are seconds.
"""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias

from .records import dataclass, field
from .span import Span
from .syntax import Expr, Record, Value
from .types import RecordType, Type


@dataclass(frozen=True, slots=True)
class Name:
    """A name of the file and where it stands."""

    text: str
    span: Span

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Seconds:
    """A duration: ``value`` seconds, ``text`` as written (``24h``)."""

    value: float
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Retry:
    """A retry policy; ``attempts`` None is ``forever``. A key not written is in no ``written``."""

    attempts: int | None = 3
    backoff: Literal["constant", "linear", "exponential"] = "exponential"
    initial: float = 1.0
    max: float | None = None
    jitter: Literal["none", "full"] = "none"
    written: frozenset[str] = frozenset()
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A failure that the business knows; ``data`` is what it carries."""

    name: Name
    data: RecordType | None


@dataclass(frozen=True, slots=True)
class EventNames:
    """The names of a node's events where they are written."""

    done: Name | None = None
    failed: Name | None = None
    undone: Name | None = None
    skipped: Name | None = None


@dataclass(frozen=True, slots=True)
class InputNames:
    """The short form of an input: a list of names, ``order_id`` or ``reserve.reservation_id``."""

    names: tuple[Expr, ...]
    span: Span


Input: TypeAlias = "InputNames | Record"


@dataclass(frozen=True, slots=True)
class Compensate:
    """How a step or group is undone; the short form has an action only."""

    action: Name
    span: Span
    service: Name | None = None
    input: Input | None = None
    retry: Retry | None = None
    timeout: Seconds | None = None
    when: Expr | None = None
    on_failure: Literal["stop", "continue"] | None = None


@dataclass(frozen=True, slots=True)
class Recover:
    """What runs instead of failing; ``refusal`` is a refusal's name, ``unknown`` or ``any``."""

    refusal: Name
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """What every kind of item has; ``span`` is that of the whole item."""

    kind: ClassVar[str] = ""

    name: Name
    span: Span
    description: str | None = field(default=None, kw_only=True)
    condition: Expr | None = field(default=None, kw_only=True)  # ``if:``
    needs: tuple[Name, ...] | None = field(default=None, kw_only=True)
    keys: dict[str, Span] = field(default_factory=dict, kw_only=True)  # where each key stands


@dataclass(frozen=True, slots=True)
class Step(Item):
    """One action of one service."""

    kind: ClassVar[str] = "step"

    service: Name | None = None
    action: Name | None = None
    input: Input | None = None
    output: RecordType | None = None
    fails: tuple[Refusal, ...] = ()
    effect: bool = True  # ``effect: none`` is False
    role: Name | None = None  # compensatable, pivot, retriable, optional
    retry: Retry | None = None
    timeout: Seconds | None = None
    heartbeat: Seconds | None = None
    idempotent: bool | None = None
    on_unknown: Name | None = None  # compensate, query, manual, fail
    compensate: Compensate | None = None
    recover: tuple[Recover, ...] = ()
    events: EventNames = EventNames()
    locks: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class Undo(Item):
    """Nothing going forward; its action when compensated."""

    kind: ClassVar[str] = "undo"

    service: Name | None = None
    action: Name | None = None
    input: Input | None = None
    retry: Retry | None = None
    timeout: Seconds | None = None
    events: EventNames = EventNames()
    on_failure: Literal["stop", "continue"] | None = None
    locks: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch of a parallel item."""

    name: Name
    items: tuple[Item, ...]
    span: Span


Join: TypeAlias = "Literal['all', 'any', 'settled'] | int | Expr"


@dataclass(frozen=True, slots=True)
class Parallel(Item):
    """Branches side by side, then a join."""

    kind: ClassVar[str] = "parallel"

    branches: tuple[Branch, ...] = ()
    join: Join = "all"
    undo_order: Literal["parallel", "sequence"] = "parallel"


@dataclass(frozen=True, slots=True)
class Case:
    """A case of a choose."""

    condition: Expr
    items: tuple[Item, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Choose(Item):
    """The first case whose condition holds; ``otherwise`` None: it was not written."""

    kind: ClassVar[str] = "choose"

    cases: tuple[Case, ...] = ()
    otherwise: tuple[Item, ...] | None = None
    service: Name | None = None


@dataclass(frozen=True, slots=True)
class Foreach(Item):
    """The items once per element."""

    kind: ClassVar[str] = "foreach"

    source: Expr | None = None  # ``in:``
    variable: Name | None = None  # ``as:``
    items: tuple[Item, ...] = ()
    mode: Literal["sequence", "parallel"] = "sequence"
    limit: int | Expr | None = None
    join: Join = "all"
    undo_order: Literal["parallel", "sequence"] = "parallel"  # of what ran side by side
    service: Name | None = None


@dataclass(frozen=True, slots=True)
class Repeat(Item):
    """Again until the condition holds; always bounded."""

    kind: ClassVar[str] = "repeat"

    items: tuple[Item, ...] = ()
    until: Expr | None = None
    max: int | None = None
    every: Seconds | None = None
    role: Name | None = None


@dataclass(frozen=True, slots=True)
class Race:
    """One way out of a race: an event, or time (``after``)."""

    span: Span
    name: Name | None = None  # how ``won`` names it: the event's name, or ``after``
    event: Name | None = None
    match: Expr | None = None
    output: RecordType | None = None
    after: Seconds | Expr | None = None
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Wait(Item):
    """For time (``duration``), for an event, for a person, or a race of them (``first``)."""

    kind: ClassVar[str] = "wait"

    duration: Seconds | Expr | None = None  # ``for:``
    event: Name | None = None
    match: Expr | None = None
    output: RecordType | None = None
    timeout: Seconds | Expr | None = None
    on_timeout: Literal["fail", "continue"] = "fail"
    first: tuple[Race, ...] = ()
    early: Literal["keep", "ignore"] = "keep"
    service: Name | None = None
    role: Name | None = None


@dataclass(frozen=True, slots=True)
class SubSaga(Item):
    """Another saga file as one step. The item is written ``saga: NAME``, ``use: FILE``."""

    kind: ClassVar[str] = "saga"

    use: Name | None = None
    input: Input | None = None
    role: Name | None = None


@dataclass(frozen=True, slots=True)
class Group(Item):
    """A sequence in one compensation scope."""

    kind: ClassVar[str] = "group"

    items: tuple[Item, ...] = ()
    compensate: Compensate | None = None
    undo_order: Literal["parallel", "sequence"] = "sequence"
    recover: tuple[Recover, ...] = ()
    role: Name | None = None


@dataclass(frozen=True, slots=True)
class Fail(Item):
    """Refuses on purpose: the saga compensates; the name is the reason."""

    kind: ClassVar[str] = "fail"

    data: Record | None = None


@dataclass(frozen=True, slots=True)
class ActionDeclaration:
    """What a service says of one of its actions."""

    name: Name
    input: RecordType | None = None
    output: RecordType | None = None
    fails: tuple[Refusal, ...] | None = None
    idempotent: bool | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A participant; without a team it is its own."""

    name: Name
    team: Name | None = None
    description: str | None = None
    fence: bool = True
    actions: dict[str, ActionDeclaration] | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """An event from outside that several items share."""

    name: Name
    source: Name | None = None  # ``from:``
    data: RecordType | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """A semantic lock."""

    name: Name
    key: Expr
    conflict: Literal["refuse", "wait"] = "refuse"


@dataclass(frozen=True, slots=True)
class Start:
    """Who starts the saga and hears the end; ``event`` if an event starts it."""

    span: Span
    service: Name | None = None
    event: Name | None = None


@dataclass(frozen=True, slots=True)
class Cancel:
    """The event that cancels, accepted until the pivot."""

    event: Name
    match: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class Suppression:
    """``# sagac: ignore[CODE, ...] reason`` on a line; no codes: malformed."""

    codes: tuple[str, ...]
    reason: str
    span: Span


@dataclass(frozen=True, slots=True)
class Saga:
    """One file. ``keys`` says where each top-level key stands."""

    name: Name
    version: int
    key: Value
    services: dict[str, Service]
    input: RecordType
    items: tuple[Item, ...]
    span: Span
    description: str | None = None
    deadline: Seconds | None = None
    start: Start | None = None
    cancel: Cancel | None = None
    types: dict[str, Type] = field(default_factory=dict)
    type_names: dict[str, Span] = field(default_factory=dict)
    retry: Retry | None = None  # defaults.retry
    timeout: Seconds | None = None  # defaults.timeout
    events: dict[str, Event] = field(default_factory=dict)
    locks: dict[str, Lock] = field(default_factory=dict)
    output: Record | None = None
    keys: dict[str, Span] = field(default_factory=dict)
    suppressions: tuple[Suppression, ...] = ()
