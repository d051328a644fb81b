"""What the generated code and the handlers share in every style: calls, answers, policies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeAlias, TypeVar

T = TypeVar("T")
Request = TypeVar("Request")

Answer: TypeAlias = T | Awaitable[T]
"""What a handler method returns: both ``def`` and ``async def`` will do."""

Nothing: TypeAlias = None
"""The output type of an action that gives nothing."""


class Refusal:
    """A failure that the business knows, returned by a handler and never raised: no effect."""

    __slots__ = ()

    reason: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a saga compensates: the step that failed, its reason, and what the refusal carried."""

    step: str | None
    reason: str
    data: Any = None


class Tx(Protocol):
    """The open transaction of a call, in the database that the handler class names."""

    async def execute(self, sql: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Runs one statement with ``?`` marks and returns its rows."""

    def execute_sync(self, sql: str, params: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The same for handlers that are not ``async``."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler is told besides its request. ``key`` is the same in each attempt."""

    key: str
    saga: str
    saga_key: str
    step: str
    attempt: int
    deadline: datetime | None = None
    failure: Failure | None = None
    tx: Tx | None = None


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """A query's answer: the action has taken effect and gave ``output``."""

    output: T


@dataclass(frozen=True, slots=True)
class Never:
    """A query's answer: the action has had no effect and never will."""

    reason: str | None = None


@dataclass(frozen=True, slots=True)
class NotYet:
    """A query's answer: no effect so far; the action may be called again under the same key."""


@dataclass(frozen=True, slots=True)
class Retry:
    """When to call again after a technical failure; ``attempts`` None is for ever."""

    attempts: int | None = None
    initial: float = 1.0
    max: float | None = None
    backoff: Literal["constant", "linear", "exponential"] = "exponential"
    jitter: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """How an action is called; ``timeout`` is that of one attempt, in seconds."""

    retry: Retry = field(default_factory=Retry)
    timeout: float = 30.0
    idempotent: bool = True
    fence: bool = True


@dataclass(frozen=True, slots=True)
class Lock:
    """A semantic lock, taken with the step and held until the saga has ended."""

    name: str
    key: str
    conflict: Literal["refuse", "wait"] = "refuse"


Action: TypeAlias = Callable[[Request, Call], object]
