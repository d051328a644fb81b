"""Where an observer sees a saga is where its services say that they are."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagac.dsl.graph import SagaGraph
from sagac.generators.choreography.events import Events
from sagac.generators.choreography.observed import picture
from sagac.generators.choreography.project import project
from sagac.templates.choreography.runtime.heard import Record
from sagac.templates.choreography.runtime.observed import see
from sagac.templates.choreography.runtime.picture import Picture
from sagac.templates.choreography.runtime.whereabouts import Whereabouts
from sagac.verify.scenario import sample_input
from sagac.verify.values import to_json
from tests.properties.sagas import INPUTS, sagas
from tests.properties.test_random_sagas import Fault, faults

from .answers import Answers, failures
from .played import World
from .test_generated import spec
from .test_machine import EXAMPLES, PATIENCE, SPECS, act, graph_of


def truth(world: World) -> set[str]:
    """What services have to do. An unknown outcome is told only when it has been undone."""
    found = set()
    for service, row in world.due():
        undo = "~undo" if row.state == "undoing" and not row.unknown else ""
        found.add(f"{world.machine(service).path(row)}{undo}")
    for service, rows in world.rows.items():
        for row in rows.rows.values():
            if row.state == "open" and row.due is None:
                found.add(world.machine(service).path(row))
    return found


def seen(view: Picture, world: World, rng: random.Random) -> set[str]:
    """What an observer works out of the events with a name, shuffled, some of them twice."""
    records = [
        Record(event.id, event, float(number))
        for number, event in enumerate(world.told)
        if view.tells(event.node, event.outcome)
    ]
    heard = [*records, *rng.sample(records, len(records) // 3)]
    rng.shuffle(heard)
    unknown = {
        machine.path(row)
        for service, rows in world.rows.items()
        for machine in [world.machine(service)]
        for row in rows.rows.values()
        if row.unknown
    }
    places = {each.path for each in Whereabouts(view, heard).at()}
    return {each.removesuffix("~undo") if each[:-5] in unknown else each for each in places}


def watch(graph: SagaGraph, data: Mapping[str, Any], fault: Fault | None, seed: int) -> int:
    """Plays a saga and compares whenever no message is under way; how often that was."""
    projection = project(graph)
    view = Picture.of(picture(projection, Events(projection)).to_json())
    rng = random.Random(seed)
    world = World(projection, rng)
    world.start(to_json(data))
    answers = Answers(graph, fault)
    quiet = 0
    for _ in range(PATIENCE):
        due = world.due()
        if not world.flight:
            quiet += 1
            told = [(e.node, e.iteration, e.outcome) for e in world.told]
            assert seen(view, world, rng) == truth(world), (told, fault)
        if not due and not world.flight:
            check_end(view, world)
            return quiet
        if world.flight:
            world.deliver()
        else:
            act(world, *rng.choice(due), answers)
    raise AssertionError("it does not come to an end")


def check_end(view: Picture, world: World) -> None:
    """Once nothing is under way, the observer says how it ended and what took effect."""
    records = [
        Record(event.id, event, float(number))
        for number, event in enumerate(world.told)
        if view.tells(event.node, event.outcome)
    ]
    end = see(view, "k", records)
    assert end.state == world.state
    assert sorted((each["step"], each["kind"]) for each in end.effects) == sorted(world.effects)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_each_failure_of_the_examples(path: Path) -> None:
    graph = spec(path)
    for fault in failures(graph):
        assert watch(graph, sample_input(graph), fault, 7) > 1


@given(text=sagas(), seed=st.integers(0, 2**16))
@EXAMPLES
def test_random_sagas(text: str, seed: int) -> None:
    graph = graph_of(text)
    for data in INPUTS:
        for fault in faults(graph):
            watch(graph, data, fault, seed)
