"""AsyncAPI documents: the official parser takes them, and what is really sent fits the schemas."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from sagac.dsl.graph import SagaGraph
from sagac.dsl.types import (
    Field,
    ListType,
    NamedType,
    OptionalType,
    Primitive,
    RecordType,
    SchemaType,
    Type,
)
from sagac.generators.base import Source
from sagac.generators.choreography.entries import BROKERS
from sagac.generators.choreography.envelope import Envelopes
from sagac.generators.choreography.events import Events
from sagac.generators.choreography.package import ChoreographyOptions
from sagac.generators.choreography.payloads import Payloads
from sagac.generators.choreography.project import project
from sagac.generators.json_schema import Schema, Schemas
from sagac.generators.python.catalogue import make_catalogue
from sagac.generators.registry import find
from sagac.templates.choreography.runtime.message import message_of
from sagac.templates.choreography.runtime.tokens import Course, Event
from sagac.verify.scenario import sample_input
from tests.properties.sagas import INPUTS, sagas
from tests.properties.test_random_sagas import faults

from .answers import failures
from .generated import imported
from .test_generated import ALL_KINDS, EXAMPLES, MORE, spec
from .test_machine import SPECS, graph_of, play
from .test_running import ORDER, PACKAGE, SERVICES, Handlers, play_on

# A folder whose node_modules hold the official parser (npm install @asyncapi/parser).
PARSER = os.environ.get("SAGAC_ASYNCAPI")
PROGRAM = """
const { Parser, fromFile } = require('@asyncapi/parser');
(async () => {
  const parser = new Parser(), wrong = [];
  for (const path of process.argv.slice(1)) {
    const { document, diagnostics } = await fromFile(parser, path).parse();
    const errors = diagnostics.filter((each) => each.severity === 0);
    if (!document || errors.length) wrong.push([path, errors.map((each) => each.message)]);
  }
  console.log(JSON.stringify(wrong));
})();
"""
CYCLE = """\
saga: tree-walk
version: 1
key: ${input.id}
services: { "end": {}, schemas: {}, handlers: {} }
types: { Node: { name: string, below: [Node] }, Colour: { enum: [red, green] } }
input:
  id: string
  tree: Node
  colour: Colour
  when: datetime
  pause: duration
  raw: bytes
  free: any
  sum?: decimal
  shape: { schema: { type: object, properties: { a: { $ref: "#/definitions/x" } }, definitions: { x: { type: integer } } } }
steps:
  - step: look
    service: schemas
    input: [tree, colour, when, pause, raw, free, sum, shape]
    effect: none
  - step: tell
    service: handlers
    input: [tree, colour, when, pause, raw, free, sum, shape]
    effect: none
  - step: send
    service: "end"
    input: [tree, colour, when, pause, raw, free, sum, shape]
    effect: none
"""


def envelopes(graph: SagaGraph) -> Envelopes:
    return Envelopes(Payloads(Events(project(graph)), make_catalogue(graph, ())))


def strict(schema: Schema) -> Draft7Validator:
    """Nothing may be sent that the schema does not tell of."""
    event = schema["properties"]["event"]
    values = event["properties"].setdefault("values", {"maxProperties": 0})
    for each in (schema, event, values):
        each["additionalProperties"] = False
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def check_told(graph: SagaGraph, told: Iterable[Event]) -> int:
    """Writes the events as messages and holds them against the schemas; how many there were."""
    writer = envelopes(graph)
    named = {told.key: (name, told) for name, told in writer.payloads.named.items()}
    known: dict[str, Draft7Validator] = {}
    number = 0
    for event in told:
        key = f"{event.node} {event.outcome}"
        if key in named:
            name, about = named[key]
            if key not in known:
                known[key] = strict(writer.event(name, about))
            saga = graph.saga
            message = message_of(event, saga.name.text, saga.version, name, Course("7", 1.5))
            wrong = [each.message for each in known[key].iter_errors(json.loads(message.body))]
            assert not wrong, (key, wrong)
            number += 1
    return number


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_what_the_examples_send(path: Path, tmp_path: Path) -> None:
    graph = spec(path)
    with imported(graph, tmp_path, "told_saga") as tables:
        for fault in failures(graph):
            world = play(graph, sample_input(graph), fault, 3, tables)
            assert check_told(graph, world.told)


def test_what_all_kinds_send(tmp_path: Path) -> None:
    graph = graph_of(ALL_KINDS)
    data = {"id": "7", "most": 1, "lines": [{"sku": "a", "count": 1}, {"sku": "b", "count": 0}]}
    with imported(graph, tmp_path, "told_kinds") as tables:
        for more in ({}, {"note": "quick"}):
            for fault in failures(graph):
                world = play(graph, data | more, fault, 5, tables)
                assert check_told(graph, world.told)


@given(text=sagas(), seed=st.integers(0, 2**16))
@settings(EXAMPLES, max_examples=int(MORE or 8))
def test_what_random_sagas_send(
    tmp_path_factory: pytest.TempPathFactory, text: str, seed: int
) -> None:
    graph = graph_of(text.replace("undo_order: sequence", "undo_order: parallel"))
    with imported(graph, tmp_path_factory.mktemp("told"), "told_random") as tables:
        for data in INPUTS:
            for fault in faults(graph):
                assert check_told(graph, play(graph, data, fault, seed, tables).told)


def test_what_may_be_missing_is_not_required() -> None:
    text = ALL_KINDS.replace("output: { place: string }", "output: { place?: string }")
    for source, required in ((ALL_KINDS, True), (text, False)):
        writer = envelopes(graph_of(source))
        schema = writer.event("TakeDone", writer.payloads.named["TakeDone"])
        values = schema["properties"]["event"]["properties"]["values"]
        assert ("take.place" in values["required"]) is required
        assert {"input.note", "take.place"} <= values["properties"].keys()
        assert "input.note" not in values["required"]


# The files


def files(graph: SagaGraph, target: str = "nats", documents: str = "") -> dict[str, str]:
    made = find("choreography", target).generate(
        graph, Source("spec", "0" * 64), (), ChoreographyOptions(documents=documents)
    )
    return {each.path: each.text for each in made.files}


@pytest.mark.parametrize("refuse", [None, "charge_payment"])
def test_messages_on_the_bus_fit_the_files(tmp_path: Path, refuse: str | None) -> None:
    graph = spec(ORDER)
    made = files(graph)
    document = yaml.safe_load(made["asyncapi.yaml"])
    with imported(graph, tmp_path, PACKAGE):
        sent: list[Any] = []
        bus = recording(sent)
        asyncio.run(play_on(tmp_path, Handlers(refuse), bus))
    assert len({each.subject for each in sent}) > 7
    for message in sent:
        name = message.subject.partition(".")[2]
        told = document["components"]["messages"][name]
        schema = json.loads(made[told["payload"]["$ref"]])
        assert list(strict(schema).iter_errors(json.loads(message.body))) == []
        headers = {**told["headers"], "components": document["components"]}
        assert list(Draft7Validator(headers).iter_errors(dict(message.headers))) == []
        assert document["channels"][message.subject]["address"] == message.subject
    wrong = {**sent[0].headers, "ce-type": "other.Event"}
    first = document["components"]["messages"][sent[0].subject.partition(".")[2]]["headers"]
    whole = {**first, "components": document["components"]}
    assert list(Draft7Validator(whole).iter_errors(wrong))


def recording(sent: list[Any]) -> Any:
    """A bus in one process that keeps what it carries."""
    bus = import_module(f"{PACKAGE}.generated.choreography.runtime.bus")

    class Recording(bus.LocalBus):  # type: ignore[name-defined,misc]
        async def publish(self, messages: Any) -> None:
            sent.extend(messages)
            await super().publish(messages)

    return Recording()


def test_operations_say_who_tells_and_who_hears() -> None:
    made = files(spec(ORDER))
    services = {each: yaml.safe_load(made[f"{each}/asyncapi.yaml"]) for each in SERVICES}
    whole = yaml.safe_load(made["asyncapi.yaml"])
    parts = {
        f"{name}.{key}": each["action"]
        for name, document in services.items()
        for key, each in document["operations"].items()
    }
    assert parts == {key: each["action"] for key, each in whole["operations"].items()}
    assert parts["payment.send.PaymentFailed"] == "send"
    assert parts["inventory.receive.PaymentFailed"] == "receive"
    assert parts["shipping.receive.outside.OrderCancelled"] == "receive"
    assert parts["order.receive.start"] == "receive"
    for name, document in services.items():
        for message in document["components"]["messages"].values():
            path = message["payload"]["$ref"]
            assert path.startswith("../"), name
            assert path.removeprefix("../") in made


def test_servers_are_those_of_the_target() -> None:
    graph = spec(ORDER)
    assert "servers" not in yaml.safe_load(files(graph, "local")["asyncapi.yaml"])
    for target in BROKERS:
        servers = yaml.safe_load(files(graph, target)["asyncapi.yaml"])["servers"]
        assert servers[target]["protocol"] == {"rabbitmq": "amqp"}.get(target, target)
        assert "guest" not in servers[target]["host"]


def test_documents_elsewhere_and_the_same_bytes() -> None:
    graph = spec(ORDER)
    made = files(graph, documents="docs/order")
    assert "asyncapi.yaml" not in made
    assert made["docs/order/asyncapi.yaml"] == files(graph)["asyncapi.yaml"]
    assert made == files(graph, documents="docs/order")


def test_services_with_the_names_of_other_folders() -> None:
    made = files(graph_of(CYCLE))
    assert {"end/asyncapi.yaml", "schemas_/asyncapi.yaml", "handlers_/asyncapi.yaml"} <= made.keys()


def test_types_as_schemas() -> None:
    types: dict[str, Type] = {
        "Node": RecordType((Field("below", ListType(NamedType("Node")), False),), "Node"),
        "Free": Primitive("any"),
    }
    schemas = Schemas(types)
    fields = {
        "tree": Field("tree", NamedType("Node"), False),
        "free": Field("free", NamedType("Free"), False),
        "sum": Field("sum", OptionalType(Primitive("decimal")), False),
        "list": Field("list", ListType(OptionalType(Primitive("string"))), False),
        "own": Field("own", SchemaType('{"$ref": "#/d/x", "d": {"x": {"const": 1}}}'), True),
    }
    written = schemas.record(fields)
    assert written["required"] == ["tree", "list"]  # what may be None is left out when it is
    whole = Draft7Validator({**written, "definitions": schemas.definitions})
    good = {"tree": {"below": [{"below": []}]}, "sum": "1.5", "list": ["a", None], "own": 1}
    assert list(whole.iter_errors(good)) == []
    for name, bad in (("tree", {"below": [{}]}), ("sum", 1.5), ("list", [1]), ("own", 2)):
        assert list(whole.iter_errors({**good, name: bad})), name


@pytest.mark.skipif(
    not (PARSER and shutil.which("node")),
    reason="SAGAC_ASYNCAPI names no folder with @asyncapi/parser, or there is no node",
)
def test_the_official_parser_has_nothing_to_say(tmp_path: Path) -> None:
    graphs = [*map(spec, SPECS), graph_of(ALL_KINDS), graph_of(CYCLE)]
    targets = ("local", *BROKERS)
    for number, graph in enumerate(graphs):
        for path, text in files(graph, targets[number % len(targets)]).items():
            if path.endswith(("asyncapi.yaml", ".schema.json")):
                place = tmp_path / str(number) / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, encoding="utf-8")
    documents = sorted(map(str, tmp_path.rglob("asyncapi.yaml")))
    assert len(documents) > 2 * len(graphs) > 2 * len(targets)
    done = subprocess.run(
        ["node", "--eval", PROGRAM, "--", *documents],
        cwd=PARSER,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert json.loads(done.stdout) == []
