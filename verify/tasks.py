"""Several courses of a saga at once, without threads: generators that ask in batches.

A course yields the requests that it waits for and is sent an outcome for each. Courses side by
side take a turn each, so that a run is the same every time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TypeAlias, TypeVar

from .trace import PENDING, Failure, Outcome, Request

T = TypeVar("T")
Course: TypeAlias = Generator[list[Request], list[Outcome], T]


class Failed(Exception):
    """A scope has failed and goes back."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


def ask(request: Request) -> Course[Outcome]:
    """Asks once more each turn until there is an answer."""
    while True:
        (outcome,) = yield [request]
        if outcome is not PENDING:
            return outcome


class Task:
    """One of several courses: what it waits for, and how it ended."""

    def __init__(self, course: Course[None]) -> None:
        self.course = course
        self.waiting: list[Request] = []
        self.asked = False
        self.finished = False
        self.failure: Failure | None = None
        self._step(None)

    @property
    def running(self) -> bool:
        """Whether there is more to do."""
        return not self.finished

    def answer(self, outcomes: list[Outcome]) -> None:
        """Gives the outcomes of what was asked; if none has come, the task stays where it is."""
        self.asked = True
        if any(outcome is not PENDING for outcome in outcomes):
            self._step(outcomes)

    def stop(self) -> None:
        """Ends a course between two calls; what it did stays in its scope."""
        self.course.close()
        self.finished = True

    def _step(self, outcomes: list[Outcome] | None) -> None:
        self.asked = False
        try:
            self.waiting = next(self.course) if outcomes is None else self.course.send(outcomes)
        except StopIteration:
            self.finished = True
        except Failed as failed:
            self.finished, self.failure = True, failed.failure


def together(tasks: Sequence[Task], each_turn: Callable[[], bool] = lambda: True) -> Course[None]:
    """Turns of all running tasks until none is left, or ``each_turn`` says that it is enough."""
    while each_turn():
        running = [task for task in tasks if task.running]
        if not running:
            return
        asked = [len(task.waiting) for task in running]
        outcomes = yield [request for task in running for request in task.waiting]
        start = 0
        for task, count in zip(running, asked, strict=True):
            task.answer(outcomes[start : start + count])
            start += count
