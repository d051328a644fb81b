"""Plays a saga from its nested form: the reference for what every generated form must do.

The items in order, an undo registered before the call it undoes, a scope per thing that can fail
on its own. Coordination in tokens and edges means the same; a test of the properties compares them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any, Protocol

from sagac.dsl.evaluate import EvaluationError, evaluate
from sagac.dsl.facts import Compensation, ItemFacts, OnUnknown, Position, Role
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import (
    Case,
    Choose,
    Fail,
    Foreach,
    Group,
    Item,
    Parallel,
    Recover,
    Repeat,
    Step,
    SubSaga,
    Undo,
    Wait,
)
from sagac.dsl.order import in_order
from sagac.dsl.syntax import Value

from .forks import play_foreach, play_parallel
from .matching import heard
from .scope import Context, Scope
from .tasks import Course, Failed, Task, ask
from .trace import Again, Done, Failure, Outcome, Phase, Refused, Request, Unknown

_OUTSIDE = ("cancelled", "deadline")  # reasons that go on through every scope


class Decide(Protocol):
    """Takes over a decision; None leaves it to the conditions of the file."""

    def __call__(self, item: Item, path: str) -> int | None:
        """The case, counted from 0, -1 for none; for ``if:`` 0 is yes."""


class Player:
    """Plays one saga (a sub-saga has a player of its own)."""

    def __init__(self, graph: SagaGraph, decide: Decide, base: str = "") -> None:
        self.graph = graph
        self.decide = decide
        self.base = base  # of a sub-saga: `pack/`
        self.background: list[Task] = []  # losers of joins, undone when they finish
        self.marks: list[str] = []  # compensations given up
        self.lost: list[str] = []  # forks whose join could not be reached

    def saga(self, root: Context) -> Course[Any]:
        """All items, then the output. Raises Failed after everything was undone."""
        try:
            yield from self.items(self.graph.saga.items, root)
        except Failed as failed:
            yield from root.scope.undo(failed.failure)
            raise
        output = self.graph.saga.output
        return None if output is None else self.value(output, root)

    def items(self, items: Sequence[Item], at: Context) -> Course[None]:
        """The items of a list, in the order of one coordinator."""
        for item in in_order(items):
            if item.condition is not None and not self._condition(item, at):
                at.values.setdefault(item.name.text, None)
                continue
            yield from self._item(item, at)

    def _item(self, item: Item, at: Context) -> Course[None]:
        facts = self.graph.facts[item.name.text]
        match item:
            case Step():
                yield from self._recoverable(item, item.recover, at)
            case Group():
                yield from self._recoverable(item, item.recover, at)
            case Undo():
                self._register(facts, facts.compensation, self.path(item, at), at)
            case Parallel():
                yield from self._stuck_after_pivot(item, play_parallel(self, item, at), at)
            case Foreach():
                yield from self._stuck_after_pivot(item, play_foreach(self, item, at), at)
            case Choose():
                yield from self._choose(item, at)
            case Repeat():
                yield from self._repeat(item, at)
            case Wait():
                yield from self._wait(item, facts, at)
            case SubSaga():
                yield from self._sub_saga(item, facts, at)
            case Fail():
                data = None if item.data is None else self.value(item.data, at)
                raise Failed(Failure(self.path(item, at), item.name.text, data))

    def path(self, item: Item, at: Context) -> str:
        """Where an item is, with the iterations around it."""
        return f"{self.base}{at.prefix}{item.name.text}"

    def value(self, value: Value, at: Context) -> Any:
        """A value of the file; what cannot be computed from what there is, is None."""
        try:
            return evaluate(value, at.values)
        except EvaluationError:
            return None

    # decisions

    def _condition(self, item: Item, at: Context) -> bool:
        chosen = self.decide(item, self.path(item, at)) if not isinstance(item, Choose) else None
        if chosen is not None:
            return chosen == 0
        assert item.condition is not None
        return bool(self.value(item.condition, at))

    def _choose(self, item: Choose, at: Context) -> Course[None]:
        index = self.decide(item, self.path(item, at))
        if index is None:
            index = self._matching(item.cases, at)
        if 0 <= index < len(item.cases):
            yield from self.items(item.cases[index].items, at)
        elif item.otherwise is not None:
            yield from self.items(item.otherwise, at)

    def _matching(self, cases: Sequence[Case], at: Context) -> int:
        holds = (n for n, case in enumerate(cases) if self.value(case.condition, at))
        return next(holds, -1)

    # steps and groups

    def _recoverable(
        self, item: Step | Group, recover: Sequence[Recover], at: Context
    ) -> Course[None]:
        body = self._step if isinstance(item, Step) else self._group
        if not recover:
            yield from body(item, at)  # type: ignore[arg-type]  # each body gets its own kind
            return
        scope = Scope()
        try:
            yield from body(item, at.inside(scope=scope))  # type: ignore[arg-type]
            at.scope.add(scope.undo)
        except Failed as failed:
            yield from scope.undo(failed.failure)
            handler = _handler(recover, failed.failure.reason)
            if handler is None:
                raise
            for name in _names(item):
                at.values[name] = None
            yield from self.items(handler.items, at)

    def _step(self, item: Step, at: Context) -> Course[None]:
        facts = self.graph.facts[item.name.text]
        path = self.path(item, at)
        own: dict[str, Any] = {}
        entry = self._register(facts, facts.compensation, path, at, own)
        request = self._request(item, facts, path, at)
        outcome = yield from self._settled(request, facts)
        if facts.effect and not isinstance(outcome, Refused):
            for group in at.groups:
                group.live = True
        match outcome:
            case Done(output=output):
                at.values[item.name.text] = own["output"] = output or {}
                if entry:
                    entry.live = True
            case Refused(reason=reason, data=data):
                if facts.role is Role.OPTIONAL and reason not in _OUTSIDE:
                    at.values[item.name.text] = None
                    return
                raise Failed(Failure(path, reason, data))
            case Unknown(reason=reason):
                failure = Failure(path, reason)
                if facts.role is Role.OPTIONAL:
                    at.values[item.name.text] = None
                    if entry:
                        at.scope.entries.remove(entry)
                        yield from entry.undo(failure)
                    return
                if entry:
                    entry.live = True
                raise Failed(failure)

    def _settled(self, request: Request, facts: ItemFacts) -> Course[Outcome]:
        """Calls until the outcome is one that the saga can go on with."""
        while True:
            outcome = yield from ask(request)
            if isinstance(outcome, Done):
                return outcome
            if isinstance(outcome, Refused) and outcome.reason in _OUTSIDE:
                return outcome
            unknown = isinstance(outcome, Unknown)
            if retried(facts) and facts.retry.attempts is None and unknown:
                continue
            if retried(facts) or (unknown and facts.on_unknown is OnUnknown.MANUAL):
                outcome = yield from ask(_as(request, "resolve"))
            elif unknown and facts.on_unknown is OnUnknown.QUERY:
                outcome = yield from ask(_as(request, "query", f"query_{request.action}"))
                outcome = Again() if isinstance(outcome, Unknown) else outcome
            if not isinstance(outcome, Again):
                return outcome

    def _request(self, item: Item, facts: ItemFacts, path: str, at: Context) -> Request:
        fields = {name: self.value(each, at) for name, each in facts.input.items()}
        return Request(path, item, "do", facts.service, facts.action, fields)

    def _register(
        self,
        facts: ItemFacts,
        compensation: Compensation | None,
        path: str,
        at: Context,
        own: dict[str, Any] | None = None,
    ) -> Any:
        if compensation is None:
            return None

        def undo(failure: Failure) -> Course[None]:
            output = own.get("output") if own is not None else None
            yield from self._compensate(facts.item, compensation, path, at, output, failure)

        return at.scope.add(undo, live=own is None)

    def _compensate(
        self,
        item: Item,
        compensation: Compensation,
        path: str,
        at: Context,
        output: Any,
        failure: Failure,
    ) -> Course[None]:
        reading = at.inside(values={item.name.text: output, "saga": self._about(failure)})
        if compensation.when is not None and not self.value(compensation.when, reading):
            return
        fields = {name: self.value(each, reading) for name, each in compensation.input.items()}
        request = Request(
            f"{path}~undo",
            item,
            "undo",
            compensation.service,
            compensation.action,
            fields,
            failure,
        )
        while True:
            outcome = yield from ask(request)
            if isinstance(outcome, Done):
                return
            if compensation.retry.attempts is None:
                continue
            if compensation.on_failure == "continue":
                self.marks.append(path)
                return
            outcome = yield from ask(_as(request, "resolve"))
            if isinstance(outcome, Done):
                return

    def _about(self, failure: Failure | None) -> dict[str, Any]:
        saga = self.graph.saga
        about: dict[str, Any] = {"key": None, "version": saga.version}
        if failure is not None:
            about["failure"] = {
                "step": failure.step,
                "reason": failure.reason,
                "data": failure.data,
            }
        return about

    def _group(self, item: Group, at: Context) -> Course[None]:
        facts = self.graph.facts[item.name.text]
        scope = Scope(together=item.undo_order == "parallel")
        if facts.compensation is None:
            at.scope.add(scope.undo)
            yield from self.items(item.items, at.inside(scope=scope))
            return
        own: dict[str, Any] = {}
        entry = self._register(facts, facts.compensation, self.path(item, at), at, own)
        yield from self.items(item.items, at.inside(scope=scope, group=entry))

    # loops, waits, sub-sagas

    def _repeat(self, item: Repeat, at: Context) -> Course[None]:
        path = self.path(item, at)
        for asked in count(1):
            for turn in range((item.max or 0) * (asked - 1), (item.max or 0) * asked):
                prefix = f"{at.prefix}{item.name.text}[{turn}]."
                yield from self.items(item.items, at.inside(prefix=prefix))
                if item.until is not None and self.value(item.until, at):
                    return
            exhausted = Failure(path, "exhausted")
            answer = yield from self._fail_or_stick(item, exhausted, at, f"~exhausted{asked}")
            if not isinstance(answer, Again):
                return

    def _wait(self, item: Wait, facts: ItemFacts, at: Context) -> Course[None]:
        path = self.path(item, at)
        request = Request(path, item, "wait", facts.service, "", heard=heard(item, at.values))
        outcome: Outcome = Again()
        while isinstance(outcome, Again):
            outcome = yield from ask(request)
            if isinstance(outcome, Refused) and _sticks(item, outcome):
                failure = Failure(path, outcome.reason, outcome.data)
                outcome = yield from self._fail_or_stick(item, failure, at)
        name = item.name.text
        match outcome:
            case Done(output=output, won=won):
                at.values[name] = {**(output or {}), "won": won}
                for race in item.first:
                    if race.name is not None and race.name.text == won:
                        yield from self.items(race.items, at)
            case Refused(reason=reason, data=data):
                at.values[name] = None
                if not (reason == "timeout" and item.on_timeout == "continue"):
                    raise Failed(Failure(path, reason, data))
            case _:
                raise Failed(Failure(path, "unknown"))

    def _sub_saga(self, item: SubSaga, facts: ItemFacts, at: Context) -> Course[None]:
        path = self.path(item, at)
        fields = {name: self.value(each, at) for name, each in facts.input.items()}
        answer: Outcome = Again()
        for attempt in count():
            base = f"{path}#{attempt}/" if attempt else f"{path}/"
            player = Player(self.graph.children[item.name.text], self.decide, base)
            player.background, player.marks = self.background, self.marks
            player.lost = self.lost
            scope = Scope()
            inside = Context({"input": fields, "saga": player._about(None)}, scope)
            try:
                output = yield from player.saga(inside)
            except Failed as failed:
                answer = yield from self._fail_or_stick(item, failed.failure, at, f"#{attempt + 1}")
            else:
                answer = Done(output)
                at.scope.add(scope.undo)
            if isinstance(answer, Done):
                at.values[item.name.text] = answer.output or {}
                return

    def _fail_or_stick(
        self, item: Item, failure: Failure, at: Context, mark: str = ""
    ) -> Course[Outcome]:
        """Before the pivot an item fails; after it a person decides. ``mark`` ends the path."""
        facts = self.graph.facts[item.name.text]
        if facts.position is not Position.AFTER:
            raise Failed(failure)
        path = f"{self.path(item, at)}{mark}"
        return (yield from ask(Request(path, item, "resolve", facts.service, "", {}, failure)))

    def _stuck_after_pivot(self, item: Item, course: Course[None], at: Context) -> Course[None]:
        try:
            yield from course
        except Failed as failed:
            yield from self._fail_or_stick(item, failed.failure, at)


def retried(facts: ItemFacts) -> bool:
    """Whether an unknown outcome of the call leads to the same call again."""
    return facts.role is Role.RETRIABLE or facts.on_unknown is OnUnknown.RETRY


def _sticks(item: Wait, outcome: Refused) -> bool:
    """Whether a wait that ended so does not go on by itself, nor is called off."""
    return outcome.reason == "timeout" and item.on_timeout != "continue"


def _as(request: Request, phase: Phase, action: str | None = None) -> Request:
    suffix = "~query" if phase == "query" else ""
    return Request(
        request.path + suffix,
        request.item,
        phase,
        request.service,
        request.action if action is None else action,
        request.input,
        request.failure,
    )


def _handler(recover: Sequence[Recover], reason: str) -> Recover | None:
    unknown = reason in ("unknown", "timeout")
    for each in recover:
        if each.refusal.text == reason or (unknown and each.refusal.text == "unknown"):
            return each
    caught = reason not in _OUTSIDE
    return next((r for r in recover if r.refusal.text == "any" and caught), None)


def _names(item: Step | Group) -> list[str]:
    if isinstance(item, Step):
        return [item.name.text]
    return [each.name.text for each in item.items]
