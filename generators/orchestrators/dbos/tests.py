"""Generated tests: every failure of every step, with the calls that the simulator foresees."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
        services=text([_services(here)], 4).strip(),
    )
    folder = f"{here.package}/generated"
    tables = {**contract("..contract"), "check": ".order"}
    tables |= dict.fromkeys(("Case", "Setting", "play"), ".player")
    tables |= {"Services": "..services", "DEFINITIONS": f"..v{version}"}
    tables |= here.class_table("..types")
    doc = f"Every failure of every step of {graph.saga.name}, played with services that note calls"
    written = module(source, doc, body, STANDARD, _IMPORTS, engine("..engine"), tables)
    yield GeneratedFile(f"{folder}/tests/test_paths.py", written)
    for name in ("order.py", "player.py"):
        always = (ROOT / "dbos" / "testing" / name).read_text(encoding="utf-8")
        # as a template it lies one folder deeper, beside those of other engines
        always = always.replace("from ...contract", "from ..contract")
        yield GeneratedFile(f"{folder}/tests/{name}", _ALWAYS + always)
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
        cut=_texts(case.cut),
        events=_listed("[", [_event(*each) for each in case.events], "]"),
        changed=data_code(dict(case.changed)) if case.changed else None,
        passing=_texts(case.passing),
        answers=_listed("{", [_answer(*each) for each in case.answers.items()], "}"),
        late=_texts(case.late),
        endless=quoted(case.endless) if case.endless else None,
        marks=_texts(case.marks),
        during=Group("(", tuple(map(quoted, case.during))) if case.during else None,
        taken=quoted(case.taken) if case.taken else None,
    )


def _texts(texts: Sequence[str]) -> Code | None:
    return _listed("[", list(map(quoted, texts)), "]")


def _listed(open: str, items: Sequence[Code], close: str) -> Code | None:
    """What is empty is left out."""
    return Group(open, tuple(items), close) if items else None


def _event(wait: str, name: str, data: Any) -> Code:
    return Group("(", (quoted(wait), quoted(name), data_code(data)))


def _answer(path: str, said: tuple[str, Any]) -> Code:
    return prefixed(f"{quoted(path)}: ", Group("(", (quoted(said[0]), data_code(said[1]))))


def _lanes(lanes: Mapping[str, str]) -> list[tuple[str, Code]]:
    return [(quoted(call), quoted(lane)) for call, lane in lanes.items()]


def _outputs(here: Participants, graph: SagaGraph, played: Played) -> list[tuple[str, Code]]:
    found = []
    for path, sample in played.outputs.items():
        facts = _facts(graph, path.partition(":")[0])
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
