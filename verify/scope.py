"""What a course of a saga has to undo: entries in the order of their registration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .tasks import Course, Task, together
from .trace import Failure

UndoAction = Callable[[Failure], Course[None]]


@dataclass(slots=True)
class Entry:
    """One thing to undo. ``live`` turns true when the call that it belongs to was answered."""

    undo: UndoAction
    live: bool = True


@dataclass(slots=True)
class Scope:
    """The entries of one course, undone last first, or together (``undo_order: parallel``)."""

    entries: list[Entry] = field(default_factory=list)
    together: bool = False

    def add(self, undo: UndoAction, *, live: bool = True) -> Entry:
        """Registers something to undo."""
        entry = Entry(undo, live)
        self.entries.append(entry)
        return entry

    def undo(self, failure: Failure) -> Course[None]:
        """Undoes everything, once."""
        entries = [entry for entry in reversed(self.entries) if entry.live]
        self.entries.clear()
        if self.together:
            yield from together([Task(entry.undo(failure)) for entry in entries])
            return
        for entry in entries:
            yield from entry.undo(failure)


@dataclass(slots=True)
class Context:
    """Where a course is: what it can read, where it registers, the prefix of its paths."""

    values: dict[str, Any]
    scope: Scope
    prefix: str = ""
    groups: tuple[Entry, ...] = ()  # around it, with a compensation of their own

    def inside(
        self,
        *,
        scope: Scope | None = None,
        values: Mapping[str, Any] | None = None,
        prefix: str | None = None,
        group: Entry | None = None,
    ) -> Context:
        """The context of a part: with its own scope, more to read, a longer prefix."""
        return Context(
            values=self.values if values is None else {**self.values, **values},
            scope=self.scope if scope is None else scope,
            prefix=self.prefix if prefix is None else prefix,
            groups=self.groups if group is None else (*self.groups, group),
        )
