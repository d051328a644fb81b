"""What the writers of one service's module share: its nodes, names, classes and policies."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from sagac.dsl.model import Step
from sagac.generators import naming
from sagac.generators.naming import Names
from sagac.generators.python.events import EventTypes
from sagac.generators.python.participants import Participants
from sagac.generators.python.policies import Policies, Policy, of_action, of_undo
from sagac.generators.python.records import Class
from sagac.generators.signatures import Action

from .events import Events
from .parts import Edge, Node, Projection
from .views import Asked, Sight, View

_CONSTANTS = ("NODES", "EDGES", "NAMES", "HEARS")
RUNTIME = ("Calling", "Edge", "Listening", "Node", "Table")


class Frames:
    """The sagas of a projection by their frame: what their expressions see."""

    def __init__(self, projection: Projection, here: Participants) -> None:
        self.projection = projection
        self.here = here
        self._scopes = {each.graph.saga.name.text: each for each in here.catalogue.scopes}
        self._sights: dict[str, Sight] = {}
        self._events: dict[str, EventTypes] = {}

    def sight(self, node: Node) -> Sight:
        """What the expressions of a node's saga see."""
        if node.frame not in self._sights:
            scope = self._scopes[node.graph.saga.name.text]
            self._sights[node.frame] = Sight(scope, self.here.records, node.frame)
        return self._sights[node.frame]

    def child(self, node: Node) -> Sight:
        """The same for the saga that a node uses."""
        frame = f"{node.partner if node.kind == 'back' else node.id}/"
        name = node.graph.children[node.facts.item.name.text].saga.name.text
        if frame not in self._sights:
            self._sights[frame] = Sight(self._scopes[name], self.here.records, frame)
        return self._sights[frame]

    def events(self, node: Node) -> EventTypes:
        """The classes of the events that the items of a node's saga wait for."""
        if node.frame not in self._events:
            self._events[node.frame] = EventTypes(self.sight(node).scope, self.here.records)
        return self._events[node.frame]

    def input_class(self, sight: Sight) -> str:
        """The class of what a saga starts with."""
        saga = sight.scope.graph.saga
        doc = naming.docstring(f"What the saga {saga.name} starts with")
        wanted = f"{naming.camel(saga.name.text)}Input"
        return self.here.records.owned(wanted, sight.scope.record(saga.input), doc)

    def output_class(self, sight: Sight) -> str:
        """The class of what a saga gives."""
        saga = sight.scope.graph.saga
        doc = naming.docstring(f"What the saga {saga.name} gives")
        record = sight.scope.record(sight.scope.graph.output_type)
        return self.here.records.owned(f"{naming.camel(saga.name.text)}Output", record, doc)


class Service:
    """One service of a projection."""

    def __init__(self, name: str, frames: Frames, events: Events) -> None:
        self.name = name
        self.frames = frames
        self.here = frames.here
        self.events = events
        self.projection = frames.projection
        self.classes: dict[str, Class] = {}
        self.keyed: set[str] = set()  # nodes that read the key of the saga
        given = self.here.records.given
        # a type of the saga may be called as a class of the runtime
        self.at = "nodes." if {*RUNTIME} & {*given} else ""
        names = Names({*given, *RUNTIME, "UUID"})
        self.constants = {each: names.fresh(each) for each in _CONSTANTS}
        self.policies = Policies(self._policies(), names)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """What it plays."""
        return tuple(n for n in self.projection.nodes.values() if n.owner == self.name)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """The edges that begin or end at its nodes."""
        own = {node.id for node in self.nodes}
        found = (e for e in self.projection.edges if e.source in own or e.target in own)
        return tuple(found)

    @property
    def is_called(self) -> bool:
        """Whether it has actions, so that there is a Protocol and a stub."""
        return self.name in self.here.catalogue.services

    def view(self, node: Node, purpose: str, *asked: Asked, own: str = "") -> View:
        """A view for what a node reads, and its class."""
        sight = self.frames.sight(node)
        reader = f"the undo of {node.makes}" if purpose.startswith("undo") else node.makes
        found = self.look(sight, f"{node.makes} {purpose}", reader, *asked, own=own)
        if found.keyed:
            self.keyed.add(node.id)
        return found

    def look(self, sight: Sight, wanted: str, reader: str, *asked: Asked, own: str = "") -> View:
        """The same for another place; ``wanted`` are the words of the class's name."""
        name = f"{naming.camel(wanted)}Values"
        found = sight.view(name, f"What {reader} reads", asked, own=own)
        if found.name is not None:
            self.classes[found.name] = sight.classes[found.name]
        return found

    def action(self, service: str, name: str) -> Action:
        """The signature of an action."""
        return self.here.action(service, name)

    def _policies(self) -> Iterator[tuple[Policy, str]]:
        for node in self.nodes:
            if node.kind == "step":
                yield of_action(node.facts), node.facts.action
        for node in self.nodes:
            undo = node.facts.compensation if node.compensates else None
            if undo is not None:
                yield of_undo(undo), undo.action


def is_step(node: Node) -> bool:
    """Whether a node calls an action going forward."""
    return node.kind == "step" and isinstance(node.item, Step)
