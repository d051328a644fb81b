"""Random valid sagas: they compile, their code type-checks, and every failure ends as it must."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from sagac.cli.support import Spec
from sagac.dsl.compile import Compilation, compile
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Foreach, Parallel, Step, Wait
from sagac.dsl.structure import walk
from sagac.runner.build import simulated
from sagac.runner.place import Place
from sagac.runner.state import item_name
from sagac.runner.store import open_store
from sagac.runner.supervise import supervise
from sagac.runner.worker import Job, Program, Start
from sagac.verify.scenario import answer
from sagac.verify.simulate import simulate
from sagac.verify.trace import Done, Outcome, Refused, Request, Trace, Unknown

from .sagas import INPUTS, sagas

pytest.importorskip("dbos", reason="the generated sagas run on DBOS")

Fault = tuple[str, str | None]
MORE = os.environ.get("SAGAC_EXAMPLES")  # so many, and other ones each time
EXAMPLES = settings(
    max_examples=int(MORE or 12),
    deadline=None,
    derandomize=MORE is None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


def compiled(text: str) -> Compilation:
    """The compilation of a text that needs no other file."""

    def load(path: str) -> str:
        raise FileNotFoundError(path)

    return compile(text, "random.saga.yaml", load)


def generated(text: str, place: Place) -> Program:
    """The code of a text."""
    compilation = compiled(text)

    def load(path: str) -> bytes:
        raise FileNotFoundError(path)

    spec = Spec(text.encode(), "random.saga.yaml", load, Path(), "random.saga.yaml")
    return simulated(spec, compilation, place)


def faults(graph: SagaGraph) -> list[Fault | None]:
    """Nothing, every refusal of every step, and an unknown outcome of each effect."""
    found: list[Fault | None] = [None]
    for name, facts in graph.facts.items():
        found += [(name, refusal.name.text) for refusal in facts.refusals]
        if isinstance(facts.item, Step) and facts.refusals:
            found.append((name, None))
    return found


def expected(graph: SagaGraph, data: Mapping[str, Any], fault: Fault | None) -> Trace:
    """What must happen: the failing step fails each time it is called."""

    def behaviour(request: Request) -> Outcome:
        name = request.item.name.text
        if isinstance(request.item, Wait):
            return Done({}, won="after" if request.item.first else None)
        if fault is not None and name == fault[0] and request.phase in ("do", "query"):
            return Unknown() if fault[1] is None and request.phase == "do" else _refused(fault)
        return Done(answer(graph, request.item) if isinstance(request.item, Step) else {})

    return simulate(graph, data, behaviour)


def _refused(fault: Fault) -> Outcome:
    return Refused(fault[1] or "unknown")


def side_by_side(graph: SagaGraph) -> bool:
    """Whether calls may come in more than one order."""
    return any(
        isinstance(item, Parallel) or (isinstance(item, Foreach) and item.mode == "parallel")
        for item in walk(graph.saga.items)
    )


@given(sagas())
@settings(EXAMPLES, max_examples=150)
def test_they_compile(text: str) -> None:
    compilation = compiled(text)
    assert compilation.graph is not None, (text, compilation.diagnostics)


@given(sagas())
@EXAMPLES
def test_every_failure_ends_as_the_graph_says(tmp_path_factory: Any, text: str) -> None:
    folder = tmp_path_factory.mktemp("random")
    place = Place(folder, f"sqlite:///{folder / 'sagas.sqlite'}")
    place.prepare()
    program = generated(text, place)
    graph = compiled(text).graph
    assert graph is not None
    runs = {
        f"{index}-{number}": (data, fault)
        for index, data in enumerate(INPUTS)
        for number, fault in enumerate(faults(graph))
    }
    starts = tuple(
        Start("random-saga", 1, data, key, () if fault is None else (_text(fault),))
        for key, (data, fault) in runs.items()
    )
    supervise(Job(place.store, str(folder / "participants.sqlite"), program, starts))
    with open_store(place.store) as store:
        for key, (data, fault) in runs.items():
            row = store.saga(f"random-saga/{key}")
            assert row is not None, (text, key)
            wanted = expected(graph, data, fault)
            assert row.state == wanted.state, (text, data, fault, row)
            seen = [
                (call.path.removesuffix("~undo"), "undo" if call.path.endswith("~undo") else "do")
                for call in store.history(row.id)
                if call.outcome == "done" and _counts(graph, call.path)
            ]
            must = [(each.step, each.kind) for each in wanted.effects]
            if side_by_side(graph):
                same = _net(seen) == _net(must) or "join: any" in text  # any branch may win
                assert wanted.state != "COMPLETED" or same, (text, data, fault)
                left = [path for path in _net(seen) if not _in_undone_group(graph, path, seen)]
                assert wanted.state != "COMPENSATED" or not left, (text, data, fault, seen)
            else:
                assert seen == must, (text, data, fault)


def _text(fault: Fault) -> str:
    return ":".join(filter(None, fault))


def _counts(graph: SagaGraph, path: str) -> bool:
    facts = graph.facts[item_name(path)]
    return path.endswith("~undo") or (isinstance(facts.item, Step) and facts.effect)


def _in_undone_group(graph: SagaGraph, path: str, seen: list[tuple[str, str]]) -> bool:
    undone = {item_name(each) for each, kind in seen if kind == "undo"}
    return any(parent in undone for parent in graph.facts[item_name(path)].parents)


def _net(effects: Iterable[tuple[str, str]]) -> set[str]:
    """What was done and not undone by a compensation of its own."""
    net: set[str] = set()
    for path, kind in effects:
        if kind == "do":
            net.add(path)
        else:
            net.discard(path)
    return net


def test_their_code_type_checks(tmp_path: Path) -> None:
    texts: list[str] = []

    @given(sagas())
    @EXAMPLES
    def collect(text: str) -> None:
        texts.append(text)

    collect()
    packages: list[str] = []
    for number, text in enumerate(texts):
        root = Path(generated(text, Place(tmp_path / str(number), "")).root)
        package = (root / "random_saga").rename(root / f"random_{number}")
        packages += [str(package / "generated"), str(package / "__init__.py")]
    for tool in (["mypy", "--strict"], ["ruff", "check", "--isolated", "--line-length", "100"]):
        done = subprocess.run(
            [sys.executable, "-m", *tool, *packages], capture_output=True, text=True, cwd=tmp_path
        )
        assert done.returncode == 0, done.stdout + done.stderr
