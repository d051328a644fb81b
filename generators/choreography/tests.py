"""Generated tests: what each service calls and tells, in every course that the file foresees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sagac.dsl.graph import SagaGraph
from sagac.generators.base import GeneratedFile, Source
from sagac.generators.layout import Code, Group, call, prefixed, text, tuple_of
from sagac.generators.python.copied import parts
from sagac.generators.python.literals import data_code
from sagac.generators.python.participants import Participants, module
from sagac.generators.python.records import quoted
from sagac.generators.python.render import STANDARD, contract, template
from sagac.verify.values import to_json

from .events import Events
from .rehearsal import Called, Heard, Known, Part, Rehearsal, Turn, stage
from .scripts import Script, refusal_data, scripts
from .trials import TrialWriter

_IMPORTS = {"pytest": "import pytest"}


def test_files(
    here: Participants, graph: SagaGraph, events: Events, modules: Mapping[str, str], source: Source
) -> Iterator[GeneratedFile]:
    """A test module per service of the newest version, and what they share."""
    folder = f"{here.package}/generated"
    for name, code in parts("choreography/testing"):
        yield GeneratedFile(f"{folder}/choreography/testing/{name}", code)
    yield GeneratedFile(f"{folder}/tests/__init__.py", '"""Tests of the generated code."""\n')
    books = rehearse(events)
    for service, file in modules.items():
        book = books[service]
        tables = {
            "table": f"..choreography.v{graph.saga.version}.{file}",
            "harness": "..choreography.testing",
            **contract("..contract"),
            **here.class_table("..types"),
        }
        doc = f"What {service} does in {graph.saga.name}, whatever comes, and in whatever order"
        body = _Writer(here, events, book).body(service)
        written = module(source, doc, body, STANDARD, _IMPORTS, tables)
        yield GeneratedFile(f"{folder}/tests/test_{file}.py", written)
        trial = TrialWriter(here, events, service, book.known).module(source, tables["table"])
        if trial is not None:
            yield GeneratedFile(f"{folder}/tests/trial_{file}_test.py", trial)


@dataclass
class Book:
    """All courses of one service that differ, by name."""

    key: str = ""
    parts: dict[str, Part] = field(default_factory=dict)
    known: dict[str, Known] = field(default_factory=dict)  # see Part

    def add(self, name: str, part: Part) -> None:
        """Keeps a course unless there is the same already."""
        self.known = part.known | self.known
        if part.turns and not any(each.turns == part.turns for each in self.parts.values()):
            self.parts[name] = part


def rehearse(events: Events) -> dict[str, Book]:
    """The courses of all services."""
    projection = events.projection
    staged = stage(projection)
    books = {service: Book() for service in projection.services}
    stuck: set[str] = set()
    keys: dict[str, None] = {}

    def play(script: Script) -> None:
        keys.setdefault(script.key)
        if script.key != next(iter(keys)):
            return  # a part speaks of one saga
        played = Rehearsal(events, staged, script).play()
        for service, part in played.items():
            books[service].key = script.key
            books[service].add(_name(script, service, part, events), part)
        for undo in _undos(played.values()):
            if undo not in stuck and script.stuck is None:
                stuck.add(undo)
                play(replace(script, stuck=undo, _scenarios={}))

    for script in scripts(projection.graph):
        play(script)
        play(replace(script, early=True, _scenarios={}))
    return books


def _undos(played: Iterable[Part]) -> list[str]:
    calls = (each.step for part in played for turn in part.turns for each in turn.calls)
    return [each for each in calls if each.endswith("~undo")]


def _name(script: Script, service: str, part: Part, events: Events) -> str:
    """What the course is about for this service."""
    owners = {n.item.name.text: n.owner for n in events.projection.nodes.values() if n.item}
    turns = part.turns
    told = {said.event["outcome"] for turn in turns for said in turn.told}
    if script.fails is None:
        kind = "forward" if "aborted" not in told else "never ran"
    elif owners.get(script.fails) == service:
        kind = "refuse" if script.refusal else "exhausted"
    elif any(each.step.endswith("~undo") for turn in turns for each in turn.calls):
        kind = "compensate"
    else:
        kind = "never ran" if "aborted" in told else "forward"
    stuck = f", {script.stuck} fails" if script.stuck else ""
    return f"{kind}, {script.name}{stuck}{', early' if script.early else ''}"


class _Labels:
    """Short names for data: equal ones have one."""

    def __init__(self) -> None:
        self.data: dict[str, Any] = {}

    def of(self, wanted: str, data: Any) -> str:
        """The label of ``data``."""
        number, label = 1, wanted
        while label in self.data and self.data[label] != data:
            number += 1
            label = f"{wanted} {number}"
        self.data[label] = data
        return label


class _Writer:
    """Writes the test module of one service."""

    def __init__(self, here: Participants, events: Events, book: Book) -> None:
        self._here = here
        self._events = events
        self._book = book
        self._heard, self._starts, self._outside = _Labels(), _Labels(), _Labels()
        self._calls = _Labels()

    def body(self, service: str) -> str:
        """The module without its imports."""
        parts = self._book.parts
        cases = [self._case(name, part) for name, part in parts.items()]
        attempts = {step: n for part in parts.values() for step, n in part.attempts.items()}
        return template(
            "choreography/tests.body",
            events=_constant("EVENTS", "tuple[str, Any]", self._heard),
            outside=_constant("OUTSIDE", "tuple[str, Any]", self._outside),
            starts=_constant("STARTS", "Any", self._starts),
            calls=_constant("CALLS", "tuple[str, str, Any]", self._calls),
            outputs=text([_typed("OUTPUTS", self._outputs(service))]),
            refusals=text([_typed("REFUSALS", self._refusals(service))]),
            key=quoted(self._book.key),
            attempts=text([data_code(dict(sorted(attempts.items())))]),
            cases=text([Group("CASES: list[harness.Case] = [", tuple(cases), "]")]),
        )

    def _case(self, name: str, part: Part) -> Code:
        turns = Group("[", tuple(self._turn(each) for each in part.turns), "]")
        fails = data_code(part.fails) if part.fails else None
        return call("harness.Case", quoted(name), turns, fails=fails)

    def _turn(self, turn: Turn) -> Code:
        calls = [quoted(self._call(each)) for each in turn.calls]
        said = ((each.name, _without_key(each.event)) for each in turn.told)
        tells = [quoted(self._heard.of(name, (name, event))) for name, event in said]
        return call(
            "harness.Turn",
            quoted(self._comes(turn.heard)),
            calls=Group("[", tuple(calls), "]") if calls else None,
            tells=Group("[", tuple(tells), "]") if tells else None,
        )

    def _comes(self, heard: Heard) -> str:
        match heard.kind:
            case "start":
                return self._starts.of("start", heard.data)
            case "outside":
                return self._outside.of(f"outside {heard.name}", (heard.name, heard.data))
            case "event":
                return self._heard.of(heard.name, (heard.name, _without_key(heard.data)))
        return heard.kind

    def _call(self, called: Called) -> str:
        action = self._here.action(called.service, called.action)
        method = self._here.query(action) if called.asks else self._here.method(action)
        return self._calls.of(called.step, (called.step, method, called.request))

    def _outputs(self, service: str) -> Iterator[tuple[str, Code]]:
        script = next(scripts(self._events.projection.graph))
        for node in self._events.projection.nodes.values():
            if node.owner == service and node.kind == "step" and node.facts.output_type.fields:
                action = self._here.action(node.facts.service, node.facts.action)
                kind = self._here.records.output(action) or "object"
                given = data_code(to_json(script.output(node.item)))
                yield _place(node.path), call("decode", kind, given)

    def _refusals(self, service: str) -> Iterator[tuple[str, Code]]:
        for node in self._events.projection.nodes.values():
            if node.owner != service or node.kind != "step":
                continue
            action = self._here.action(node.facts.service, node.facts.action)
            for refusal, data in action.refusals:
                given = refusal_data(node.graph, node.facts.item, refusal)  # type: ignore[arg-type]
                if (given is None) == (data is None):
                    kind = self._here.records.refusal(action, refusal, data)
                    plain = data_code(to_json(given or {}))
                    yield f"{_place(node.path)}: {refusal}", call("decode", kind, plain)


def _place(path: str) -> str:
    return path.replace("[{}]", "")


def _without_key(event: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in event.items() if name != "key"}


def _constant(name: str, kind: str, labels: _Labels) -> str:
    items = tuple(prefixed(f"{quoted(label)}: ", _code(d)) for label, d in labels.data.items())
    return text([Group(f"{name}: dict[str, {kind}] = {{", items, "}")])


def _code(data: Any) -> Code:
    return tuple_of(map(data_code, data)) if isinstance(data, tuple) else data_code(data)


def _typed(name: str, entries: Iterable[tuple[str, Code]]) -> Code:
    items = tuple(prefixed(f"{quoted(label)}: ", code) for label, code in entries)
    return Group(f"{name}: dict[str, object] = {{", items, "}")
