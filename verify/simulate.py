"""Plays a saga against given answers: ``simulate`` is the reference for what a saga means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Item

from .player import Decide, Player
from .scope import Context, Scope
from .tasks import Course, Failed, Task
from .trace import PENDING, Done, Effect, Event, Failure, Outcome, Request, Trace

Behaviour = Callable[[Request], Outcome]
MAX_TURNS = 100_000  # a saga that asks more often than this, asks for ever


def by_conditions(item: Item, path: str) -> int | None:
    """The decision rule of a real run: what the file's conditions say."""
    return None


def simulate(
    graph: SagaGraph,
    input: Mapping[str, Any],
    behaviour: Behaviour,
    *,
    key: str | None = None,
    decide: Decide = by_conditions,
    late: Callable[[Request], bool] = lambda request: False,
    halted: str | None = None,
) -> Trace:
    """Plays the saga until it has ended or nothing more is answered.

    ``input`` is plain data (texts, numbers, Decimal, lists, mappings); ``behaviour`` answers each
    request, ``PENDING`` while there is no answer. Branches take a turn each, so the same arguments
    give the same trace. ``late`` requests are answered only when nothing else can be. ``halted``
    (``cancelled``, ``deadline``) is asked for during the last item, and the end judges it.
    """
    trace = Trace()
    player = Player(graph, decide)
    root = Context({"input": input, "saga": {"key": key, "version": graph.saga.version}}, Scope())

    def main() -> Course[None]:
        output = yield from player.saga(root)
        if halted is not None:
            failure = Failure("end", halted)
            yield from root.scope.undo(failure)
            raise Failed(failure)
        trace.output = output

    task = Task(main())
    for _ in range(MAX_TURNS):
        requests = [r for each in (task, *player.background) for r in each.waiting if each.running]
        if not requests or not _turn(task, player, behaviour, trace, late):
            break
    trace.marks, trace.lost = player.marks, player.lost
    _conclude(trace, task, player)
    return trace


def _turn(
    task: Task,
    player: Player,
    behaviour: Behaviour,
    trace: Trace,
    late: Callable[[Request], bool],
) -> bool:
    """One turn of all that runs; whether anything was answered."""
    running = [each for each in (task, *player.background) if each.running]
    held = {id(request) for each in running for request in each.waiting if late(request)}
    others = sum(len(each.waiting) for each in running) > len(held)
    answered = False
    for each in running:
        outcomes = [
            PENDING if others and id(request) in held else behaviour(request)
            for request in each.waiting
        ]
        for request, outcome in zip(each.waiting, outcomes, strict=True):
            if outcome is not PENDING:
                answered = True
                _record(trace, request, outcome)
        each.answer(outcomes)
    if held and others and not answered:
        return _turn(task, player, behaviour, trace, lambda request: False)
    return answered


def _record(trace: Trace, request: Request, outcome: Outcome) -> None:
    trace.events.append(Event(request, outcome))
    if not isinstance(outcome, Done) or request.phase == "wait":
        return
    path = request.path.removesuffix("~undo").removesuffix("~query")
    if request.phase == "undo":
        trace.effects.append(Effect(path, request.action, "undo"))
    elif getattr(request.item, "effect", False) and request.action:
        action = request.action.removeprefix("query_") if request.phase == "query" else None
        trace.effects.append(Effect(path, action or request.action, "do"))


def _conclude(trace: Trace, task: Task, player: Player) -> None:
    trace.open = tuple(
        r for each in (task, *player.background) if each.running for r in each.waiting
    )
    trace.at = tuple(dict.fromkeys(request.path for request in trace.open))
    if task.failure is not None:
        trace.because = task.failure
    if not trace.open:
        trace.state = "COMPLETED" if task.failure is None else "COMPENSATED"
    elif any(request.phase == "resolve" for request in trace.open):
        trace.state = "STUCK"
    elif any(request.phase == "undo" for request in trace.open):
        trace.state = "COMPENSATING"
    elif all(request.phase == "wait" for request in trace.open):
        trace.state = "WAITING"
