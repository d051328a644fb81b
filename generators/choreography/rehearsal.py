"""Plays a saga by the file alone and writes down, per service, what comes and what follows.

That is what generated tests hold the generated code against. Services are played by the rules, with
tables that evaluate the file's expressions; one call is made at a time, so a rehearsal has one
course only.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from sagac.dsl.evaluate import EvaluationError, evaluate
from sagac.dsl.facts import Compensation, OnUnknown
from sagac.dsl.model import Fail, Race, Wait
from sagac.generators.python.policies import Policy, of_action, of_undo
from sagac.templates.choreography.runtime.machine import Machine
from sagac.templates.choreography.runtime.message import plain_event
from sagac.templates.choreography.runtime.nodes import Node, Table
from sagac.templates.choreography.runtime.rules import about
from sagac.templates.choreography.runtime.tokens import Course, Event, Row
from sagac.verify.trace import Done, Outcome, Refused, Request, Unknown
from sagac.verify.values import record_from_json, to_json

from .events import Events, Told
from .interpreted import Computed, MemoryRows, tables
from .parts import Node as Planned
from .parts import Projection
from .scripts import Script

LONGEST = 400  # events: what goes on for longer is cut there
Kind: TypeAlias = Literal["start", "event", "outside", "time", "cancel"]


@dataclass(frozen=True)
class Heard:
    """What comes to a service; ``data`` are JSON data."""

    kind: Kind
    name: str = ""
    data: Any = None


@dataclass(frozen=True)
class Called:
    """A call of a handler: the path as handlers are told it, and the JSON data of its request."""

    step: str
    service: str
    action: str
    asks: bool  # what became of it
    request: Any


@dataclass(frozen=True)
class Said:
    """An event that a service tells."""

    name: str
    event: Any


@dataclass
class Turn:
    """Something comes; calls and events follow."""

    heard: Heard
    calls: list[Called] = field(default_factory=list)
    told: list[Said] = field(default_factory=list)


@dataclass(frozen=True)
class Known:
    """What the saga knows when a node is called; JSON data by name."""

    iteration: tuple[int, ...]
    values: dict[str, Any]


@dataclass
class Part:
    """The rehearsal as one service sees it."""

    known: dict[str, Known] = field(default_factory=dict)  # at each call going forward, by node
    turns: list[Turn] = field(default_factory=list)
    fails: dict[str, str | None] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)  # of calls that are given up


def stage(projection: Projection) -> dict[str, Table]:
    """The tables of all services, complete enough for a rehearsal."""
    found = {}
    for service, table in tables(projection).items():
        nodes = {
            id: _complete(projection, projection.nodes[id], node)
            for id, node in table.nodes.items()
        }
        found[service] = replace(table, nodes=nodes)
    return found


def _complete(projection: Projection, plan: Planned, node: Node) -> Node:
    computed = Computed(plan, projection)
    more: dict[str, Any] = {"keyed": not plan.frame}
    undo = plan.facts.compensation if plan.compensates else None
    if undo is not None and undo.when is not None:
        when = undo.when

        def holds(values: Mapping[str, Any], own: Any, failure: Mapping[str, Any]) -> bool:
            return bool(computed.value(when, _with_own(plan, values, own), failure))

        more["when"] = holds
    if plan.kind == "fail" and isinstance(plan.item, Fail) and plan.item.data is not None:
        data = plan.item.data
        more["data"] = lambda values: to_json(computed.value(data, values))
    return replace(node, **more)


def _with_own(plan: Planned, values: Mapping[str, Any], own: Any) -> dict[str, Any]:
    if not own or plan.kind != "step":
        return dict(values)
    typed = record_from_json(own, plan.facts.output_type, plan.graph.saga.types)
    return {**values, **{f"{plan.makes}.{name}": each for name, each in typed.items()}}


class Rehearsal:
    """One course of a saga over all its services."""

    def __init__(self, events: Events, staged: Mapping[str, Table], script: Script) -> None:
        self._events = events
        self._projection = events.projection
        self._tables = staged
        self._script = script
        self._rows = {service: MemoryRows() for service in staged}
        self._courses = {service: Course(script.key) for service in staged}
        self._clocks = dict.fromkeys(staged, 0.0)
        self._hears = {service: frozenset(events.heard(service)) for service in staged}
        self._flight: list[tuple[str, Said, Event]] = []
        self._told = 0
        self.parts = {service: Part() for service in staged}

    def play(self) -> dict[str, Part]:
        """From the start until nothing is under way; the part of each service."""
        starter = self._projection.nodes["start"].owner
        self._turn(starter, Heard("start", "", self._script.input), self._start)
        if self._script.halts:
            self._halt()
        for _ in range(LONGEST):
            if self._told >= LONGEST or not (self._flight or self._outside()):
                break
            if self._flight:
                self._deliver(-1 if self._script.early else 0)
        return self.parts

    # What comes

    def _start(self, machine: Machine) -> None:
        given: Mapping[str, Any] = self._script.input
        machine.start({f"input.{name}": each for name, each in given.items() if each is not None})

    def _halt(self) -> None:
        """A cancel, as soon as the judge knows of the saga."""
        judge = next(each.owner for each in self._projection.nodes.values() if each.judge)
        for index, (service, _, event) in enumerate(self._flight):
            if service == judge and (event.node, event.outcome) == ("start", "done"):
                self._deliver(index)
                break
        self._turn(judge, Heard("cancel"), lambda machine: machine.accept("cancelled", "cancelled"))

    def _deliver(self, index: int) -> None:
        service, said, event = self._flight.pop(index)
        heard = Heard("event", said.name, said.event)
        self._turn(service, heard, lambda machine: machine.receive(deepcopy(event)))

    def _outside(self) -> bool:
        """The world outside does something: whether it did."""
        for service, rows in self._rows.items():
            for row in list(rows.rows.values()):
                if row.state == "open" and row.why is None and self._send(service, row):
                    return True
        return any(self._ring(service, late) for late in (False, True) for service in self._tables)

    def _send(self, service: str, row: Row) -> bool:
        item = self._projection.nodes[row.node].item
        if not isinstance(item, Wait) or not (item.event or item.first):
            return False
        machine = self._machine(service)
        outcome = self._ask(machine, row, "wait")
        if not isinstance(outcome, Done) or outcome.won == "after":
            return False
        data = to_json(outcome.output or {})
        race = next((each for each in item.first if outcome.won == _name(each)), None)
        if not self._fits(service, row, race.match if race else item.match, outcome.output):
            return False
        name = outcome.won or (item.event.text if item.event else "")
        heard = Heard("outside", name, data)
        self._turn(service, heard, lambda machine: machine.happened(row, outcome.won, data))
        return True

    def _fits(self, service: str, row: Row, match: Any, data: Any) -> bool:
        """Whether the event is meant for this saga: the sample may not be."""
        if match is None:
            return True
        plan = self._projection.nodes[row.node]
        computed = Computed(plan, self._projection)
        known = computed.known.nested(self._machine(service).known(row), plan)
        known["saga"] = {"key": self._script.key, "version": plan.graph.saga.version}
        try:
            return bool(evaluate(match, {**known, "event": data or {}}))
        except EvaluationError:
            return False

    def _ring(self, service: str, late: bool) -> bool:
        """The clock of a service goes on to what is due next; ``late``: to a deadline, too."""
        rows = [each for each in self._rows[service].rows.values() if each.due is not None]
        first = min(rows, key=lambda row: row.due or 0.0, default=None)
        if first is None or (first.state == "waiting" and not late):
            return False
        due = first.due
        if due is None or not self._script.in_time(due):
            return False
        self._clocks[service] = due

        def rang(machine: Machine) -> None:
            for row in list(self._rows[service].rows.values()):
                if row.due is not None and row.due <= due and row.state in _TIMED:
                    machine.rang(row)

        self._turn(service, Heard("time"), rang)
        return True

    # What follows

    def _turn(self, service: str, heard: Heard, happens: Any) -> None:
        """Something happens in a service, and all that it does about it, call after call."""
        turn = Turn(heard)
        self.parts[service].turns.append(turn)
        machine = self._machine(service)
        happens(machine)
        queue = self._finish(service, machine, turn)
        while queue:
            row = queue.pop(0)
            if _is_due(row, self._clocks[service]):
                machine = self._machine(service)
                self._act(service, machine, row, turn)
                more = self._finish(service, machine, turn)
                queue += [each for each in more if all(each is not other for other in queue)]

    def _machine(self, service: str) -> Machine:
        table, rows = self._tables[service], self._rows[service]
        return Machine(table, rows, self._courses[service], self._clocks[service])

    def _finish(self, service: str, machine: Machine, turn: Turn) -> list[Row]:
        for event in machine.out:
            self._told += 1
            name = self._events.names.get(Told(event.node, event.outcome))
            if name is None:
                continue
            said = Said(name, deepcopy(plain_event(event)))
            turn.told.append(said)
            for other, hears in self._hears.items():
                if other != service and name in hears:
                    self._flight.append((other, said, event))
        return [row for row in machine.changed.values() if _is_due(row, machine.now)]

    def _act(self, service: str, machine: Machine, row: Row, turn: Turn) -> None:
        plan = self._projection.nodes[row.node]
        undoing = row.state == "undoing"
        undo = plan.facts.compensation if undoing else None
        suffix = "~undo" if undoing else ""
        step = f"{machine.path(row)}{suffix}"
        turn.calls.append(self._called(step, row, plan, undo))
        policy = of_undo(undo) if undo is not None else of_action(plan.facts)
        part = self.parts[service]
        if not undoing:
            part.known.setdefault(row.node, Known(row.iteration, deepcopy(row.values)))
        attempts = policy.attempts if policy.idempotent else 1
        if attempts is not None:
            part.attempts[step] = attempts
        outcome = self._outcome(machine, row, step, policy)
        if isinstance(outcome, Unknown):
            part.fails[step] = None
            self._unknown(machine, row, undo, turn)
        elif isinstance(outcome, Refused):
            part.fails[step] = outcome.reason
            machine.refused(row, outcome.reason, to_json(outcome.data) or None)
        elif undoing:
            machine.answered(row)
        else:
            assert isinstance(outcome, Done)
            machine.answered(row, _given(outcome))

    def _outcome(self, machine: Machine, row: Row, step: str, policy: Policy) -> Outcome:
        if row.state == "undoing":
            fails = step == self._script.stuck and policy.attempts is not None
            return Unknown() if fails else Done()
        outcome = self._ask(machine, row, "do")
        if isinstance(outcome, Unknown) and policy.attempts is None and policy.idempotent:
            return Done(self._script.output(self._projection.nodes[row.node].item))
        return outcome

    def _unknown(self, machine: Machine, row: Row, undo: Compensation | None, turn: Turn) -> None:
        """All attempts are used up."""
        plan = self._projection.nodes[row.node]
        if undo is not None:
            if undo.on_failure == "continue":
                machine.answered(row, mark=machine.path(row))
            else:
                machine.stuck(row, NO_ANSWER)
        elif plan.facts.on_unknown in (OnUnknown.MANUAL, OnUnknown.RETRY):
            machine.stuck(row, NO_ANSWER)
        elif plan.facts.on_unknown is OnUnknown.QUERY:
            step = f"{machine.path(row)}~query"
            turn.calls.append(self._called(step, row, plan, None, asks=True))
            if self._script.was_done:
                self.parts[plan.owner].fails[step] = "done"
                machine.answered(row, to_json(self._script.output(plan.item)))
            else:
                machine.refused(row, "unknown")
        else:
            machine.unknown(row, "unknown")

    def _called(
        self, step: str, row: Row, plan: Planned, undo: Compensation | None, asks: bool = False
    ) -> Called:
        written = plan.facts.input if undo is None else undo.input
        values = _with_own(plan, row.values, row.own)
        failure = about(row.failure) if undo is not None else None
        computed = Computed(plan, self._projection)
        request = {n: to_json(computed.value(each, values, failure)) for n, each in written.items()}
        service = plan.facts.service if undo is None else undo.service
        action = plan.facts.action if undo is None else undo.action
        return Called(step, service, action, asks, _without_none(request))

    def _ask(self, machine: Machine, row: Row, phase: Literal["do", "wait"]) -> Outcome:
        plan = self._projection.nodes[row.node]
        assert plan.item is not None
        request = Request(machine.path(row), plan.item, phase, plan.owner, plan.facts.action)
        return self._script(request)


_TIMED = ("open", "pausing", "waiting")
NO_ANSWER = "RuntimeError: nobody knows what became of this call"


def _given(outcome: Done) -> dict[str, Any]:
    found: dict[str, Any] = _without_none(to_json(dict(outcome.output or {})))
    return found


def _name(race: Race) -> str | None:
    return race.name.text if race.name is not None else None


def _is_due(row: Row, now: float) -> bool:
    is_call = row.state in ("ready", "undoing")
    return is_call and row.due is not None and row.due <= now and row.why is None


def _without_none(plain: Any) -> Any:
    """JSON data as encoded dataclasses give them."""
    if isinstance(plain, dict):
        return {key: _without_none(each) for key, each in plain.items() if each is not None}
    return [_without_none(each) for each in plain] if isinstance(plain, list) else plain
