"""What an observer hears, and the words for what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from .tokens import Event, Token


@dataclass(frozen=True, slots=True)
class Record:
    """An event that was heard: when it was told, under which name, what led to it."""

    id: str
    event: Event
    at: float
    name: str = ""
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Came:
    """What has come to a node, when, and by which event."""

    token: Token
    at: float
    by: Record | None


@dataclass(frozen=True, slots=True)
class At:
    """A place where the saga is: ``service`` has all it needs and has not answered.

    ``kind``: do, undo, wait (``waits_for`` names the events), or go for what calls nothing.
    """

    path: str
    service: str
    kind: Literal["do", "undo", "wait", "go"]
    since: float
    by: Record | None
    budget: float | None = None
    waits_for: tuple[str, ...] = ()
    why: str | None = None  # it is stuck

    def late(self, now: float) -> bool:
        """Whether the answer should have come."""
        return self.why is None and self.budget is not None and now - self.since > self.budget


def stuck(told: Mapping[str, Record]) -> Record | None:
    """Why a node waits for a person now, if it does."""
    found, over = told.get("stuck"), told.get("unstuck")
    if found is None or (over is not None and over.event.round >= found.event.round):
        return None
    return found


def together(found: list[Came | None]) -> Came | None:
    """What several slots say together; None as long as one is empty."""
    full = [each for each in found if each is not None]
    if not full or len(full) < len(found):
        return None
    last = max(full, key=lambda each: each.at)
    tokens = {each.token for each in full}
    if "abort" in tokens:
        return Came("abort", last.at, last.by)
    return Came("skip" if tokens == {"skip"} else "ok", last.at, last.by)
