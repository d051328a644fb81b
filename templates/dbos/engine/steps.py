"""The calls that a workflow makes: steps of each role, and what only an undo calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

from ...contract.codec import encode
from ...contract.contract import Action, Failure, Lock, Policy
from .caller import OnUnknown
from .definition import Compensation
from .outcome import HALTS, SagaFailed
from .part import Part
from .record import Lane

Request = TypeVar("Request")
Output = TypeVar("Output")


class Steps(Part):
    """The part of ``Saga`` that calls actions."""

    async def step(
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
    ) -> Output:
        """Calls an action. If it fails, everything before it is undone."""
        if on_unknown is None:
            on_unknown = "query" if query else "compensate" if undo else "fail"
        work = self._work(name, action, request, output, policy, on_unknown)
        work.query, work.locks, work.halt = query, tuple(locks), self._halted
        return await self._with_undo(name, work, output, undo)

    async def pivot(
        self,
        name: str,
        action: Action[Request],
        request: Request,
        output: type[Output],
        policy: Policy,
        *,
        query: Action[Request] | None = None,
        on_unknown: OnUnknown | None = None,
        locks: Sequence[Lock] = (),
    ) -> Output:
        """Calls the action after which there is no way back; from here on cancelling is refused."""
        work = self._work(
            name, action, request, output, policy, on_unknown or ("query" if query else "fail")
        )
        work.query, work.locks, work.halt = query, tuple(locks), self._halted
        work.begin = self._decide
        outcome = await self._record(work)
        if outcome.outcome not in HALTS:
            self._decide()
        return self._given(name, outcome, output)

    async def retriable(
        self,
        name: str,
        action: Action[Request],
        request: Request,
        output: type[Output],
        policy: Policy,
        *,
        locks: Sequence[Lock] = (),
    ) -> Output:
        """Calls an action until it is done, unless the saga is called off before; a person decides
        when its retries are spent."""
        work = self._work(name, action, request, output, policy, "stuck")
        work.locks, work.halt = tuple(locks), self._halted
        return self._given(name, await self._record(work), output)

    def on_undo(
        self,
        name: str,
        action: Action[Request],
        request: Callable[[Failure], Request],
        policy: Policy | None = None,
        *,
        on_failure: Literal["stop", "continue"] = "stop",
        locks: Sequence[Lock] = (),
    ) -> None:
        """Does nothing now; calls the action when what comes after is undone."""
        undo = Compensation[None](
            action, lambda own, failure: request(failure), policy, on_failure=on_failure
        )

        async def run(failure: Failure, lane: Lane) -> None:
            await self._compensate(name, undo, None, failure, lane, (), tuple(locks))

        self._scope.push(run)

    def fail(self, reason: str, data: Any = None) -> SagaFailed:
        """The failure to raise: ``raise saga.fail("too_late")``."""
        failure = Failure(reason, reason, encode(data))
        return SagaFailed(failure, ended=self._lane.clock)
