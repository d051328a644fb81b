"""Courses side by side: ``parallel`` and ``foreach`` with their joins and their way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sagac.dsl.model import Foreach, Item, Join, Parallel

from .scope import Context, Scope
from .tasks import Course, Failed, Task, together
from .trace import Failure

if TYPE_CHECKING:
    from .player import Player


@dataclass(slots=True)
class Lane:
    """One branch or element: its course, what it has to undo, how it ended."""

    scope: Scope
    task: Task
    outcome: str = ""


def play_parallel(player: Player, item: Parallel, at: Context) -> Course[None]:
    """All branches at once, then the join."""

    def lane(items: Sequence[Item]) -> Callable[[], Lane]:
        def start() -> Lane:
            scope = Scope()
            return Lane(scope, Task(player.items(items, at.inside(scope=scope))))

        return start

    starts = [lane(branch.items) for branch in item.branches]
    sequence = item.undo_order == "sequence"
    fork = Fork(player, item, starts, _join(player, item.join, at), None, sequence)
    yield from fork.play(at)
    at.values[item.name.text] = {
        branch.name.text: {"outcome": each.outcome}
        for branch, each in zip(item.branches, fork.lanes, strict=True)
    }


def play_foreach(player: Player, item: Foreach, at: Context) -> Course[None]:
    """The body once per element; in sequence an element starts when the one before it has ended."""
    name, variable = item.name.text, item.variable.text if item.variable else ""
    source = player.value(item.source, at) if item.source is not None else []
    elements = list(source or [])
    contexts: list[Context] = []

    def lane(index: int, element: Any) -> Callable[[], Lane]:
        def start() -> Lane:
            scope = Scope()
            prefix = f"{at.prefix}{name}[{index}]."
            inside = at.inside(scope=scope, values={variable: element}, prefix=prefix)
            contexts.append(inside)
            return Lane(scope, Task(player.items(item.items, inside)))

        return start

    starts = [lane(index, element) for index, element in enumerate(elements)]
    limit = player.value(item.limit, at) if not isinstance(item.limit, int | None) else item.limit
    sequence = item.undo_order == "sequence" or item.mode == "sequence"
    limit = 1 if item.mode == "sequence" else limit
    fork = Fork(player, item, starts, _join(player, item.join, at), limit, sequence)
    yield from fork.play(at)
    at.values[name] = _columns(item, contexts) | {"outcomes": [e.outcome for e in fork.lanes]}


def _columns(item: Foreach, contexts: Sequence[Context]) -> dict[str, Any]:
    """``LOOP.STEP.FIELD`` is a list in the order of the elements."""
    columns: dict[str, Any] = {}
    for context in contexts:
        for name, output in context.values.items():
            if isinstance(output, dict) and name not in (
                "input",
                "saga",
                item.name.text,
            ):
                column = columns.setdefault(name, {})
                for field, value in output.items():
                    column.setdefault(field, []).append(value)
    return columns


def _join(player: Player, join: Join, at: Context) -> str | int:
    if isinstance(join, str | int):
        return join
    return int(player.value(join, at) or 1)


class Fork:
    """Lanes that start within a limit, a join that knows when it is enough, the undo of both."""

    def __init__(
        self,
        player: Player,
        item: Item,
        starts: Sequence[Callable[[], Lane]],
        join: str | int,
        limit: int | None,
        sequence: bool,
    ) -> None:
        self.player = player
        self.item = item
        self.starts = list(starts)
        self.needed = {"all": len(starts), "settled": len(starts), "any": 1}.get(
            str(join), join if isinstance(join, int) else len(starts)
        )
        self.join = join
        self.limit = limit if limit and limit > 0 else len(self.starts)
        self.sequence = sequence
        self.lanes: list[Lane] = []
        self.finished: list[Lane] = []  # done, in the order of finishing
        self.failure: Failure | None = None

    def play(self, at: Context) -> Course[None]:
        """Runs the lanes; raises Failed when the join can no longer be reached."""
        at.scope.add(self._undo)
        while True:
            self._start_more()
            if self._decided():
                break
            running = [lane for lane in self.lanes if lane.task.running]
            yield from self._turn(running)
            yield from self._note(running)
        yield from self._leave(at)

    def _turn(self, running: Sequence[Lane]) -> Course[None]:
        turns = iter((True, False))
        yield from together([lane.task for lane in running], lambda: next(turns))

    def _start_more(self) -> None:
        while len(self.lanes) < len(self.starts) and not self._lost():
            if sum(lane.task.running for lane in self.lanes) >= self.limit:
                return
            lane = self.starts[len(self.lanes)]()
            self.lanes.append(lane)
            if not lane.task.running:
                self._ended(lane)

    def _note(self, lanes: Sequence[Lane]) -> Course[None]:
        for lane in lanes:
            if not lane.task.running and not lane.outcome:
                self._ended(lane)
                if lane.task.failure is not None and self.join == "settled":
                    yield from lane.scope.undo(lane.task.failure)

    def _ended(self, lane: Lane) -> None:
        failure = lane.task.failure
        lane.outcome = "done" if failure is None else failure.reason
        if failure is None:
            self.finished.append(lane)
        elif self.failure is None:
            self.failure = failure

    def _lost(self) -> bool:
        """The join cannot be reached any more."""
        failed = sum(lane.outcome not in ("", "done") for lane in self.lanes)
        return self.join != "settled" and len(self.starts) - failed < self.needed

    def _decided(self) -> bool:
        ended = sum(lane.outcome != "" for lane in self.lanes)
        if self.join == "settled":
            return ended == len(self.starts)
        return self._lost() or len(self.finished) >= self.needed

    def _leave(self, at: Context) -> Course[None]:
        running = [lane for lane in self.lanes if lane.task.running]
        if self._lost():
            self.player.lost.append(self.player.path(self.item, at))
            for lane in running:
                if not lane.task.asked:
                    lane.task.stop()
            while any(lane.task.running for lane in running):
                yield from self._turn([lane for lane in running if lane.task.running])
            too_few = Failure(self.player.path(self.item, at), "exhausted")  # fewer than it needs
            raise Failed(self.failure or too_few)
        if self.join != "settled":
            losers = [lane for lane in self.lanes if lane not in self.finished[: self.needed]]
            del self.finished[self.needed :]
            for lane in losers:
                self.player.background.append(Task(self._lose(lane)))

    def _lose(self, lane: Lane) -> Course[None]:
        yield from together([lane.task])
        yield from lane.scope.undo(Failure(None, "not_needed"))

    def _undo(self, failure: Failure) -> Course[None]:
        if not self.sequence:
            yield from together([Task(lane.scope.undo(failure)) for lane in self.lanes])
            return
        others = [lane for lane in self.lanes if lane not in self.finished]
        for lane in [*others, *reversed(self.finished)]:
            yield from lane.scope.undo(failure)
