"""DA005 sensitive-data-in-event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.graph import Edge, Live, SagaGraph
from sagac.dsl.inline import inlined
from sagac.dsl.rules.rule import Rule
from sagac.dsl.span import Span
from sagac.dsl.types import ListType, OptionalType, RecordType, SchemaType, Type

RULE = Rule(
    code="DA005",
    summary="A value that is marked as sensitive would travel in the events between services.",
    why="Events carry what later steps read. They are stored, copied and kept by every service on"
    " the way and by the broker, so a card number in one of them is out of anybody's hands. A"
    " field is marked by `x-sensitive: true` in its `schema`.",
    example="""\
saga: example
version: 1
key: ${input.id}
services: { shop: {}, payment: {} }
input:
  id: string
  card: { schema: { type: string, x-sensitive: true } }
steps:
  - step: open_order
    service: shop
    input: [id]
    compensate: close_order
  - step: charge
    service: payment
    role: pivot
    input: [id, card]
""",
    use_instead="""\
saga: example
version: 1
key: ${input.id}
services: { shop: {}, payment: {} }
input:
  id: string
  card_token: string
steps:
  - step: open_order
    service: shop
    input: [id]
    compensate: close_order
  - step: charge
    service: payment
    role: pivot
    input: [id, card_token]
""",
)
MARK = "x-sensitive"


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each sensitive value on an edge between two services, once per value."""
    types = {name: inlined(each, graph.saga.types) for name, each in graph.saga.types.items()}
    if not any(MARK in each for each in _schemas(graph, types)):
        return
    told: set[tuple[str, tuple[str, ...]]] = set()
    known: dict[int, list[Live]] = {}
    for edge in graph.edges:
        if graph.nodes[edge.source].owner == graph.nodes[edge.target].owner:
            continue
        if id(edge.live) not in known:
            known[id(edge.live)] = [each for each in edge.live if _is_sensitive(each, graph, types)]
        for live in known[id(edge.live)]:
            if (live.root, live.path) not in told:
                told.add((live.root, live.path))
                yield _finding(graph, edge, live)


def _finding(graph: SagaGraph, edge: Edge, live: Live) -> Diagnostic:
    source, target = graph.nodes[edge.source], graph.nodes[edge.target]
    text = ".".join((live.root, *live.path))
    place = _declared(graph, live)
    labels: tuple[Label, ...] = ()
    reader = _reader(graph, live)
    if reader is not None:
        labels = (Label("reads it", reader),)
    return diagnostic(
        "DA005",
        place,
        f"`{text}` is marked `{MARK}` and would travel in an event from {source.owner!r} to"
        f" {target.owner!r}, where it is stored and copied.",
        help="Keep the value in the service that owns it, and pass a reference to it (a token, an"
        " id); or let one service do all the steps that need it.",
        labels=labels,
    )


def _declared(graph: SagaGraph, live: Live) -> Span:
    """Where the field stands that the value comes from."""
    record = _root(graph, live.root)
    if isinstance(record, RecordType) and live.path:
        field = record.field(live.path[0])
        if field is not None and field.span.file:
            return field.span
    facts = graph.facts.get(live.root)
    return facts.item.name.span if facts is not None else graph.saga.name.span


def _reader(graph: SagaGraph, live: Live) -> Span | None:
    for facts in graph.facts.values():
        for reach in (*facts.reads, *facts.undo_reads):
            if (reach.root, reach.path) == (live.root, live.path):
                return reach.span
    return None


def _root(graph: SagaGraph, name: str) -> Type | None:
    if name == "input":
        return graph.saga.input
    facts = graph.facts.get(name)
    return facts.output_type if facts is not None else None


def _read(schema: str) -> Any:
    import json  # few sagas hold a schema

    return json.loads(schema)


def _is_sensitive(live: Live, graph: SagaGraph, types: Mapping[str, Type]) -> bool:
    type_ = _root(graph, live.root)
    if type_ is None:
        return _holds_mark(inlined(live.type, types))
    type_ = inlined(type_, types)
    for position, name in enumerate(live.path):
        if isinstance(type_, SchemaType):
            return _marked(_property(_read(type_.schema), live.path[position:]))
        field = type_.field(name) if isinstance(type_, RecordType) else None
        if field is None:
            return _holds_mark(inlined(live.type, types))
        type_ = field.type.inner if isinstance(field.type, OptionalType) else field.type
    return _holds_mark(type_)


def _holds_mark(type_: Type) -> bool:
    match type_:
        case SchemaType(schema):
            return MARK in schema and _marked(_read(schema))
        case ListType(inner) | OptionalType(inner):
            return _holds_mark(inner)
        case RecordType(fields):
            return any(_holds_mark(each.type) for each in fields)
    return False


def _property(schema: Any, path: tuple[str, ...]) -> Any:
    """The part of a schema that ``path`` leads to; the whole, marked or not, if it leads astray."""
    for name in path:
        if not isinstance(schema, dict) or schema.get(MARK) is True:
            return schema
        properties = schema.get("properties")
        if not isinstance(properties, dict) or name not in properties:
            return schema
        schema = properties[name]
    return schema


def _marked(schema: Any) -> bool:
    todo = [schema]
    while todo:
        here = todo.pop()
        if isinstance(here, dict):
            if here.get(MARK) is True:
                return True
            todo.extend(here.values())
        elif isinstance(here, list):
            todo.extend(here)
    return False


def _schemas(graph: SagaGraph, types: Mapping[str, Type]) -> Iterator[str]:
    todo: list[Type] = [graph.saga.input, *types.values()]
    todo += (each.output_type for each in graph.facts.values() if each.output_type.fields)
    while todo:
        match todo.pop():
            case SchemaType(schema):
                yield schema
            case ListType(inner) | OptionalType(inner):
                todo.append(inner)
            case RecordType(fields):
                todo.extend(each.type for each in fields)
