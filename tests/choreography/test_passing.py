"""Undo items are passed by on the way there, and told what they read on the way back."""

from __future__ import annotations

import pytest

from sagac.generators.choreography.events import Events, Told
from sagac.generators.choreography.project import project

from .test_machine import graph_of, play

SAGA = """\
saga: walk
version: 1
start: {service: a}
services: {a: {}, b: {}, c: {}}
input: {id: string, note: string}
key: ${input.id}
defaults: {timeout: 1s, retry: {attempts: 2, backoff: constant, initial: 1s}}
steps:
  - {step: one, service: a, input: [id], compensate: {action: take_back, timeout: 1s}}
  - {undo: tell, service: b, input: [note, saga.failure.reason]}
  - {step: two, service: c, input: [id], fails: [no], compensate: {action: drop, timeout: 1s}}
  - {step: three, service: a, effect: none, input: [id], fails: [late]}
"""
INPUT = {"id": "1", "note": "n"}


def test_as_long_as_all_goes_well_nobody_tells_it_anything() -> None:
    world = play(graph_of(SAGA), INPUT, None, 0)
    assert world.state == "COMPLETED"
    assert not [each for each in world.told if each.node == "tell"]
    events = Events(project(graph_of(SAGA)))
    hears = {each.told for each in events.reactions if each.service == "b"}
    assert hears == {Told("two", "failed"), Told("two", "undone")}


@pytest.mark.parametrize(
    ("step", "reason", "undone"),
    [("two", "no", ["tell", "one"]), ("three", "late", ["two", "tell", "one"])],
)
def test_it_has_its_turn_between_what_is_after_and_before_it(
    step: str, reason: str, undone: list[str]
) -> None:
    world = play(graph_of(SAGA), INPUT, (step, reason), 0)
    assert [path for path, kind in world.effects if kind == "undo"] == undone


def test_a_step_between_two_of_them_tells_as_ever() -> None:
    another = "  - {undo: again, service: b, input: [note]}\n  - {step: three,"
    graph = graph_of(SAGA.replace("  - {step: three,", another))
    told = {each.outcome for each in Events(project(graph)).names if each.node == "two"}
    assert {"done", "failed", "undone"} <= told


def test_what_fails_says_what_it_reads() -> None:
    projection = project(graph_of(SAGA))
    ((edge,),) = projection.ways("two", "failed")
    assert (edge.source, list(edge.live)) == ("tell", ["input.note"])


def test_behind_a_join_it_hears_as_others_do() -> None:
    forked = SAGA.replace(
        "  - {step: one,", "  - {parallel: both, branches: {x: [], y: []}}\n  - {step: one,"
    ).replace("x: []", "x: [{step: p, service: b, effect: none}]")
    forked = forked.replace(
        "y: []", "y: [{undo: q, service: c}, {step: r, service: a, effect: none}]"
    )
    projection = project(graph_of(forked))
    ways = {(each.source, each.target): each.way for each in projection.edges}
    assert ways["both:fork", "q"] == ways["q", "r"] == "plain"
    assert ways["one", "two"] == "past"
