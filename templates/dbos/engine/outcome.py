"""What the engine records of a call, and how it travels through the workflow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ...contract.contract import Failure
from .definition import Because

Kind = Literal["done", "failed", "unknown", "skipped", "stopped", "cancelled", "timed_out"]


FailureKind = Literal["failed", "cancelled", "timed_out", "stopped"]

HALTS = ("stopped", "cancelled", "timed_out")
REASONS: dict[str | None, str] = {"cancelled": "cancelled", "timed_out": "deadline"}


@dataclass(slots=True)
class Outcome:
    """The recorded result of one call. ``at`` and ``ended`` are seconds since the epoch.

    ``stopped``: not started, because a sibling had failed. ``cancelled`` and ``timed_out``: not
    started, because the saga was cancelled or its deadline had passed.
    """

    outcome: Kind
    at: float
    ended: float
    reason: str | None = None
    data: Any = None
    output: Any = None
    attempts: int = 1
    mark: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data, without what is absent."""
        data: dict[str, Any] = {
            "outcome": self.outcome,
            "at": self.at,
            "ended": self.ended,
            "attempts": self.attempts,
        }
        for name in ("reason", "data", "output", "mark"):
            if (value := getattr(self, name)) is not None:
                data[name] = value
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Outcome:
        """The inverse of ``to_json``."""
        return cls(**data)


class SagaFailed(Exception):
    """A call has failed for good. It undoes on its way out; ``ended`` says which came first."""

    def __init__(
        self,
        failure: Failure,
        kind: FailureKind = "failed",
        *,
        unknown: bool = False,
        ended: float = 0.0,
    ) -> None:
        super().__init__(f"{failure.step or 'saga'}: {failure.reason}")
        self.failure = failure
        self.kind: FailureKind = kind
        self.unknown = unknown
        self.ended = ended

    @property
    def recoverable(self) -> bool:
        """Whether ``recover``, ``settled`` and ``optional`` may catch it: cancelling goes on."""
        return self.kind == "failed"

    def because(self) -> Because:
        """The same as an ending says it."""
        kind: Literal["failed", "cancelled", "timed_out"] = "failed"
        if self.kind != "stopped":
            kind = self.kind
        return Because(kind, self.failure.step, self.failure.reason, self.failure.data)
