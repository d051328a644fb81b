"""What the generated code and the handlers share: calls, answers, policies, compensations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    Literal,
    Protocol,
    TypeAlias,
    TypeVar,
)

if TYPE_CHECKING:
    from .saga import Saga

T = TypeVar("T")
Own = TypeVar("Own")
Data = TypeVar("Data")
Request = TypeVar("Request")
Input = TypeVar("Input")
Output = TypeVar("Output")

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


Action: TypeAlias = Callable[[Request, Call], object]


class Compensation(Generic[Own]):
    """How a step or group is undone.

    ``request`` and ``when`` get the step's own output, None if it is unknown, and the failure.
    """

    __slots__ = ("action", "on_failure", "policy", "request", "when")

    def __init__(
        self,
        action: Action[Request],
        request: Callable[[Own | None, Failure], Request],
        policy: Policy | None = None,
        *,
        when: Callable[[Own | None, Failure], bool] | None = None,
        on_failure: Literal["stop", "continue"] = "stop",
    ) -> None:
        self.action: Action[Any] = action
        self.request: Callable[[Own | None, Failure], object] = request
        self.policy = policy or Policy()
        self.when = when
        self.on_failure = on_failure


class Event(Generic[Data]):
    """An event from outside that a saga waits for; ``match`` None takes any of that name."""

    __slots__ = ("data", "early", "match", "name")

    def __init__(
        self,
        name: str,
        data: type[Data],
        match: Callable[[Data], bool] | None = None,
        *,
        early: Literal["keep", "ignore"] = "keep",
    ) -> None:
        self.name = name
        self.data = data
        self.match = match
        self.early = early


@dataclass(frozen=True, slots=True)
class Lock:
    """A semantic lock, taken with the step and held until the saga has ended."""

    name: str
    key: str
    conflict: Literal["refuse", "wait"] = "refuse"


@dataclass(frozen=True, slots=True)
class Definition(Generic[Input, Output]):
    """One version of a saga. ``deadline`` is in seconds from the start."""

    name: str
    version: int
    run: Callable[[Saga, Input, Any], Awaitable[Output]]
    input: type[Input]
    output: type[Output]
    key: Callable[[Input], str]
    deadline: float | None = None
    cancel: Callable[[Input], Event[Any]] | None = None

    @property
    def workflow(self) -> str:
        """The name under which the engine knows this version."""
        return f"{self.name}.v{self.version}"


@dataclass(frozen=True, slots=True)
class Because:
    """Why a saga did not complete."""

    kind: Literal["failed", "cancelled", "timed_out"]
    step: str | None
    reason: str
    data: Any = None


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that was given up: a person's ``skip``, or a compensation that went on without."""

    step: str
    why: str


@dataclass(frozen=True, slots=True)
class End:
    """How a saga ended. ``output`` is plain JSON data."""

    state: Literal["COMPLETED", "COMPENSATED"]
    because: Because | None = None
    output: Any = None
    marks: list[Mark] = field(default_factory=list)
