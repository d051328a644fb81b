"""What each event is called, which services tell it, and which hear it and do what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from sagac.dsl.model import EventNames, Foreach, Item, Repeat, Step, Undo
from sagac.generators import naming
from sagac.generators.naming import Names

from .parts import Edge, Node, Projection
from .telling import Outcomes

_BACK = ("failed", "aborted", "undone", "released")
_WRITTEN = ("done", "failed", "undone", "skipped")
# what decides how it goes on: without it an observer could not say where a saga is
_SHOWN = ("step", "undo", "wait", "fail", "decision", "loop", "pick", "scope", "leave")
_WHOLE = {
    ("start", "done"): "Started",
    ("start", "undone"): "Compensated",
    ("end", "done"): "Completed",
    ("end", "ended"): "Ended",
}


@dataclass(frozen=True, slots=True)
class Told:
    """An event: the outcome of a node. ``node`` is the one it speaks of."""

    node: str
    outcome: str

    @property
    def key(self) -> str:
        """How a table finds the event's name."""
        return f"{self.node} {self.outcome}"


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a service does when it hears an event."""

    service: str
    told: Told
    text: str


class Events:
    """All events of a projection."""

    def __init__(self, projection: Projection) -> None:
        self.projection = projection
        self.outcomes = Outcomes(projection)

    @cached_property
    def tellers(self) -> Mapping[Told, tuple[str, ...]]:
        """Each event and the services that may tell it, in the order of the nodes."""
        found: dict[Told, list[str]] = {}
        for node in self.projection.nodes.values():
            for outcome in self.outcomes.of(node):
                services = found.setdefault(Told(speaks_for(node), outcome), [])
                if node.owner not in services:
                    services.append(node.owner)
        return {told: tuple(services) for told, services in found.items()}

    @cached_property
    def reactions(self) -> tuple[Reaction, ...]:
        """What services do about the events of others."""
        found = (each for told in self.tellers for each in self._reactions(told))
        return tuple(dict.fromkeys(found))

    @cached_property
    def names(self) -> Mapping[Told, str]:
        """The names of the events that somebody hears or that an observer wants to know."""
        names = Names()
        heard = {each.told for each in self.reactions}
        wanted = [told for told in self.tellers if told in heard or self._shows(told)]
        written = {told: self._written(told) for told in wanted}
        given = {told: names.of(told, name) for told, name in written.items() if name is not None}
        return {told: given.get(told) or names.of(told, self._derived(told)) for told in wanted}

    def of(self, service: str) -> dict[str, str]:
        """``NODE OUTCOME`` -> name, for what a service tells."""
        tells = (told for told, services in self.tellers.items() if service in services)
        return {told.key: self.names[told] for told in tells if told in self.names}

    def heard(self, service: str) -> tuple[str, ...]:
        """The names of the events that a service subscribes to."""
        found = (self.names[each.told] for each in self.reactions if each.service == service)
        return tuple(dict.fromkeys(found))

    # Names

    def _shows(self, told: Told) -> bool:
        """Whether it says something about an item, not only about the graph."""
        node = self.projection.nodes[told.node]
        if node.item is None:
            return (told.node, told.outcome) in _WHOLE
        if node.compensates or node.undoer is not None:
            return True
        if node.kind == "gather" and asks(node.item):
            return True
        return node.kind in _SHOWN or told.outcome in ("stuck", "unstuck")

    def _written(self, told: Told) -> str | None:
        """The name that the file gives, in front of it the place of a saga that is used."""
        node = self.projection.nodes[told.node]
        if told.outcome not in _WRITTEN or not isinstance(node.item, Step | Undo):
            return None
        if node.kind not in ("step", "undo"):
            return None
        events: EventNames = node.item.events
        name = getattr(events, told.outcome)
        return None if name is None else naming.event(*_places(node.frame), name.text)

    def _derived(self, told: Told) -> str:
        node = self.projection.nodes[told.node]
        saga = self.projection.graph.saga.name.text
        if told.outcome == "accepted":
            return naming.event(saga, "halt", "accepted")
        if node.item is None:
            word = _WHOLE.get((told.node, told.outcome))
            return naming.event(saga, word or f"{node.id} {told.outcome}")
        return naming.event(*node.id.replace(":", "/").split("/"), told.outcome)

    # Who hears what

    def _reactions(self, told: Told) -> Iterator[Reaction]:
        tellers = self.tellers[told]
        for service, text in self._answers(told):
            if any(each != service for each in tellers):
                yield Reaction(service, told, text)

    def _answers(self, told: Told) -> Iterator[tuple[str, str]]:
        nodes = self.projection.nodes
        for edge in self.projection.after[told.node]:
            text = _forward(edge, told.outcome, nodes[edge.target])
            if text is not None and self._is_read(told, nodes[edge.target]):
                yield nodes[edge.target].owner, text
        for edge in self.projection.before[told.node]:
            if told.outcome in _BACK and self._went(edge, told.outcome):
                yield nodes[edge.source].owner, _backward(nodes[edge.source])
        yield from self._wide(told)

    def _is_read(self, told: Told, target: Node) -> bool:
        """Whether a node after it takes anything from it: an undo is none of its business."""
        if told.outcome not in ("failed", "aborted", "undone"):
            return True
        node = self.projection.nodes[told.node]
        breaks = told.outcome != "undone" or self.outcomes.breaks_unknown(node)
        return breaks and self.outcomes.reads_aborts(target)

    def _went(self, edge: Edge, outcome: str) -> bool:
        """Whether something can have gone along ``edge`` if its target says this."""
        return edge.way != "past" and (outcome != "aborted" or self.outcomes.other_breaks(edge))

    def _wide(self, told: Told) -> Iterator[tuple[str, str]]:
        nodes, services = self.projection.nodes, self.projection.services
        name = f"{told.node}!" if told.outcome == "done" else told.node
        if told.outcome in ("done", "failed", "undone"):
            for wait in self.projection.news.get(name, ()):
                node = nodes[wait.partition("@")[0]]
                yield node.owner, f"stops waiting in {node.makes}"
        if told.outcome == "rest":
            yield nodes["end"].owner, "waits for one branch less before the end"
        if told.outcome == "accepted":
            for service in services:
                if any(_halts(each) for each in nodes.values() if each.owner == service):
                    yield service, "begins nothing new before the point of no return"
        if told.outcome == "ended":
            yield from ((each, "lets go of the saga") for each in services if self._holds(each))
        if told == Told("start", "done") and self.outcomes.halts:
            judge = next(each for each in nodes.values() if each.judge)
            yield judge.owner, "may be asked to cancel it from now on"

    def _holds(self, service: str) -> bool:
        """Whether a service keeps something until the saga has ended: a lock, an ear, a deadline.

        To all others the end is a message for nothing.
        """
        nodes = [each for each in self.projection.nodes.values() if each.owner == service]
        locks = any(getattr(each.item, "locks", ()) for each in nodes)
        judges = self.outcomes.halts and any(each.judge for each in nodes)
        return locks or judges or any(each.kind == "wait" for each in nodes)


def asks(item: Item | None) -> bool:
    """Whether only the loop itself knows if one more element or round comes."""
    if isinstance(item, Foreach):
        return item.mode == "sequence" and item.join not in ("all", "settled")
    return isinstance(item, Repeat)


def speaks_for(node: Node) -> str:
    """The node that the events of ``node`` speak of: an undoer's of the step that it undoes."""
    return node.partner or node.id if node.kind == "undoer" else node.id


def _places(frame: str) -> list[str]:
    return [each for each in frame.split("/") if each]


def _halts(node: Node) -> bool:
    return node.kind in ("step", "wait") and node.facts.cancellable


def _forward(edge: Edge, outcome: str, target: Node) -> str | None:
    if edge.way in ("into", "again", "back"):
        return None
    if edge.way == "reverse":
        return f"calls {_undo(target)}" if outcome == "returning" else None
    if edge.rule == "handler":
        return f"begins {target.id} instead" if outcome == "handling" else None
    if outcome == "done":
        return _begins(target)
    if outcome == "skipped":
        return f"passes over {target.id}"
    return f"does not begin {target.id}" if outcome in ("failed", "aborted", "undone") else None


def _begins(target: Node) -> str:
    match target.kind:
        case "step":
            return f"calls {target.facts.action}"
        case "wait":
            return f"waits in {target.makes}"
        case "decision":
            return f"decides {target.id}"
        case "end":
            return "has completed the saga"
    return f"goes on at {target.id}"


def _backward(source: Node) -> str:
    if source.kind == "start":
        return "has compensated the saga"
    if source.compensates:
        return f"calls {_undo(source)}"
    return f"asks for the undo of {source.id}" if source.undoer else f"goes back at {source.id}"


def _undo(node: Node) -> str:
    undo = node.facts.compensation
    return undo.action if undo is not None else f"the undo of {node.makes}"
