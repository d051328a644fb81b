"""Random sagas on an unkind network end as the nested form of the file says."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sagac.dsl.compile import compile
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Step
from sagac.generators.choreography.news import reaches
from sagac.generators.choreography.project import project
from sagac.runner.state import item_name
from sagac.templates.choreography.runtime.tokens import Row
from sagac.verify.scenario import answer
from sagac.verify.values import to_json
from tests.properties.sagas import INPUTS, sagas
from tests.properties.test_random_sagas import Fault, expected, faults, side_by_side

from .played import World

MORE = os.environ.get("SAGAC_EXAMPLES")
EXAMPLES = settings(
    max_examples=int(MORE or 60),
    deadline=None,
    derandomize=MORE is None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
PATIENCE = 20_000


def graph_of(text: str) -> SagaGraph:
    def load(path: str) -> str:
        raise FileNotFoundError(path)

    graph = compile(text, "random.saga.yaml", load).graph
    assert graph is not None
    return graph


def play(graph: SagaGraph, data: Mapping[str, Any], fault: Fault | None, seed: int) -> World:
    """The saga until nothing is under way."""
    world = World(project(graph), random.Random(seed))
    world.start(to_json(data))
    for _ in range(PATIENCE):
        due = world.due()
        if not due and not world.flight:
            break
        if due and (not world.flight or world.rng.random() < 0.5):
            act(world, *world.rng.choice(due), fault)
        else:
            world.deliver()
    else:
        raise AssertionError("it does not come to an end")
    return world


def act(world: World, service: str, row: Row, fault: Fault | None) -> None:
    """Answers what a row asks for, as the reference is answered."""
    machine = world.machine(service)
    plan = world.projection.nodes[row.node]
    assert plan.item is not None
    path = machine.path(row)
    name = plan.item.name.text
    if row.state in ("open", "pausing"):
        machine.rang(row)
    elif row.state == "undoing":
        world.effects.append((path, "undo"))
        machine.answered(row)
    elif fault is not None and name == fault[0]:
        if (fault[1] is None and plan.facts.on_unknown.value == "compensate") or (
            fault[1] is None and plan.facts.on_unknown.value == "fail"
        ):
            machine.unknown(row, "unknown")
        else:
            machine.refused(row, fault[1] or "unknown")
    else:
        if plan.facts.effect:
            world.effects.append((path, "do"))
        assert isinstance(plan.item, Step)
        machine.answered(row, to_json(answer(plan.graph, plan.item)))
    world.send(service, machine)


def check(
    graph: SagaGraph, data: Mapping[str, Any], fault: Fault | None, seed: int, text: str
) -> None:
    wanted = expected(graph, data, fault)
    if wanted.state not in ("COMPLETED", "COMPENSATED"):
        return
    world = play(graph, data, fault, seed)
    told = [(e.node, e.iteration, e.outcome, e.failure and e.failure.reason) for e in world.told]
    assert world.state == wanted.state, (text, data, fault, seed, told)
    assert len(set(world.effects)) == len(world.effects), (text, fault, "twice")
    if not side_by_side(graph):
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
