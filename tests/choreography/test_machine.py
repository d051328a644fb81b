"""Random sagas on an unkind network end as the nested form of the file says."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sagac.dsl.compile import compile
from sagac.dsl.facts import OnUnknown
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Wait
from sagac.generators.choreography.interpreted import Computed
from sagac.generators.choreography.news import reaches
from sagac.generators.choreography.project import project
from sagac.runner.state import item_name
from sagac.templates.choreography.runtime.machine import Machine
from sagac.templates.choreography.runtime.nodes import Table
from sagac.templates.choreography.runtime.rules import about
from sagac.templates.choreography.runtime.tokens import Row
from sagac.verify.simulate import simulate
from sagac.verify.trace import Done, Outcome, Phase, Refused, Request, Unknown
from sagac.verify.values import to_json
from tests.properties.sagas import INPUTS, sagas
from tests.properties.test_random_sagas import Fault, faults, side_by_side

from .answers import Answers
from .ordered import check_turns
from .played import World

MORE = os.environ.get("SAGAC_EXAMPLES")
EXAMPLES = settings(
    max_examples=int(MORE or 60),
    deadline=None,
    derandomize=MORE is None,
    database=None,
    phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
    suppress_health_check=list(HealthCheck),
)
PATIENCE = 20_000


def graph_of(text: str) -> SagaGraph:
    def load(path: str) -> str:
        raise FileNotFoundError(path)

    graph = compile(text, "random.saga.yaml", load).graph
    assert graph is not None
    return graph


def play(
    graph: SagaGraph,
    data: Mapping[str, Any],
    fault: Fault | None,
    seed: int,
    made: Mapping[str, Table] | None = None,
) -> World:
    """The saga until nothing is under way; ``made`` are generated tables."""
    world = World(project(graph), random.Random(seed), made=made)
    world.start(to_json(data))
    answers = Answers(graph, fault)
    for _ in range(PATIENCE):
        due = world.due()
        if not due and not world.flight:
            break
        if due and (not world.flight or world.rng.random() < 0.5):
            act(world, *world.rng.choice(due), answers)
        else:
            world.deliver()
    else:
        raise AssertionError("it does not come to an end")
    return world


def act(world: World, service: str, row: Row, answers: Answers) -> None:
    """Answers what a row asks for, as the reference is answered."""
    plan = world.projection.nodes[row.node]
    assert plan.item is not None
    if row.state in ("ready", "undoing"):
        check_request(world, service, row)
    machine = world.machine(service)
    path = machine.path(row)
    if row.state == "undoing":
        world.effects.append((path, "undo"))
        machine.answered(row)
    elif row.state == "pausing":
        machine.rang(row)
    else:
        phase: Phase = "wait" if row.state == "open" else "do"
        request = Request(path, plan.item, phase, service, plan.facts.action)
        settle(world, machine, row, answers(request))
    world.send(service, machine)


def settle(world: World, machine: Machine, row: Row, outcome: Outcome) -> None:
    """Tells the machine what came of a call or a wait."""
    plan = world.projection.nodes[row.node]
    match outcome:
        case Unknown() if plan.facts.on_unknown in (OnUnknown.COMPENSATE, OnUnknown.FAIL):
            machine.unknown(row, "unknown")
        case Unknown():
            machine.refused(row, "unknown")
        case Refused() if row.state == "open":
            machine.rang(row)
        case Refused():
            machine.refused(row, outcome.reason)
        case Done() if isinstance(plan.item, Wait):
            if outcome.won == "after" or not machine.table.nodes[row.node].events:
                machine.rang(row)
            else:
                machine.happened(row, outcome.won, to_json(outcome.output or {}))
        case Done():
            if plan.facts.effect:
                world.effects.append((machine.path(row), "do"))
            machine.answered(row, to_json(outcome.output or {}))


def check_request(world: World, service: str, row: Row) -> None:
    """A typed request says what the expressions of the file say."""
    request = world.request(service, row)
    if request is None:
        return
    plan = world.projection.nodes[row.node]
    back = plan.facts.compensation if row.state == "undoing" else None
    written = plan.facts.input if back is None else back.input
    values = {**row.values}
    if row.own and plan.kind == "step":
        values |= {f"{plan.makes}.{name}": each for name, each in row.own.items()}
    failure = about(row.failure) if back is not None else None
    computed = Computed(plan, world.projection)
    wanted = {n: to_json(computed.value(each, values, failure)) for n, each in written.items()}
    encoded = as_json(request)
    assert encoded == {n: each for n, each in wanted.items() if each is not None}, row


def as_json(request: Any) -> Any:
    """JSON data of a dataclass of generated code."""
    package = type(request).__module__.partition(".generated.")[0]
    return sys.modules[f"{package}.generated.contract.codec"].encode(request)


def check(
    graph: SagaGraph,
    data: Mapping[str, Any],
    fault: Fault | None,
    seed: int,
    text: str,
    made: Mapping[str, Table] | None = None,
) -> None:
    wanted = simulate(graph, data, Answers(graph, fault), key="k")
    if wanted.state not in ("COMPLETED", "COMPENSATED"):
        return
    world = play(graph, data, fault, seed, made)
    told = [(e.node, e.iteration, e.outcome, e.failure and e.failure.reason) for e in world.told]
    assert world.state == wanted.state, (text, data, fault, seed, told)
    assert len(set(world.effects)) == len(world.effects), (text, fault, "twice")
    if not side_by_side(graph) and not any(f.item.needs for f in graph.facts.values()):
        assert world.effects == [(each.step, each.kind) for each in wanted.effects], (text, fault)
    left = net(world.effects)
    if wanted.state == "COMPLETED" and "join: any" not in text:
        must = net([(each.step, each.kind) for each in wanted.effects])
        assert left == must, (text, data, fault, seed)
    if wanted.state == "COMPENSATED":
        grouped = {path for path in left if in_undone_group(graph, path, world.effects)}
        assert left == grouped, (text, data, fault, seed, told)
    if "join: any" not in text:  # what a loser gave was not taken
        check_order(world)
        check_turns(world)
    assert all(row.due is None for rows in world.rows.values() for row in rows.rows.values())


def in_undone_group(graph: SagaGraph, path: str, effects: list[tuple[str, str]]) -> bool:
    undone = {item_name(each) for each, kind in effects if kind == "undo"}
    return any(parent in undone for parent in graph.facts[item_name(path)].parents)


def check_order(world: World) -> None:
    """P3: what an undo finds after it is undone already."""
    projection = world.projection
    ids = {node.path: node.id for node in projection.nodes.values() if node.kind == "step"}
    in_force: list[str] = []
    for path, kind in world.effects:
        if kind == "do":
            in_force.append(path)
            continue
        if path in in_force:
            in_force.remove(path)
        if "[" in path or path not in ids:
            continue
        for other in in_force:
            if "[" in other or ids[other] == ids[path]:
                continue
            if projection.nodes[ids[other]].facts.compensation is None:
                continue
            assert not reaches(projection, ids[path], ids[other]), (path, other, world.effects)


def net(effects: list[tuple[str, str]]) -> set[str]:
    found: set[str] = set()
    for path, kind in effects:
        if kind == "do":
            found.add(path)
        else:
            found.discard(path)
    return found


@given(sagas(), st.integers(0, 2**16))
@EXAMPLES
def test_random_sagas_end_as_the_file_says(text: str, seed: int) -> None:
    graph = graph_of(text)
    for data in INPUTS:
        for fault in faults(graph):
            check(graph, data, fault, seed, text)


LIMITED = """\
saga: limited
version: 1
key: ${input.id}
services: { stock: {} }
input: { id: string, most: integer, lines: [string] }
steps:
  - foreach: packing
    in: input.lines
    as: line
    mode: parallel
    limit: ${input.most}
    join: settled
    steps:
      - step: pack
        service: stock
        input: { line: "${line}" }
        fails: [broken]
        compensate: unpack
"""


@pytest.mark.parametrize("most", [-1, 0, 1, 2])
def test_a_limit_below_one_is_none(most: int) -> None:
    data = {"id": "7", "most": most, "lines": ["a", "b", "c"]}
    graph = graph_of(LIMITED)
    check(graph, data, None, 7, LIMITED)
    effects = play(graph, data, None, 7).effects
    assert sorted(effects) == [(f"packing[{n}].pack", "do") for n in range(3)]


SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.saga.yaml"))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_the_examples_project(path: Path) -> None:
    graph = compile(
        path.read_bytes(), path.name, lambda name: (path.parent / name).read_bytes()
    ).graph
    assert graph is not None
    projection = project(graph)
    for node in projection.nodes.values():
        assert node.owner in projection.graph.saga.services or node.frame
