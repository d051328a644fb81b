"""Plays a choreographed saga in memory: services with rows, and a network that is unkind.

The machine is the one of generated services; what their generated part computes is evaluated here
from the expressions of the file.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sagac.dsl.evaluate import EvaluationError, evaluate
from sagac.dsl.facts import Position, Role
from sagac.dsl.model import Choose, Fail, Foreach, Group, Parallel, Repeat, Seconds, Step, Wait
from sagac.dsl.structure import race_name
from sagac.generators.choreography.parts import Node as Planned
from sagac.generators.choreography.parts import Projection
from sagac.templates.choreography.runtime.machine import Machine
from sagac.templates.choreography.runtime.nodes import Edge, Node, Table
from sagac.templates.choreography.runtime.rules import about
from sagac.templates.choreography.runtime.tokens import Course, Event, Iteration, Row
from sagac.verify.values import to_json


def nested(values: Mapping[str, Any], frame: str) -> dict[str, Any]:
    """Values by name as expressions read them: ``input.x`` is ``{"input": {"x": …}}``."""
    found: dict[str, Any] = {"saga": {}}
    for name, value in sorted(values.items()):
        if not name.startswith(frame) or "/" in name.removeprefix(frame):
            continue
        *path, last = name.removeprefix(frame).split(".")
        here = found
        for each in path:
            inner = here.setdefault(each, {})
            if not isinstance(inner, dict):
                inner = here[each] = {}
            here = inner
        here[last] = value if last not in here or not isinstance(here[last], dict) else here[last]
    return found


class Computed:
    """What a planned node computes, from the file's expressions."""

    def __init__(self, plan: Planned, projection: Projection) -> None:
        self.plan = plan
        self.projection = projection

    def value(self, written: Any, values: Mapping[str, Any], **more: Any) -> Any:
        known = nested(values, self.plan.frame) | more
        for root in self._roots():
            known.setdefault(root, None)
        try:
            return evaluate(written, known)
        except EvaluationError:
            return None

    def _roots(self) -> Iterable[str]:
        return self.plan.graph.facts

    def choose(self, values: Mapping[str, Any]) -> str:
        item, facts = self.plan.item, self.plan.facts
        if self.plan.id.endswith(":if"):
            return "then" if self.value(facts.item.condition, values) else "else"
        if isinstance(item, Wait):
            won = nested(values, self.plan.frame)[item.name.text]["won"]
            return next(race_name(each) for each in item.first if race_name(each) == won)
        assert isinstance(item, Choose)
        for number, case in enumerate(item.cases, start=1):
            if self.value(case.condition, values):
                return f"case {number}"
        return "none" if item.otherwise is None else "otherwise"

    def need(self, values: Mapping[str, Any], count: int) -> int:
        item = self.plan.item
        assert isinstance(item, Parallel | Foreach)
        if isinstance(item.join, str):
            return {"any": 1}.get(item.join, count)
        return item.join if isinstance(item.join, int) else int(self.value(item.join, values) or 1)

    def node(self) -> Node:
        plan, item = self.plan, self.plan.item
        more: dict[str, Any] = {}
        if item is not None:
            facts = self.plan.facts
            more |= {
                "cancellable": facts.cancellable,
                "after_pivot": facts.position is Position.AFTER,
                "undo": plan.compensates,
            }
        match plan.kind:
            case "step":
                assert isinstance(item, Step)
                more |= {
                    "effect": facts.effect,
                    "optional": facts.role is Role.OPTIONAL,
                    "retriable": facts.role is Role.RETRIABLE,
                    "on_unknown": facts.on_unknown.value,
                    "fenced": any(self._has_own_undo(each) for each in plan.parents),
                }
            case "decision":
                more["choose"] = self.choose
            case "loop" if isinstance(item, Foreach):
                more["elements"] = lambda values: list(self.value(item.source, values) or [])
                more["variable"] = f"{plan.frame}{item.variable}"
                if item.join not in ("all", "settled"):
                    more["need"] = self.need
                if isinstance(item.limit, int):
                    more["limit"] = lambda values: item.limit
            case "pass" if isinstance(item, Parallel) and plan.id.endswith(":fork"):
                if item.join not in ("all", "settled"):
                    more["need"] = self.need
            case "wait":
                assert isinstance(item, Wait)
                more |= self._wait(item)
            case "fail":
                assert isinstance(item, Fail)
                more["reason"] = item.name.text
            case "end" if plan.graph.saga.output is not None:
                more["given"] = lambda values: to_json(self.value(plan.graph.saga.output, values))
            case "child":
                more["given"] = self._child_input
            case "back":
                more["given"] = self._child_output
        if plan.loop and isinstance(item, Repeat) and plan.id.endswith(":exit:round"):
            more["until"] = lambda values: bool(self.value(item.until, values))
            more["most"] = item.max
        return Node(
            plan.id,
            plan.kind,  # type: ignore[arg-type]
            path=plan.path,
            depth=len(plan.loops),
            frame=plan.frame,
            makes=plan.makes,
            judge=plan.judge,
            undoer=plan.undoer,
            sequence=plan.sequence,
            columns=plan.columns,
            loop=plan.loop,
            partner=plan.partner,
            recover=plan.recover,
            settled=plan.settled,
            **more,
        )

    def _has_own_undo(self, parent: str) -> bool:
        for each in self.projection.nodes.values():
            if each.makes == parent and isinstance(each.item, Group):
                return each.facts.compensation is not None
        return False

    def _wait(self, item: Wait) -> dict[str, Any]:
        names = [each.event.text for each in item.first if each.event is not None]
        if item.event is not None:
            names = [item.event.text]
        pauses = [each.after for each in item.first if each.after is not None]
        span = next(iter(pauses), item.duration or item.timeout)

        def seconds(values: Mapping[str, Any]) -> float | None:
            return span.value if isinstance(span, Seconds) else None if span is None else 1.0

        return {
            "seconds": seconds,
            "events": tuple(names),
            "tolerant": item.on_timeout == "continue",
            "race": bool(item.first),
        }

    def _child_input(self, values: Mapping[str, Any]) -> dict[str, Any]:
        written = self.plan.facts.input
        return {
            f"{self.plan.id}/input.{name}": to_json(self.value(each, values))
            for name, each in written.items()
        }

    def _child_output(self, values: Mapping[str, Any]) -> dict[str, Any]:
        assert self.plan.item is not None
        output = self.plan.graph.children[self.plan.item.name.text].saga.output
        if output is None:
            return {}
        child = Computed(
            next(n for n in self.projection.nodes.values() if n.frame == f"{self.plan.partner}/"),
            self.projection,
        )
        given = to_json(child.value(output, values))
        return {f"{self.plan.makes}.{name}": each for name, each in given.items()}


def tables(projection: Projection) -> dict[str, Table]:
    """The table of each service."""
    nodes = {id: Computed(plan, projection).node() for id, plan in projection.nodes.items()}
    found = {}
    for service in projection.services:
        own = {id: nodes[id] for id, plan in projection.nodes.items() if plan.owner == service}
        edges = tuple(
            Edge(e.name, e.source, e.target, e.label, e.way, e.rule, tuple(e.live))  # type: ignore[arg-type]
            for e in projection.edges
            if e.source in own or e.target in own
        )
        news = {
            id: mine
            for id, waits in projection.news.items()
            if (mine := tuple(w for w in waits if w.partition("@")[0] in own))
        }
        found[service] = Table(projection.graph.saga.name.text, 1, service, own, edges, news)
    return found


@dataclass
class MemoryRows:
    """The rows of one saga in one service."""

    rows: dict[tuple[str, Iteration], Row] = field(default_factory=dict)

    def get(self, node: str, iteration: Iteration) -> Row:
        return self.rows.setdefault((node, iteration), Row(node, iteration))

    def all(self, node: str, prefix: Iteration) -> list[Row]:
        found = [
            row
            for (name, iteration), row in self.rows.items()
            if name == node and iteration[: len(prefix)] == prefix
        ]
        return sorted(found, key=lambda row: row.iteration)


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
            if row.due is not None
        ]

    @property
    def state(self) -> str:
        service = self.projection.nodes["start"].owner
        rows = self.rows[service]
        if not self.courses[service].ended:
            return "RUNNING"
        return "COMPLETED" if rows.get("end", ()).state == "done" else "COMPENSATED"
