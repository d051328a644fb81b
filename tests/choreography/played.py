"""Plays a choreographed saga in memory: services with rows, and a network that is unkind."""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping
from typing import Any

from sagac.generators.choreography.interpreted import MemoryRows, tables
from sagac.generators.choreography.parts import Projection
from sagac.templates.choreography.runtime.machine import Machine
from sagac.templates.choreography.runtime.nodes import Table
from sagac.templates.choreography.runtime.rules import about
from sagac.templates.choreography.runtime.tokens import Course, Event, Iteration, Row


class World:
    """All services of one saga and what is under way between them.

    ``rng`` chooses what happens next; some messages come twice, and none in an order.
    """

    def __init__(
        self,
        projection: Projection,
        rng: random.Random,
        duplicates: float = 0.2,
        made: Mapping[str, Table] | None = None,
    ) -> None:
        self.projection = projection
        self.rng = rng
        self.duplicates = duplicates
        self.tables = made or tables(projection)
        self.rows = {service: MemoryRows() for service in self.tables}
        self.courses = {service: Course("k") for service in self.tables}
        self.flight: list[tuple[str, Event]] = []
        self.told: list[Event] = []
        self.effects: list[tuple[str, str]] = []
        self.ordered: dict[tuple[str, Iteration], int] = {}  # join that goes back -> effects so far

    def machine(self, service: str) -> Machine:
        return Machine(self.tables[service], self.rows[service], self.courses[service], 0.0)

    def start(self, values: Mapping[str, Any]) -> None:
        service = self.projection.nodes["start"].owner
        machine = self.machine(service)
        machine.start({f"input.{name}": each for name, each in values.items()})
        self.send(service, machine)

    def send(self, service: str, machine: Machine) -> None:
        for event in machine.out:
            self.told.append(event)
            node = self.projection.nodes[event.node]
            if node.order == node.id and event.outcome in ("aborted", "undone"):
                self.ordered[event.node, event.iteration] = len(self.effects)
            for other, table in self.tables.items():
                if other != service and self._hears(self.tables[service], table, event):
                    self.flight.append((other, event))

    @staticmethod
    def _hears(teller: Table, hearer: Table, event: Event) -> bool:
        """Generated tables subscribe by name; what has no name stays in its service."""
        if not teller.names:
            return True
        return teller.names.get(f"{event.node} {event.outcome}") in hearer.hears

    def request(self, service: str, row: Row) -> Any:
        """What the action of ``row`` is called with, where the table can say it."""
        table, undoing = self.tables[service], row.state == "undoing"
        calling = (table.undos if undoing else table.calls).get(row.node)
        if calling is None:
            return None
        more = (row.own, about(row.failure)) if undoing else ()
        return calling.request(row.values, *more)

    def deliver(self) -> None:
        index = self.rng.randrange(len(self.flight))
        service, event = self.flight[index]
        if self.rng.random() >= self.duplicates:
            self.flight.pop(index)
        machine = self.machine(service)
        machine.receive(copy.deepcopy(event))
        self.send(service, machine)

    def due(self) -> list[tuple[str, Row]]:
        return [
            (service, row)
            for service, rows in self.rows.items()
            for row in rows.rows.values()
            if (row.due is not None and row.state != "waiting") or row.state == "open"
        ]

    @property
    def state(self) -> str:
        service = self.projection.nodes["start"].owner
        rows = self.rows[service]
        if not self.courses[service].ended:
            return "RUNNING"
        return "COMPLETED" if rows.get("end", ()).state == "done" else "COMPENSATED"
