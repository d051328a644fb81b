"""``undo_order: sequence``: parts are undone one after another, the last to end first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from sagac.dsl.facts import Role
from sagac.generators.choreography.parts import Node
from sagac.templates.choreography.runtime.tokens import Iteration

from .played import World

Place = tuple[str, Iteration]

TRIP = """\
saga: trip
version: 1
key: ${input.id}
start: { service: agency }
services: { agency: , hotel: , flight: , garage: , bank: }
input: { id: string }
defaults: { retry: { attempts: 2, backoff: constant, initial: 10ms }, timeout: 5s }
steps:
  - step: open_file
    service: agency
    input: [id]
    compensate: close_file
  - parallel: book
    undo_order: sequence
    branches:
      bed:
        - step: book_hotel
          service: hotel
          input: [id]
          compensate: cancel_hotel
        - step: book_parking
          service: garage
          input: [id]
          fails: [full]
          compensate: { action: cancel_parking, service: hotel, input: [id] }
      seat:
        - wait: later
          for: 1s
        - step: book_flight
          service: flight
          input: [id]
          compensate: cancel_flight
        - step: book_seat
          service: agency
          input: [id]
          fails: [none_left]
          compensate: cancel_seat
  - step: pay
    service: bank
    input: [id]
    fails: [declined]
    compensate: give_back
"""


def check_turns(world: World) -> None:
    """Whether all that was undone in such parts was undone in their order."""
    places = dict(_places(world))
    undone = [
        (n, places[path])
        for n, (path, kind) in enumerate(world.effects)
        if kind == "undo" and path in places
    ]
    parts = [(n, part) for n, place in undone for part in _parts(world, place)]
    for join, came in _joins(world):
        order = [part for part in reversed(came) if any(part == each for _, each in parts)]
        mine = [(n, part) for n, part in parts if part in came]
        assert [part for part, _ in groupby(part for _, part in mine)] == order, world.effects
        assert all(n >= world.ordered[join] for n, _ in mine), (join, world.effects)


def _places(world: World) -> Iterator[tuple[str, Place]]:
    for service, rows in world.rows.items():
        for row in rows.rows.values():
            node = world.projection.nodes[row.node]
            if row.unknown and node.facts.role is Role.OPTIONAL:
                continue  # it is undone on the way, before the saga goes on
            if node.kind in ("undo", "step", "undoer") or node.compensates:
                id = (node.partner or node.id) if node.kind == "undoer" else node.id
                yield world.machine(service).path(row), (id, row.iteration)


def _parts(world: World, place: Place) -> Iterator[Place]:
    """The parts, from the innermost on, in which a node is undone when it has its turn."""
    nodes = world.projection.nodes
    for edge in world.projection.after[place[0]]:
        if edge.way == "turn":
            leave = nodes[edge.target]
            part = (leave.id, place[1][: len(leave.loops)])
            yield part
            yield from _parts(world, (_fork(world, leave), part[1]))


def _fork(world: World, leave: Node) -> str:
    fork = world.projection.nodes[leave.order or ""].partner
    assert fork is not None
    return fork


def _joins(world: World) -> Iterator[tuple[Place, list[Place]]]:
    """The joins that have gone back, each with its parts in the order in which they ended."""
    for id, iteration in world.ordered:
        node = world.projection.nodes[id]
        tokens = world.rows[node.owner].get(id, iteration).tokens
        sources = {edge.name: edge.source for edge in world.projection.before[id]}
        came = []
        for slot in tokens:
            name, _, index = slot.partition("@")
            came.append((sources[name], (*iteration, int(index)) if index else iteration))
        yield (id, iteration), came
