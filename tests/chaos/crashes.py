"""Kills running sagas with SIGKILL at chosen calls and says what went wrong afterwards.

A plan is one saga: which path it takes and where its worker is killed. The sagas of a batch run one
after another over one store: each worker first takes up what the one before it left.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args

from sagac.cli.support import read_spec
from sagac.dsl.compile import compile
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Foreach, Item, Parallel
from sagac.dsl.structure import walk
from sagac.runner.build import simulated
from sagac.runner.place import Place
from sagac.runner.state import SagaState, item_name, saga_state
from sagac.runner.store import open_store
from sagac.runner.supervise import supervise
from sagac.runner.worker import Crash, Job, Moment, Program, Start
from sagac.verify.scenario import Scenario, reaching
from sagac.verify.trace import Trace
from sagac.verify.values import to_json

Fault = tuple[str, str | None] | None
MOMENTS: tuple[Moment, ...] = get_args(Moment)


@dataclass(frozen=True, slots=True)
class Plan:
    """One saga: ``fault`` is the step that fails, as (step, refusal), or None."""

    fault: Fault
    path: str
    moment: Moment

    @property
    def name(self) -> str:
        """How reports name it."""
        fault = "success" if self.fault is None else ":".join(filter(None, self.fault))
        return f"{fault}, killed {self.moment} {self.path}"


class Saga:
    """A spec, compiled and generated once."""

    def __init__(self, path: Path, folder: Path) -> None:
        spec = read_spec(str(path))
        compiled = compile(spec.text, spec.path, spec.load)
        assert compiled.graph is not None, compiled.diagnostics
        self.graph: SagaGraph = compiled.graph
        self.name = compiled.graph.saga.name.text
        self.place = Place(folder, f"sqlite:///{folder / 'sagas.sqlite'}")
        self.place.prepare()
        self.program: Program = simulated(spec, compiled, self.place)

    def faults(self) -> Iterator[Fault]:
        """Success, then every refusal of every step that an input leads to."""
        yield None
        for name, facts in self.graph.facts.items():
            for refusal in facts.refusals:
                fault = (name, refusal.name.text)
                if refusal.name.text != "locked" and self.path(fault) is not None:
                    yield fault

    @cache  # noqa: B019 - as many as the saga has refusals, and it lives as long as the run
    def path(self, fault: Fault) -> tuple[dict[str, Any], Trace] | None:
        """The input that leads to this fault, and what must happen."""
        return reaching(self.graph, *(fault or (None, None)))

    def trace(self, fault: Fault) -> Trace:
        """What must happen on that path."""
        path = self.path(fault)
        assert path is not None, fault
        return path[1]

    def plans(self) -> Iterator[Plan]:
        """Every path, killed at every moment of every call that it makes."""
        for fault in self.faults():
            for event in self.trace(fault).events:
                for moment in MOMENTS:
                    if moment == "recorded" or event.request.phase in ("do", "undo"):
                        yield Plan(fault, event.request.path, moment)

    @property
    def side_by_side(self) -> bool:
        """Whether calls may come in more than one order."""
        return any(
            isinstance(item, Parallel) or (isinstance(item, Foreach) and item.mode == "parallel")
            for item in self.all_items()
        )

    def all_items(self) -> Iterator[Item]:
        """The items of the saga and of those inside it."""
        yield from walk(self.graph.saga.items)
        for child in self.graph.children.values():
            yield from walk(child.saga.items)

    def run(self, plan: Plan, number: int) -> list[str]:
        """Runs one plan; returns what must not be, nothing if all is well."""
        key = f"k{number}"
        fault = () if plan.fault is None else (":".join(filter(None, plan.fault)),)
        scenario = Scenario(self.graph, *(plan.fault or (None, None)))
        start = Start(
            saga=self.name,
            version=self.graph.saga.version,
            input=self.input(plan),
            key=key,
            faults=fault,
            signals=tuple(scenario.events()),
        )
        crash = Crash(f"{self.name}/{key}", plan.path, plan.moment)
        kills: list[int] = []
        participants = str(self.place.folder / "participants.sqlite")
        job = Job(self.place.store, participants, self.program, (start,), crash=crash)
        supervise(job, killed=lambda: kills.append(1))
        missed = not kills and not self._passed_by(plan, key)
        problems = [f"{plan.path} was never reached"] if missed else []
        return [*problems, *self.judge(plan, key)]

    def _passed_by(self, plan: Plan, key: str) -> bool:
        """Whether a branch had not begun yet when the one beside it failed: then all is well."""
        fails = self.trace(plan.fault).state != "COMPLETED"
        return self.side_by_side and fails and plan.path not in self.calls(key)

    def input(self, plan: Plan) -> Any:
        """JSON data that lead to the plan's path; the key stands in the saga's id only."""
        path = self.path(plan.fault)
        assert path is not None
        return to_json(path[0])

    def judge(self, plan: Plan, key: str) -> Iterator[str]:
        """Compares what happened with what must happen."""
        wanted = self.trace(plan.fault)
        state = self.state(key)
        if state.state != wanted.state:
            yield f"ended {state.state}, not {wanted.state} ({state.because})"
        seen = self.effects(key)
        must = [(each.step, each.kind) for each in wanted.effects]
        doubles = sorted({each for each in seen if seen.count(each) > 1})
        if doubles:
            yield f"done twice: {doubles}"
        if not self.side_by_side and seen != must:
            yield f"effects {seen}, not {must}"
        if self.side_by_side and wanted.state == "COMPLETED" and set(seen) != set(must):
            yield f"effects {sorted(seen)}, not {sorted(must)}"
        yield from self._left_in_force(state, seen)
        yield from self._out_of_order(seen)

    def _left_in_force(self, state: SagaState, seen: Sequence[tuple[str, str]]) -> Iterator[str]:
        if state.state != "COMPENSATED":
            return
        for path, kind in seen:
            if kind == "do" and (path, "undo") not in seen and not self._covered(path, seen):
                yield f"{path} is left in force"

    def _covered(self, path: str, seen: Sequence[tuple[str, str]]) -> bool:
        """Undone by the compensation of a group around it."""
        facts = self.graph.facts.get(item_name(path))
        parents = facts.parents if facts else ()
        undone = {item_name(each) for each, kind in seen if kind == "undo"}
        return any(parent in undone for parent in parents)

    def _out_of_order(self, seen: Sequence[tuple[str, str]]) -> Iterator[str]:
        """Compensations come in the reverse order of what they undo."""
        if self.side_by_side:
            return
        done = [path for path, kind in seen if kind == "do"]
        undone = [path for path, kind in seen if kind == "undo" and path in done]
        if undone != [path for path in reversed(done) if path in undone]:
            yield f"undone in the order {undone} after {done}"

    def state(self, key: str) -> SagaState:
        """The state that the status command would tell."""
        with open_store(self.place.store) as store:
            row = store.saga(f"{self.name}/{key}")
            assert row is not None
            return saga_state(store, row, self.graph)

    def effects(self, key: str) -> list[tuple[str, str]]:
        """What took effect at the participants."""
        found: list[tuple[str, str]] = []
        for path in self.calls(key):
            undo = path.endswith("~undo")
            if undo or self._has_effect(path):
                found.append((path.removesuffix("~undo"), "undo" if undo else "do"))
        return found

    def calls(self, key: str) -> list[str]:
        """The calls that came to their end at the participants, from their own database."""
        with sqlite3.connect(self.place.folder / "participants.sqlite") as database:
            rows = database.execute(
                "select saga, step from effects where saga = ? or saga like ? order by rowid",
                (f"{self.name}/{key}", f"{self.name}/{key}/%"),
            ).fetchall()
        inner = (saga.removeprefix(f"{self.name}/{key}").removeprefix("/") for saga, _ in rows)
        return [f"{at}/{step}" if at else step for at, (_, step) in zip(inner, rows, strict=True)]

    def _has_effect(self, path: str) -> bool:
        item = next(each for each in self.all_items() if each.name.text == item_name(path))
        return bool(getattr(item, "effect", False))
