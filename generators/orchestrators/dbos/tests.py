"""Generated tests: every failure of every step, with the calls that the simulator foresees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sagac.dsl.facts import ItemFacts
from sagac.dsl.graph import SagaGraph
from sagac.generators.base import GeneratedFile, Played, PlayedCase, Source
from sagac.generators.layout import Code, Group, call, prefixed, text
from sagac.generators.python.literals import data_code, literal
from sagac.generators.python.participants import Participants, module
from sagac.generators.python.records import quoted
from sagac.generators.python.render import STANDARD, contract, engine, template
from sagac.templates import ROOT

_ALWAYS = "# Part of the tests that sagac generates for every saga. Do not edit.\n"
_IMPORTS = {
    "Path": "pathlib",
    "pytest": "import pytest",
    "re": "import re",
}


def test_files(
    here: Participants, graph: SagaGraph, source: Source, played: Played
) -> Iterator[GeneratedFile]:
    """The test module of the newest version."""
    version = graph.saga.version
    body = template(
        "dbos/tests.body",
        saga=quoted(graph.saga.name.text),
        version=version,
        outputs=text([_assigned("OUTPUTS", "object", _outputs(here, graph, played))]),
        refusals=text([_assigned("REFUSALS", "object", _refusals(here, graph, played))]),
        input=text([_named("INPUT: Any = ", played.input)]),
        lanes=text([_assigned("LANES", "str", _lanes(played.lanes))]),
        cases=text([Group("CASES: list[Case] = [", tuple(map(_case, played.cases)), "]")]),
        services=text([_services(here)], 8).strip(),
    )
    folder = f"{here.package}/generated"
    tables = {**contract("..contract"), "caller": "..engine", "open_store": "..engine"}
    tables["check"] = ".order"
    tables |= {"Services": "..services", "DEFINITIONS": f"..v{version}"}
    tables |= here.class_table("..types")
    doc = f"Every failure of every step of {graph.saga.name}, played with services that note calls"
    written = module(source, doc, body, STANDARD, _IMPORTS, engine("..engine"), tables)
    yield GeneratedFile(f"{folder}/tests/test_paths.py", written)
    order = (ROOT / "dbos" / "testing" / "order.py").read_text(encoding="utf-8")
    yield GeneratedFile(f"{folder}/tests/order.py", _ALWAYS + order)
    yield GeneratedFile(f"{folder}/tests/__init__.py", '"""Tests of the generated code."""\n')


def _case(case: PlayedCase) -> Code:
    return call(
        "Case",
        quoted(case.name),
        fails=data_code(dict(case.fails)),
        state=quoted(case.state),
        step=literal(case.step),
        reason=literal(case.reason),
        calls=Group("[", tuple(map(quoted, case.calls)), "]"),
        cut=Group("[", tuple(map(quoted, case.cut)), "]") if case.cut else None,
        events=Group("[", tuple(_event(*each) for each in case.events), "]")
        if case.events
        else None,
        changed=data_code(dict(case.changed)) if case.changed else None,
    )


def _event(name: str, data: Any) -> Code:
    return Group("(", (quoted(name), data_code(data)))


def _lanes(lanes: Mapping[str, str]) -> list[tuple[str, Code]]:
    return [(quoted(call), quoted(lane)) for call, lane in lanes.items()]


def _outputs(here: Participants, graph: SagaGraph, played: Played) -> list[tuple[str, Code]]:
    found = []
    for path, sample in played.outputs.items():
        facts = _facts(graph, path)
        kind = here.records.output(here.action(facts.service, facts.action)) or "object"
        found.append((quoted(path), _decoded(kind, sample)))
    return found


def _refusals(here: Participants, graph: SagaGraph, played: Played) -> list[tuple[str, Code]]:
    found = []
    for (path, refusal), sample in played.refusals.items():
        facts = _facts(graph, path)
        action = here.action(facts.service, facts.action)
        data = next((data for name, data in action.refusals if name == refusal), None)
        kind = here.records.refusal(action, refusal, data)
        found.append((quoted(f"{path}: {refusal}"), _decoded(kind, sample)))
    return found


def _facts(graph: SagaGraph, path: str) -> ItemFacts:
    """The facts of an item, in a sub-saga if ``path`` says so."""
    *sagas, name = path.split("/")
    for each in sagas:
        graph = graph.children[each]
    return graph.facts[name]


def _services(here: Participants) -> Code:
    names = (here.attribute(service) for service in here.catalogue.services)
    return call("return Services", **dict.fromkeys(names, "player"))


def _decoded(kind: str, sample: Any) -> Code:
    return call("decode", kind, data_code(sample))


def _named(before: str, plain: Any) -> Code:
    return prefixed(before, data_code(plain))


def _assigned(name: str, kind: str, entries: list[tuple[str, Code]]) -> Code:
    items = tuple(prefixed(f"{key}: ", code) for key, code in entries)
    return Group(f"{name}: dict[str, {kind}] = {{", items, "}")
