"""What a workflow says: steps, waits, groups, branches, loops. One ``Saga`` per part of a saga.

Calls return what the action gave, or raise. Nothing here decides by the clock or by anything else
that is not recorded, so that a workflow runs the same way again after a crash.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from ...contract.codec import decode
from ...contract.contract import Action, Failure, Lock, Policy
from .caller import OnUnknown
from .definition import Compensation, Definition, Event
from .join import Elements, Join, Parallel, in_sequence, too_few
from .outcome import SagaFailed
from .part import Group, Head
from .record import Lane
from .scope import Scope
from .steps import Steps
from .waiting import Race

T = TypeVar("T")
E = TypeVar("E")
Request = TypeVar("Request")
Output = TypeVar("Output")
Input = TypeVar("Input")
Data = TypeVar("Data")


class Saga(Steps):
    """A saga, or a part of it: branch, element, round, group."""

    # Waits

    async def sleep(self, name: str, seconds: float) -> None:
        """Waits so long."""
        waiting = self._waiting(name, (), seconds)
        outcome = await self._wait(waiting)
        if outcome.outcome != "failed":
            self._given(name, outcome, object)

    async def wait(
        self,
        name: str,
        event: Event[Data],
        timeout: float | None = None,
        *,
        after_pivot: bool = False,
    ) -> Data:
        """Waits for an event and returns its data. Too late: fails, after the pivot is STUCK."""
        waiting = self._waiting(name, (event,), timeout)
        waiting.stuck = after_pivot
        return self._given(name, await self._wait(waiting), Race).data(event)

    async def wait_or_none(
        self, name: str, event: Event[Data], timeout: float | None = None
    ) -> Data | None:
        """Waits for an event; None if it is too late."""
        outcome = await self._wait(self._waiting(name, (event,), timeout))
        if outcome.outcome == "failed":
            return None
        return self._given(name, outcome, Race).data(event)

    async def race(self, name: str, *events: Event[Any], after: float | None = None) -> Race:
        """Waits for the first of several events, or for ``after`` seconds."""
        outcome = await self._wait(self._waiting(name, events, after))
        if outcome.outcome == "failed":
            return Race("after", None)
        return self._given(name, outcome, Race)

    async def gate(self, before: str = "~gate") -> None:
        """The last moment for cancel and deadline: from here, ``before`` an item, they are
        refused."""
        await self._judge("~gate", before)

    async def end(self) -> None:
        """All is done: the same where neither a pivot nor a gate has decided before."""
        if not self._head.decided:
            await self._judge("~end", "end")

    # Parts

    async def optional(
        self,
        name: str,
        action: Action[Request],
        request: Request,
        output: type[Output],
        policy: Policy,
        *,
        undo: Compensation[Output] | None = None,
        query: Action[Request] | None = None,
        on_unknown: OnUnknown | None = None,
        locks: Sequence[Lock] = (),
    ) -> Output | None:
        """Calls an action whose failure is passed over. What is unknown is undone first."""
        part = self._part(scope=self._inner_scope())
        try:
            return await part.step(
                name,
                action,
                request,
                output,
                policy,
                undo=undo,
                query=query,
                on_unknown=on_unknown,
                locks=locks,
            )
        except SagaFailed as problem:
            if not problem.recoverable:
                raise
            await part._unwind(problem.failure)
            return None

    @asynccontextmanager
    async def group(
        self,
        name: str,
        *,
        undo: Compensation[None] | None = None,
        undo_order: Literal["sequence", "parallel"] = "sequence",
    ) -> AsyncIterator[Saga]:
        """A sequence with a scope of its own; ``undo`` stands for the members' compensations."""
        if undo is None:
            yield self._part(scope=self._inner_scope(parallel=undo_order == "parallel"))
            return
        own, group = undo, Group([])

        async def run(failure: Failure, lane: Lane) -> None:
            if group.keys:
                await self._compensate(name, own, None, failure, lane, tuple(group.keys))

        self._scope.push(run)
        yield self._part(scope=Scope(), group=group)

    def recoverable(self, name: str, *refusals: str) -> Recoverable:
        """A scope whose failures of these names are undone and passed over, then looked at."""
        return Recoverable(self, refusals)

    def parallel(
        self,
        name: str,
        *,
        join: Join = "all",
        undo_order: Literal["parallel", "sequence"] = "parallel",
        after_pivot: bool = False,
    ) -> Parallel:
        """Branches side by side: ``async with saga.parallel("name") as branches``."""
        return Parallel(self, name, join, undo_order, after_pivot=after_pivot)

    async def foreach(
        self,
        name: str,
        elements: Sequence[E],
        body: Callable[[Saga, E], Awaitable[T]],
        *,
        parallel: bool = False,
        limit: int | None = None,
        join: Join = "all",
        undo_order: Literal["parallel", "sequence"] = "parallel",
        after_pivot: bool = False,
    ) -> Elements[T]:
        """Runs ``body`` once per element, one after another or side by side."""
        if too_few(elements, join):
            await self._exhausted(name, name, after_pivot)
            return Elements([])
        if not parallel:
            return await in_sequence(self, name, elements, body, join)
        async with Parallel(self, name, join, undo_order, limit) as branches:
            made = [
                branches.element(f"{name}[{index}].", body, element)
                for index, element in enumerate(elements)
            ]
        return Elements(made)

    async def repeat(
        self,
        name: str,
        body: Callable[[Saga], Awaitable[T]],
        *,
        until: Callable[[T], bool],
        max: int,
        every: float = 0,
        after_pivot: bool = False,
    ) -> T:
        """Runs ``body`` until the condition holds; ``max`` rounds without fail as exhausted."""
        index = asked = 0
        while True:
            result = await body(self._part(f"{name}[{index}]."))
            index += 1
            if until(result):
                return result
            if index % max == 0:
                asked += 1
                outcome = await self._exhausted(name, f"{name}~exhausted{asked}", after_pivot)
                if outcome.output != "retry":
                    return result
            elif every:
                await self.sleep(f"{name}[{index - 1}]~pause", every)

    async def run(
        self,
        name: str,
        definition: Definition[Input, Output],
        input: Input,
        *,
        after_pivot: bool = False,
    ) -> Output:
        """Runs another saga as one step; it is undone with this one."""
        attempt = 0
        while True:
            part = self._child(name if not attempt else f"{name}#{attempt}", definition, input)
            services = self._running.engine.services(definition)
            try:
                with part._listening(definition.cancel and definition.cancel(input)):
                    return await definition.run(part, input, services)
            except SagaFailed as problem:
                await part._unwind(problem.failure)
                if not (after_pivot and problem.recoverable):
                    raise self._child_failed(name, problem) from None
                attempt += 1
                asked = f"{name}#{attempt}"
                answer = await self._ask_again(asked, problem.failure.reason, definition.output)
                if answer.output != "retry":
                    return decode(definition.output, answer.output["payload"])

    # Machinery

    def _part(
        self, path: str = "", *, scope: Scope | None = None, group: Group | None = None
    ) -> Saga:
        return Saga(
            self._running,
            self._head,
            self._lane,
            scope or self._scope,
            self._path + path,
            group or self._group,
        )

    def _in_lane(self, lane: Lane, scope: Scope, path: str = "") -> Saga:
        head, group = self._head, self._group
        return Saga(self._running, head, lane, scope, self._path + path, group)

    def _child(self, name: str, definition: Definition[Any, Any], input: Any) -> Saga:
        path = self._path + name
        head = Head(
            id=f"{self.id}/{path}",
            name=definition.name,
            version=definition.version,
            key=definition.key(input),
            prefix=f"{self._head.prefix}{path}/",
            deadline=definition.deadline and self._lane.clock + definition.deadline,
            parent=self._head,
        )
        return Saga(self._running, head, self._lane, self._inner_scope())


class Recoverable(Saga):
    """A scope that may be recovered: see ``Saga.recoverable``."""

    def __init__(self, outer: Saga, refusals: tuple[str, ...]) -> None:
        super().__init__(
            outer._running,
            outer._head,
            outer._lane,
            outer._inner_scope(),
            outer._path,
            outer._group,
        )
        self._refusals = refusals
        self._problem: SagaFailed | None = None

    @property
    def failed(self) -> bool:
        """Whether it failed and was undone."""
        return self._problem is not None

    @property
    def failure(self) -> Failure:
        """Why. Raises RuntimeError if it did not fail."""
        if self._problem is None:
            raise RuntimeError("it did not fail")
        return self._problem.failure

    def failed_with(self, refusal: str) -> bool:
        """Whether it failed with this refusal; ``unknown`` is any outcome that nobody knows."""
        return self._problem is not None and _named(refusal, self._problem)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if not isinstance(problem, SagaFailed) or not problem.recoverable:
            return False
        if not any(each == "any" or _named(each, problem) for each in self._refusals):
            return False
        await self._unwind(problem.failure)
        self._problem = problem
        return True


def _named(refusal: str, problem: SagaFailed) -> bool:
    return problem.failure.reason == refusal or (refusal == "unknown" and problem.unknown)
