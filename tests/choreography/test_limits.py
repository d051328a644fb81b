"""A saga that is used has a deadline and a cancel of its own: its judge calls the whole off."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagac.dsl.graph import SagaGraph
from sagac.generators.choreography.checks import check as problems
from sagac.generators.choreography.events import Events
from sagac.generators.choreography.observed import picture
from sagac.generators.choreography.project import project
from sagac.templates.choreography.runtime.picture import Picture
from sagac.templates.choreography.runtime.tokens import Event, Row
from tests.properties.sagas import sagas

from .answers import Answers, failures
from .ordered import check_turns
from .played import World
from .test_machine import EXAMPLES, PATIENCE, act, check_order, net
from .test_whereabouts import check_end, seen, truth
from .used import AS_PIVOT, CANCELLABLE, OUTERS, PLAIN, graph_with, used_by_another


def judges(world: World) -> Iterator[tuple[str, Row]]:
    """The judges of sagas that are used and have begun, whether or not they may still judge."""
    for service, rows in world.rows.items():
        for row in rows.rows.values():
            plan = world.projection.nodes[row.node]
            watch = [e for e in world.projection.before[row.node] if e.way == "watch"]
            if plan.watches is not None and any(e.name in row.tokens for e in watch):
                yield service, row


def call_off(world: World, how: str) -> bool:
    """Something calls for it at this moment; whether it counts."""
    before = len(world.told)
    if how == "outer":
        judge = next(n for n in world.projection.nodes.values() if n.judge)
        machine = world.machine(judge.owner)
        machine.accept("cancelled", "cancelled")
        world.send(judge.owner, machine)
        return len(world.told) > before
    found = list(judges(world))
    if not found:
        return False
    service, row = world.rng.choice(found)
    machine, waits = world.machine(service), row.state == "waiting"
    if how == "cancel":
        machine.call_off(row, "mail")
    elif row.due is not None and waits:
        machine.rang(row)
    world.send(service, machine)
    asked = any(each.outcome == "called_off" for each in world.told[before:])
    assert waits or not asked, "what has begun decides"
    return asked


def play(
    text: str | SagaGraph,
    how: str,
    seed: int,
    fault: tuple[str, str | None] | None = None,
    look: Callable[[World], None] = lambda world: None,
) -> World:
    """A saga that is called off at some moment, until nothing is under way."""
    graph = graph_with(text) if isinstance(text, str) else text
    world = World(project(graph), random.Random(seed))
    world.start({"id": "7", "flag": True, "amount": 60, "lines": ["a", "b"]})
    answers = Answers(graph, fault)
    moment = world.rng.randrange(150)
    for number in range(PATIENCE):
        if number >= moment and call_off(world, how):
            moment = PATIENCE
        due = world.due()
        if not world.flight:
            look(world)
        if not due and not world.flight:
            return world
        if due and (not world.flight or world.rng.random() < 0.5):
            act(world, *world.rng.choice(due), answers)
        else:
            world.deliver()
    raise AssertionError("it does not come to an end")


def fenced(world: World) -> set[str]:
    """What is undone as part of its group."""
    return {
        machine.path(row)
        for service, rows in world.rows.items()
        for machine in [world.machine(service)]
        for row in rows.rows.values()
        if machine.table.nodes[row.node].fenced
    }


def check(world: World, *, loses: bool) -> None:
    """It has ended as it must; ``loses``: a part of it need not be done."""
    told = {each.outcome for each in world.told}
    assert world.state in ("COMPLETED", "COMPENSATED"), world.told
    assert len(set(world.effects)) == len(world.effects)
    if world.state == "COMPENSATED":
        assert net(world.effects) <= fenced(world), world.effects
    if "accepted" in told or ("called_off" in told and not loses):
        assert world.state == "COMPENSATED"
    if not loses:
        check_order(world)
    check_turns(world)
    assert all(row.due is None for rows in world.rows.values() for row in rows.rows.values())


@pytest.mark.parametrize("how", ["deadline", "cancel", "outer"])
@pytest.mark.parametrize("name", OUTERS)
def test_at_any_moment(name: str, how: str) -> None:
    loses = name == "the first of two"
    states = set()
    for seed in range(60):
        world = play(OUTERS[name], how, seed)
        check(world, loses=loses)
        states.add(world.state)
    assert states == {"COMPLETED", "COMPENSATED"}  # neither always in time nor always too late


@pytest.mark.parametrize("name", OUTERS)
def test_while_something_fails(name: str) -> None:
    for number, fault in enumerate(failures(graph_with(OUTERS[name]))):
        for seed in range(8):
            how = ("deadline", "cancel", "outer")[(seed + number) % 3]
            check(play(OUTERS[name], how, seed, fault), loses=name == "the first of two")


@pytest.mark.parametrize("name", OUTERS)
def test_an_observer_sees_it(name: str) -> None:
    projection = project(graph_with(OUTERS[name]))
    view = Picture.of(picture(projection, Events(projection)).to_json())
    for seed in range(12):
        rng = random.Random(seed)

        def look(world: World, rng: random.Random = rng) -> None:
            assert seen(view, world, rng) == truth(world)

        world = play(OUTERS[name], ("deadline", "cancel", "outer")[seed % 3], seed, look=look)
        check_end(view, world)


def test_what_came_before_is_undone_after_it() -> None:
    for seed in range(60):
        world = play(CANCELLABLE, "outer", seed)
        undone = [path for path, kind in world.effects if kind == "undo"]
        order = ["ship", "pack/bill", "pack/take", "open"]
        assert undone == [each for each in order if each in undone]


def test_why_it_was_called_off() -> None:
    for how, kind in (("deadline", "timed_out"), ("cancel", "cancelled")):
        world = next(w for n in range(60) if (w := play(PLAIN, how, n)).state == "COMPENSATED")
        ended = next(each for each in world.told if each.outcome == "ended")
        assert ended.failure is not None
        assert ended.failure.kind == kind
        assert ended.failure.step in ("pack", "ship", "end")


def test_the_time_runs_from_its_beginning() -> None:
    projection = project(graph_with(PLAIN))
    world = World(projection, random.Random(1), duplicates=0.0)
    judge = next(n for n in projection.nodes.values() if n.watches is not None)
    world.courses[judge.owner].started = 100.0
    begun = next(e for e in projection.edges if e.way == "watch")
    machine = world.machine(judge.owner)
    machine.receive(Event("k", begun.source, (), "done", {"pack/~after": 30.0}))
    row = world.rows[judge.owner].get(judge.id, ())
    assert row.due == 131.0
    machine.receive(Event("k", begun.source, (), "done", {"pack/~after": 60.0}))
    assert row.due == 131.0


@given(text=sagas(), seed=st.integers(0, 2**16))
@EXAMPLES
def test_random_sagas_that_are_used(text: str, seed: int) -> None:
    graph = used_by_another(text)
    if graph is None:
        return  # it has a point of no return
    for number, how in enumerate(("deadline", "cancel", "outer", "deadline")):
        found = failures(graph)
        fault = found[(seed + number) % len(found)] if number % 2 else None
        check(play(graph, how, seed + number, fault), loses="join: any" in text)


def test_as_the_point_of_no_return_nothing_calls_it_off() -> None:
    projection = project(graph_with(AS_PIVOT))
    assert not any(each.way == "watch" for each in projection.edges)
    for seed in range(20):
        assert play(AS_PIVOT, "deadline", seed).state == "COMPLETED"


@pytest.mark.parametrize("name", OUTERS)
def test_nothing_stands_in_the_way(name: str) -> None:
    assert problems(graph_with(OUTERS[name])) == ()
