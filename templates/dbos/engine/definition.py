"""What the generated code says to the engine: definitions, compensations, events, ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from ...contract.contract import Action, Failure, Policy

if TYPE_CHECKING:
    from .saga import Saga

Own = TypeVar("Own")
Data = TypeVar("Data")
Request = TypeVar("Request")
Input = TypeVar("Input")
Output = TypeVar("Output")


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
