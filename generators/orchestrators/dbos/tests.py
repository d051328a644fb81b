"""Generated tests: every failure of every step, with the calls that the simulator foresees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Foreach, Parallel, Step
from sagac.generators.base import GeneratedFile, Played, PlayedCase, Source
from sagac.generators.layout import Code, Group, call, prefixed, text
from sagac.generators.python.literals import data_code, literal
from sagac.generators.python.participants import Participants, module
from sagac.generators.python.records import quoted
from sagac.generators.python.render import STANDARD, contract, engine, template

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
        ordered=not _side_by_side(graph),
        racing=_racing(graph),
        outputs=text([_assigned("OUTPUTS", "object", _outputs(here, played))]),
        refusals=text([_assigned("REFUSALS", "object", _refusals(here, graph, played))]),
        input=text([_named("INPUT: Any = ", played.input)]),
        cases=text([Group("CASES: list[Case] = [", tuple(map(_case, played.cases)), "]")]),
        services=text([_services(here)], 8).strip(),
    )
    folder = f"{here.package}/generated"
    tables = {**contract("..contract"), "caller": "..engine"}
    tables |= {"Services": "..services", "DEFINITIONS": f"..v{version}"}
    tables |= here.class_table("..types")
    doc = f"Every failure of every step of {graph.saga.name}, played with services that note calls"
    written = module(source, doc, body, STANDARD, _IMPORTS, engine("..engine"), tables)
    yield GeneratedFile(f"{folder}/tests/test_paths.py", written)
    yield GeneratedFile(f"{folder}/tests/__init__.py", '"""Tests of the generated code."""\n')


def _side_by_side(graph: SagaGraph) -> bool:
    items = (facts.item for facts in graph.facts.values())
    return any(
        isinstance(item, Parallel) or (isinstance(item, Foreach) and item.mode == "parallel")
        for item in items
    )


def _racing(graph: SagaGraph) -> bool:
    joins = (getattr(facts.item, "join", "all") for facts in graph.facts.values())
    return any(join not in ("all", "settled") for join in joins)


def _case(case: PlayedCase) -> Code:
    return call(
        "Case",
        quoted(case.name),
        fails=data_code(dict(case.fails)),
        state=quoted(case.state),
        step=literal(case.step),
        reason=literal(case.reason),
        calls=Group("[", tuple(map(quoted, case.calls)), "]"),
        events=Group("[", tuple(_event(*each) for each in case.events), "]"),
    )


def _event(name: str, data: Any) -> Code:
    return Group("(", (quoted(name), data_code(data)))


def _outputs(here: Participants, played: Played) -> list[tuple[str, Code]]:
    found = []
    for scope in here.catalogue.scopes:
        for name, facts in scope.graph.facts.items():
            if isinstance(facts.item, Step) and name in played.outputs:
                kind = here.records.output(here.action(facts.service, facts.action)) or "object"
                found.append((quoted(name), _decoded(kind, played.outputs[name])))
    return found


def _refusals(here: Participants, graph: SagaGraph, played: Played) -> list[tuple[str, Code]]:
    found = []
    for name, facts in graph.facts.items():
        action = here.action(facts.service, facts.action) if isinstance(facts.item, Step) else None
        for refusal, data in action.refusals if action else ():
            if action is not None and (name, refusal) in played.refusals:
                kind = here.records.refusal(action, refusal, data)
                sample = played.refusals[name, refusal]
                found.append((quoted(f"{name}: {refusal}"), _decoded(kind, sample)))
    return found


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
