"""The module of one service: ``table(service)`` with its nodes, edges, names and calls."""

from __future__ import annotations

from collections.abc import Iterable

from sagac.dsl.binder import Spot
from sagac.dsl.model import Saga
from sagac.generators import naming
from sagac.generators.base import Source
from sagac.generators.layout import Code, Group, call, prefixed, text, tuple_of
from sagac.generators.python.participants import class_rows, module
from sagac.generators.python.records import quoted
from sagac.generators.python.render import STANDARD, contract, template
from sagac.generators.python.values import SAGA, Values, WorkflowNames, number

from .callings import Callings
from .events import Events
from .parts import Edge, Node
from .service import RUNTIME, Service
from .writing import Nodes

_TYPED = ("chosen", "counted", "either", "given", "matching", "named", "plain", "undoing")


class TableWriter:
    """Writes the module of one service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._callings = Callings(service)
        self._nodes = Nodes(service, self._callings)

    def body(self) -> str:
        """The module without its imports; all classes that it needs are known after it."""
        service = self._service
        table = self._table()  # before the nodes: then it is known which read the saga's key
        constants = [
            self._constant("NODES", tuple_of(self._nodes.codes())),
            self._constant("EDGES", tuple_of(self._edge(each) for each in service.edges)),
            self._constant("NAMES", _mapping(service.events.of(service.name))),
            self._constant("HEARS", tuple_of(map(quoted, service.events.heard(service.name)))),
        ]
        return template(
            "choreography/table.body",
            policies=text(service.policies.code()),
            classes=[class_rows(each) for each in service.classes.values()],
            constants=text(constants),
            protocol=self._protocol(),
            result=f"{service.at}Table",
            doc=naming.docstring(f"What {service.name} plays of {self._saga.name}"),
            table=text([prefixed("return ", table)], 4),
        )

    def module(self, body: str, source: Source, own: dict[str, str]) -> str:
        """The text of the module; ``own`` imports the classes of the version."""
        here = self._service.here
        title = f"{self._saga.name}, version {self._saga.version}: the part of {self._service.name}"
        runtime = {
            **(dict.fromkeys(RUNTIME, "..runtime.nodes") if not self._service.at else {}),
            **dict.fromkeys(_TYPED, "..runtime.typed"),
            "nodes": "..runtime",
            "listeners": ".",
        }
        shared = {**contract("...contract"), **here.class_table("...types")}
        if self._service.is_called:
            attribute = here.attribute(self._service.name)
            runtime[here.protocol(self._service.name)] = f"...services.{attribute}"
        return module(source, title, body, STANDARD, shared, runtime, own)

    def _constant(self, name: str, code: Code) -> Code:
        return prefixed(f"{self._service.constants[name]} = ", code)

    def _edge(self, edge: Edge) -> Code:
        return call(
            f"{self._service.at}Edge",
            quoted(edge.name),
            quoted(edge.source),
            quoted(edge.target),
            label=None if edge.label is None else quoted(edge.label),
            way=None if edge.way == "plain" else quoted(edge.way),
            rule=None if edge.rule == "all" else quoted(edge.rule),
            live=tuple_of(map(quoted, edge.live)) if edge.live else None,
        )

    @property
    def _saga(self) -> Saga:
        return self._service.projection.graph.saga

    def _protocol(self) -> str:
        service = self._service
        return service.here.protocol(service.name) if service.is_called else "object"

    def _table(self) -> Code:
        saga, service = self._saga, self._service
        owns = {node.id: node for node in service.nodes}
        start = owns.get("start")
        constants = service.constants
        return call(
            f"{service.at}Table",
            saga=quoted(saga.name.text),
            version=str(saga.version),
            service=quoted(service.name),
            nodes=f"{{node.id: node for node in {constants['NODES']}}}",
            edges=constants["EDGES"],
            news=self._news(owns),
            deadline=number(saga.deadline.value) if saga.deadline and _judges(owns) else None,
            names=constants["NAMES"],
            hears=constants["HEARS"],
            listeners="listeners.LISTENERS",
            calls=_calls(self._callings.calls()),
            undos=_calls(self._callings.undos()),
            cancel=self._cancel(owns),
            key=None if start is None else self._key(start),
            input=None
            if start is None
            else service.frames.input_class(service.frames.sight(start)),
        )

    def _news(self, owns: dict[str, Node]) -> Code | None:
        found = {}
        for id, waits in self._service.projection.news.items():
            mine = [each for each in waits if each.partition("@")[0] in owns]
            if mine:
                found[id] = tuple_of(map(quoted, mine))
        items = (prefixed(f"{quoted(id)}: ", waits) for id, waits in found.items())
        return Group("{", tuple(items), "}") if found else None

    def _cancel(self, owns: dict[str, Node]) -> Code | None:
        cancel, judge = self._saga.cancel, _judges(owns)
        if cancel is None or judge is None:
            return None
        spot = Spot(items=False)
        return self._nodes.listening(judge, cancel.event.text, None, cancel.match, "keep", spot)

    def _key(self, start: Node) -> Code:
        """The key of a saga, from its input."""
        saga, sight = self._saga, self._service.frames.sight(start)
        names = WorkflowNames(sight.records)
        values = Values(names).bind("input", "input", sight.scope.record(saga.input))
        values = values.bind("saga", "saga", SAGA).at(("saga", "version"), str(saga.version))
        return f"lambda input: {values.text(saga.key)}"


def listeners(events: Events) -> str:
    """The body of a module that says what each service hears: some brokers make its queues."""
    rows = {each: events.heard(each) for each in events.projection.services}
    items = (
        prefixed(f"{quoted(each)}: ", tuple_of(map(quoted, names))) for each, names in rows.items()
    )
    return text([Group("LISTENERS: dict[str, tuple[str, ...]] = {", tuple(items), "}")])


def _judges(owns: dict[str, Node]) -> Node | None:
    return next((node for node in owns.values() if node.judge), None)


def _mapping(names: dict[str, str]) -> Code:
    items = tuple(f"{quoted(key)}: {quoted(name)}" for key, name in names.items())
    return Group("{", items, "}")


def _calls(calls: Iterable[tuple[str, Code]]) -> Code | None:
    items = tuple(prefixed(f"{quoted(id)}: ", code) for id, code in calls)
    return Group("{", items, "}") if items else None
