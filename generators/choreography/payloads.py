"""What each event carries, with types: for documents, and to compare two versions of a saga."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from sagac.dsl.facts import OnUnknown, Position, Role
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Wait
from sagac.dsl.syntax import Expr
from sagac.dsl.types import Field, RecordType, Type
from sagac.generators.json_schema import may_be_null
from sagac.generators.python.catalogue import Catalogue
from sagac.generators.python.events import EventTypes
from sagac.generators.python.records import Records

from .events import Events, Told
from .parts import Edge, Node, Value

_SURE = (OnUnknown.COMPENSATE, OnUnknown.QUERY, OnUnknown.FAIL)


@dataclass(frozen=True, slots=True)
class Outside:
    """An event from outside: which services listen for it, and what its data may look like."""

    name: str
    services: tuple[str, ...]
    data: tuple[RecordType, ...]


class Payloads:
    """The values of each event of a projection, as fields: optional is what may be missing."""

    def __init__(self, events: Events, catalogue: Catalogue) -> None:
        self.events = events
        self.types: Mapping[str, Type] = catalogue.current.types
        self._nodes = events.projection.nodes
        self._scopes = {each.graph.saga.name.text: each for each in catalogue.scopes}
        self._records = Records(catalogue.all)

    @cached_property
    def named(self) -> Mapping[str, Told]:
        """Every event that has a name, by it."""
        return {name: told for told, name in self.events.names.items()}

    def values(self, told: Told) -> dict[str, Field]:
        """The values that an event carries, by name."""
        node = self._nodes[told.node]
        if (node.kind, told.outcome) == ("end", "done"):
            output = self._scopes[node.graph.saga.name.text].record(node.graph.output_type)
            return {each.name: Field(each.name, each.type, True) for each in output.fields}
        ways = [_carried(each) for each in self.events.projection.ways(told.node, told.outcome)]
        found = {name: value for way in ways for name, value in way.items()}
        everywhere = set(found).intersection(*ways)
        sure = {name for name in everywhere if self._sure(found[name], node, told.outcome)}
        return {
            name: Field(name, self._type(value), name not in sure)
            for name, value in sorted(found.items())
        }

    @cached_property
    def input(self) -> RecordType:
        """What a saga starts with."""
        graph = self.events.projection.graph
        return self._scopes[graph.saga.name.text].record(graph.saga.input)

    @cached_property
    def outside(self) -> tuple[Outside, ...]:
        """The events from outside, in the order of their first listener."""
        services: dict[str, dict[str, None]] = {}
        data: dict[str, dict[RecordType, None]] = {}
        for node in self._nodes.values():
            for event, record in self._heard(node):
                services.setdefault(event, {})[node.owner] = None
                data.setdefault(event, {})[record] = None
        return tuple(Outside(each, tuple(services[each]), tuple(data[each])) for each in services)

    # What travels

    def _type(self, value: Value) -> Type:
        return self._scopes[self._graph(value).saga.name.text].type(value.live.type)

    def _graph(self, value: Value) -> SagaGraph:
        """The saga whose value it is."""
        frame = value.name.rpartition("/")[0]
        found = (each for each in self._nodes.values() if each.frame.rstrip("/") == frame)
        return next(found).graph

    def _sure(self, value: Value, node: Node, outcome: str) -> bool:
        """Whether it is always there: an input, or what the step itself gives if it is done."""
        live = value.live
        if len(live.path) != 1 or may_be_null(self._type(value), self.types):
            return False
        if live.root == "input":
            field = self._graph(value).saga.input.field(live.path[0])
            return field is not None and not field.optional
        own = value.name == f"{node.makes}.{live.path[0]}"
        return own and (node.kind, outcome) == ("step", "done") and _gives(node, live.path[0])

    # From outside

    def _heard(self, node: Node) -> Iterator[tuple[str, RecordType]]:
        types = EventTypes(self._scopes[node.graph.saga.name.text], self._records)
        asked: list[tuple[str, RecordType | None, Expr | None]] = []
        if node.kind == "wait" and isinstance(node.item, Wait):
            item = node.item
            if item.event is not None:
                asked.append((item.event.text, item.output, item.match))
            asked += [
                (each.event.text, each.output, each.match)
                for each in item.first
                if each.event is not None
            ]
        cancel = self.events.projection.graph.saga.cancel
        if node.judge and cancel is not None:
            asked.append((cancel.event.text, None, cancel.match))
        for event, output, match in asked:
            yield event, types.record(event, output, match)


def _carried(edges: Iterable[Edge]) -> dict[str, Value]:
    return {name: value for edge in edges for name, value in edge.live.items()}


def _gives(node: Node, name: str) -> bool:
    """Whether a done step always has this output: no one passes it over, no person skips it."""
    facts = node.facts
    field = facts.output_type.field(name)
    written = field is not None and not field.optional
    sure = facts.role is not Role.OPTIONAL and facts.position is not Position.AFTER
    return written and sure and facts.on_unknown in _SURE
