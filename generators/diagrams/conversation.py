"""One path of a choreographed saga: what services tell each other, in a steady order.

The services are played in memory by the rules that generated ones follow. Events go through one
column in the middle; what nobody else hears is left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from sagac.dsl.facts import OnUnknown
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Wait
from sagac.generators.choreography.events import Events, Told
from sagac.generators.choreography.interpreted import MemoryRows, tables
from sagac.generators.choreography.project import project
from sagac.templates.choreography.runtime.machine import Machine
from sagac.templates.choreography.runtime.tokens import Course, Event, Failure, Row
from sagac.verify.scenario import Scenario, sample_input
from sagac.verify.trace import Done, Outcome, Refused, Request, Unknown
from sagac.verify.values import to_json

from .story import OUTSIDE, SAGA, Message, Participant, Story, Tone, Turn

LONGEST = 2_000  # events: a saga that says more is not drawn
_BAD = frozenset({"failed", "aborted", "unsettled"})
_BACK = frozenset({"undone", "released", "returning", "called_off", "accepted", "rest"})


class TooLongError(ValueError):
    """The conversation does not come to an end that a picture could show."""


def conversation(
    graph: SagaGraph, step: str | None = None, refusal: str | None = None, fails: str | None = None
) -> Story:
    """The success, or what is said when ``step`` fails; ``fails`` says so in the heading.

    Raises TooLongError.
    """
    play = _Play(graph, Scenario(graph, step, refusal))
    play.run()
    saga = graph.saga
    return Story(
        title=f"{saga.name} v{saga.version}",
        subtitle="when everything goes well" if fails is None else f"when {fails}",
        participants=play.participants(),
        beats=tuple(play.beats),
        state=play.state,
        ending=play.ending,
    )


class _Play:
    """All services of one saga, and the events between them in the order of their telling."""

    def __init__(self, graph: SagaGraph, scenario: Scenario) -> None:
        self._scenario = scenario
        self._graph = graph
        self._events = Events(project(graph))
        self._projection = self._events.projection
        self._tables = tables(self._projection, lambda item: scenario.decide(item, ""))
        self._hearers: dict[Told, list[str]] = {}
        for each in self._events.reactions:
            self._hearers.setdefault(each.told, []).append(each.service)
        self._rows = {service: MemoryRows() for service in self._tables}
        self._courses = {service: Course("key") for service in self._tables}
        self._flight: deque[tuple[str, Event]] = deque()
        self._told: list[Event] = []
        self._working: str | None = None  # whose call the next event answers
        self.beats: list[Message | Turn] = []

    def run(self) -> None:
        """From the start until nobody has anything to do."""
        service = self._projection.nodes["start"].owner
        machine = self._machine(service)
        given = to_json(sample_input(self._graph))
        machine.start({f"input.{name}": each for name, each in given.items()})
        self._tell(service, machine)
        while self._flight or self._due():
            if len(self._told) > LONGEST:
                raise TooLongError("there is too much to say for a picture")
            if self._flight:
                hearer, event = self._flight.popleft()
                machine = self._machine(hearer)
                machine.receive(event)
                self._tell(hearer, machine)
            else:
                self._act(*self._due()[0])

    def _machine(self, service: str) -> Machine:
        return Machine(self._tables[service], self._rows[service], self._courses[service], 0.0)

    def _due(self) -> list[tuple[str, Row]]:
        return [
            (service, row)
            for service, rows in self._rows.items()
            for row in rows.rows.values()
            if (row.due is not None and row.state != "waiting") or row.state == "open"
        ]

    # What is said

    def _tell(self, service: str, machine: Machine) -> None:
        for event in machine.out:
            self._told.append(event)
            told = Told(event.node, event.outcome)
            hearers = [each for each in self._hearers.get(told, ()) if each != service]
            for hearer in dict.fromkeys(hearers):
                self._flight.append((hearer, event))
            if told in self._events.names and (hearers or event.node in ("start", "end")):
                self._say(service, event, self._events.names[told])

    def _say(self, service: str, event: Event, name: str) -> None:
        tone = Tone.BAD if event.outcome in _BAD else Tone.DONE
        tone = Tone.UNDONE if event.outcome in _BACK else tone
        around = f" ({'.'.join(map(str, event.iteration))})" if event.iteration else ""
        answers = self._working == service
        self._working = None
        text = f"{name}{around}"
        self.beats.append(Message(service, SAGA, text, tone, answer=answers, alone=not answers))

    # What is done

    def _act(self, service: str, row: Row) -> None:
        machine = self._machine(service)
        plan = self._projection.nodes[row.node]
        facts = plan.facts
        path = machine.path(row)
        undo = facts.compensation
        if row.state == "undoing" and undo is not None:
            self._call(service, undo.action, Tone.UNDO)
            machine.answered(row)
        elif row.state == "pausing":
            machine.rang(row)
        elif row.state == "open":
            self._wait(machine, row, self._ask(path, plan.item, "wait", service))
        else:
            self._call(service, facts.action, Tone.GO)
            self._settle(machine, row, self._ask(path, plan.item, "do", service))
        self._tell(service, machine)
        if self._working is not None:  # nobody else hears what came of it
            text, tone = ("undone", Tone.UNDONE) if row.state == "undone" else ("done", Tone.DONE)
            if row.unknown and row.state != "undone":
                text, tone = "no answer: perhaps done", Tone.BAD
            self.beats.append(Message(service, SAGA, text, tone, answer=True))
            self._working = None

    def _call(self, service: str, action: str, tone: Tone) -> None:
        self.beats.append(Message(SAGA, service, action, tone))
        self._working = service

    def _ask(self, path: str, item: Any, phase: Any, service: str) -> Outcome:
        return self._scenario(Request(path, item, phase, service, ""))

    def _wait(self, machine: Machine, row: Row, outcome: Outcome) -> None:
        item = self._projection.nodes[row.node].item
        assert isinstance(item, Wait)
        won = outcome.won if isinstance(outcome, Done) else None
        if isinstance(outcome, Refused) or won == "after" or not (item.first or item.event):
            self.beats.append(Turn(f"{item.name}: the time is over", Tone.GO))
            machine.rang(row)
            return
        data: Mapping[str, Any] = to_json(getattr(outcome, "output", None) or {})
        name = won or (item.event.text if item.event else item.name.text)
        self.beats.append(Message(OUTSIDE, SAGA, name, Tone.GO))
        machine.happened(row, won, data)

    def _settle(self, machine: Machine, row: Row, outcome: Outcome) -> None:
        facts = self._projection.nodes[row.node].facts
        if isinstance(outcome, Refused):
            machine.refused(row, outcome.reason, outcome.data)
        elif isinstance(outcome, Done):
            machine.answered(row, to_json(outcome.output or {}))
        elif isinstance(outcome, Unknown) and facts.on_unknown is OnUnknown.QUERY:
            machine.refused(row, "unknown")
        elif facts.on_unknown in (OnUnknown.MANUAL, OnUnknown.RETRY):
            machine.stuck(row, "unknown")
        else:
            machine.unknown(row, "unknown")

    # How it ends

    @property
    def _end(self) -> Event | None:
        return next((each for each in self._told if each.outcome == "ended"), None)

    @property
    def state(self) -> str:
        """The word for how it ended."""
        if self._end is None:
            return "STUCK"
        done = any((each.node, each.outcome) == ("end", "done") for each in self._told)
        return "COMPLETED" if done else "COMPENSATED"

    @property
    def ending(self) -> str:
        """The same in a few words."""
        if self.state == "COMPLETED":
            return "everything is done" if self._scenario.fails is None else "done all the same"
        failure = self._end.failure if self._end is not None else self._stuck
        why = "" if failure is None else f", because {_failed(failure)}"
        return f"everything is undone{why}" if self._end else f"a person has to decide{why}"

    @property
    def _stuck(self) -> Failure | None:
        return next((each.failure for each in self._told if each.outcome == "stuck"), None)

    def participants(self) -> tuple[Participant, ...]:
        """The columns: the events in front of the services that say or do something."""
        messages = [each for each in self.beats if isinstance(each, Message)]
        seen = {each.source for each in messages} | {each.target for each in messages}
        middle = Participant(SAGA, "events", "of all services")
        outside = [Participant(OUTSIDE, "outside", "")] if OUTSIDE in seen else []
        services = [self._service(each) for each in self._projection.services if each in seen]
        return (*outside, middle, *services)

    def _service(self, name: str) -> Participant:
        found = self._graph.saga.services.get(name)
        team = found.team.text if found is not None and found.team is not None else ""
        return Participant(name, name, team)


def _failed(failure: Failure) -> str:
    return failure.reason if failure.step is None else f"{failure.step} failed ({failure.reason})"
