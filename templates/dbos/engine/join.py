"""Branches side by side and their join; elements one after another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeAlias, TypeVar

from ...contract.contract import Failure
from .outcome import Outcome, SagaFailed
from .record import Lane
from .scope import Scope, together

if TYPE_CHECKING:
    from .saga import Saga

T = TypeVar("T")
E = TypeVar("E")

Join: TypeAlias = Literal["all", "any", "settled"] | int

_NOT_NEEDED = Failure(None, "not_needed")


class Branch(Generic[T]):
    """One branch or element. Look at it after the join."""

    def __init__(self) -> None:
        self.failure: SagaFailed | None = None
        self._result: list[T] = []

    @property
    def done(self) -> bool:
        """Whether it went through and the join took it."""
        return bool(self._result)

    @property
    def outcome(self) -> str:
        """``done``, or the reason for which it failed, or ``not_needed``."""
        if self.done:
            return "done"
        if self.failure is None or self.failure.kind == "stopped":
            return "not_needed"
        return self.failure.failure.reason

    @property
    def value(self) -> T:
        """What its function returned. Raises RuntimeError if it is not done."""
        if not self._result:
            raise RuntimeError(f"the branch is not done: {self.outcome}")
        return self._result[0]

    @property
    def value_or_none(self) -> T | None:
        """The same, or None."""
        return self._result[0] if self._result else None


class Elements(Generic[T]):
    """The elements of a foreach, in their order."""

    def __init__(self, branches: Sequence[Branch[T]]) -> None:
        self._branches = branches

    @property
    def values(self) -> list[T]:
        """What each gave. Raises RuntimeError if one is not done."""
        return [each.value for each in self._branches]

    @property
    def settled(self) -> list[T | None]:
        """What each gave, or None."""
        return [each.value_or_none for each in self._branches]

    @property
    def outcomes(self) -> list[str]:
        """``done`` or the refusal of each."""
        return [each.outcome for each in self._branches]


class _Track(Branch[T]):
    """A branch while it runs: a lane and a compensation scope of its own."""

    def __init__(self, lane: Lane) -> None:
        super().__init__()
        self.lane = lane
        self.scope = Scope()
        self.given: list[T] = []
        self.task: asyncio.Task[None] | None = None

    @property
    def finished(self) -> bool:
        return bool(self.given) or self.failure is not None

    def take(self) -> None:
        self._result = self.given


class Parallel:
    """``async with saga.parallel("name") as branches``: the block ends when the join is reached."""

    def __init__(
        self,
        saga: Saga,
        name: str,
        join: Join,
        undo_order: Literal["parallel", "sequence"],
        limit: int | None = None,
        *,
        after_pivot: bool = False,
    ) -> None:
        self._saga = saga
        self._name = name
        self._join = 1 if join == "any" else join
        self._undo_order = undo_order
        self._after_pivot = after_pivot
        self._turns = asyncio.Semaphore(limit) if limit and limit > 0 else None
        self._tracks: list[_Track[Any]] = []
        self._lane = Lane(saga._lane)
        self._changed = asyncio.Event()
        self._verdict: asyncio.Future[set[int] | None] = asyncio.Future()

    def branch(self, name: str, body: Callable[[Saga], Awaitable[T]]) -> Branch[T]:
        """Starts a branch. ``name`` is for its reader."""
        return self._start("", body)

    def element(self, path: str, body: Callable[[Saga, E], Awaitable[T]], of: E) -> Branch[T]:
        """Starts an element, whose calls are named ``path`` and their own name."""
        return self._start(path, lambda saga: body(saga, of))

    async def __aenter__(self) -> Self:
        self._saga._scope.push(self._undo)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if problem is not None:
            await self._abandon()
        elif self._join == "all":
            await self._all()
        elif self._join == "settled":
            await self._settled()
        elif too_few(self._tracks, self._join):
            await self._abandon()  # none of them has begun
            await self._saga._exhausted(self._name, self._name, self._after_pivot)
        else:
            await self._first(self._join)
        clocks = [each.lane.clock for each in self._tracks if each.done or self._join != 1]
        self._saga._lane.clock = max([self._saga._lane.clock, *clocks])

    def _start(self, path: str, body: Callable[[Saga], Awaitable[T]]) -> Branch[T]:
        track: _Track[T] = _Track(Lane(self._lane))
        number = len(self._tracks)
        self._tracks.append(track)
        part = self._saga._in_lane(track.lane, track.scope, path)
        track.task = self._saga._running.spawn(self._run(number, track, part, body))
        return track

    async def _run(
        self, number: int, track: _Track[T], saga: Saga, body: Callable[[Saga], Awaitable[T]]
    ) -> None:
        try:
            if self._turns is None:
                await self._go(track, saga, body)
            else:
                async with self._turns:
                    await self._go(track, saga, body)
        finally:
            self._changed.set()
        if isinstance(self._join, int):
            taken = await self._verdict
            if taken is not None and number not in taken:
                await track.scope.unwind(_NOT_NEEDED, track.lane)

    async def _go(self, track: _Track[T], saga: Saga, body: Callable[[Saga], Awaitable[T]]) -> None:
        try:
            if track.lane.live and track.lane.stopped:
                raise SagaFailed(Failure(None, "stopped"), "stopped", ended=time.time())
            track.given = [await body(saga)]
        except SagaFailed as problem:
            track.failure = problem
            if self._join == "settled" and problem.recoverable:
                await track.scope.unwind(problem.failure, track.lane)
            elif self._join == "all" or not problem.recoverable:
                self._stop()

    def _stop(self) -> None:
        self._lane.stop = True
        self._saga._running.box.wake()

    async def _all(self) -> None:
        await self._ended()
        self._raise_first(0)
        for each in self._tracks:
            each.take()

    async def _settled(self) -> None:
        await self._ended()
        fatal = [each for each in self._tracks if each.failure and not each.failure.recoverable]
        if fatal:
            self._raise_first(0, fatal)
        for each in self._tracks:
            each.take()

    async def _first(self, needed: int) -> None:
        """Waits for so many; who they were is recorded, because it is a matter of time."""
        saga = self._saga
        name = saga._name(f"{self._name}~join")

        async def wait(maybe_begun: bool) -> Outcome:
            began = time.time()
            while (won := self._won(needed)) is None:
                self._changed.clear()
                await self._changed.wait()
            return Outcome("done", began, time.time(), output=won)

        outcome = await saga._running.record.call(name, saga._lane, wait)
        won = outcome.output or []
        if len(won) < needed:
            self._verdict.set_result(None)
            self._stop()
            await self._ended()
            self._raise_first(len(self._tracks) - needed)
        await together(self._finish(self._tracks[number]) for number in won)
        for number, track in enumerate(self._tracks):
            track.lane.lost = number not in won
        self._verdict.set_result(set(won))
        saga._running.box.wake()

    def _won(self, needed: int) -> list[int] | None:
        """The numbers of the first that are done; fewer than needed if that cannot be reached."""
        if any(each.failure and not each.failure.recoverable for each in self._tracks):
            return []
        done = [number for number, each in enumerate(self._tracks) if each.given]
        if len(done) >= needed:
            return sorted(done, key=lambda number: self._tracks[number].lane.clock)[:needed]
        failed = sum(1 for each in self._tracks if each.failure)
        return [] if failed > len(self._tracks) - needed else None

    async def _finish(self, track: _Track[Any]) -> None:
        while not track.finished:
            self._changed.clear()
            await self._changed.wait()
        track.take()

    async def _ended(self) -> None:
        await together(each.task for each in self._tracks if each.task is not None)

    async def _abandon(self) -> None:
        tasks = [each.task for each in self._tracks if each.task is not None]
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _raise_first(self, passed_over: int, tracks: Sequence[_Track[Any]] | None = None) -> None:
        """Raises the failure that decided: the first by the record, the same in each run."""
        found = [each.failure for each in tracks or self._tracks if each.failure]
        if not found:
            return
        fatal = [each for each in found if each.kind in ("cancelled", "timed_out")]
        own = [each for each in found if each.kind != "stopped"]
        order = sorted(fatal or own or found, key=lambda each: each.ended)
        raise order[min(passed_over, len(order) - 1)]

    async def _undo(self, failure: Failure, lane: Lane) -> None:
        """Undoes what was taken; what was not needed undoes itself, and that is waited for."""
        verdict = self._verdict.result() if self._verdict.done() else None
        order = sorted(self._tracks, key=lambda each: each.lane.clock, reverse=True)
        work = [self._undo_track(each, verdict, failure, lane) for each in order]
        if self._undo_order == "parallel":
            await together(work)
        else:
            for each in work:
                await each

    async def _undo_track(
        self, track: _Track[Any], verdict: set[int] | None, failure: Failure, lane: Lane
    ) -> None:
        if verdict is not None and not track.done:
            assert track.task is not None
            await track.task
        else:
            await track.scope.unwind(failure, Lane(lane))


def too_few(elements: Sequence[Any], join: Join) -> bool:
    """Whether a join of so many elements cannot be reached."""
    return len(elements) < _needed(elements, join)


def _needed(elements: Sequence[Any], join: Join) -> int:
    return len(elements) if join in ("all", "settled") else 1 if join == "any" else int(join)


async def in_sequence(
    saga: Saga,
    name: str,
    elements: Sequence[E],
    body: Callable[[Saga, E], Awaitable[T]],
    join: Join,
) -> Elements[T]:
    """Elements one after another. Under ``any`` or a number it ends with the last one needed."""
    needed = _needed(elements, join)
    tracks: list[_Track[T]] = []
    last: SagaFailed | None = None
    for index, element in enumerate(elements):
        if sum(each.done for each in tracks) >= needed:
            break
        track: _Track[T] = _Track(saga._lane)
        tracks.append(track)
        saga._scope.push(track.scope.unwind)
        part = saga._in_lane(saga._lane, track.scope, f"{name}[{index}].")
        try:
            track.given = [await body(part, element)]
            track.take()
        except SagaFailed as problem:
            if join == "all" or not problem.recoverable:
                raise
            await track.scope.unwind(problem.failure, saga._lane)
            track.failure = last = problem
    if join != "settled" and sum(each.done for each in tracks) < needed:
        raise last or SagaFailed(Failure(saga._path + name, "exhausted"), ended=saga._lane.clock)
    return Elements(tracks)
