"""The flow of a saga as nodes in the lanes of teams, and edges between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from .outline import Frame, Outline, Part, Unit


@dataclass(frozen=True, slots=True)
class Node:
    """A box (``unit``) or, for a frame, the sign where it opens or closes."""

    id: str
    team: str
    unit: Unit | None = None
    frame: Frame | None = None
    closes: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """``again``: the way back to the beginning of a loop; ``aside``: only on the way back."""

    source: str
    target: str
    label: str = ""
    again: bool = False
    aside: bool = False


@dataclass(slots=True)
class Flow:
    """Nodes in the order of the file; ``teams`` in the order of their first node."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)

    @property
    def teams(self) -> tuple[str, ...]:
        """The lanes."""
        return tuple(dict.fromkeys(node.team for node in self.nodes))


Exits = list[tuple[str, str]]  # where the way goes on from, each with the label of its edge


def flow(plan: Outline) -> Flow:
    """Nodes and edges of ``plan``; ``start`` and ``end`` stand in the lane of their neighbour."""
    made = Flow()
    made.nodes.append(Node("start", plan.parts[0].team if plan.parts else ""))
    exits = _list(made, plan.parts, [("start", "")])
    if exits:
        teams = {node.id: node.team for node in made.nodes}
        made.nodes.append(Node("end", teams[exits[0][0]]))
        _join(made, exits, "end")
    return made


def _list(made: Flow, parts: Sequence[Part], entry: Exits) -> Exits:
    """Adds a list of parts; each comes after what it needs, else after the entry."""
    exits: dict[str, Exits] = {}
    needed: set[str] = set()
    for part in parts:
        needs = [each for each in part.needs if each in exits]  # of this list; others are around it
        before = [each for need in needs for each in exits[need]]
        needed.update(needs)
        ended = bool(needs) and not before
        name = part.id.removesuffix("~frame")
        if isinstance(part, Unit) and not part.acts and not part.needs and len(parts) > 1:
            _part(made, part, entry)  # nothing waits for it, the next one has the same entry
            continue
        exits[name] = [] if ended else _part(made, part, before if needs else entry)
    last = [each for name, found in exits.items() if name not in needed for each in found]
    return list(dict.fromkeys(last)) if parts else entry


def _part(made: Flow, part: Part, entry: Exits) -> Exits:
    if isinstance(part, Frame):
        return _frame(made, part, entry)
    made.nodes.append(Node(part.id, part.team, unit=part))
    if not part.acts:
        made.edges += [Edge(source, part.id, aside=True) for source, _ in entry[:1]]
        return entry
    _join(made, entry, part.id)
    return [] if part.kind == "fail" else [(part.id, "")]


def _frame(made: Flow, frame: Frame, entry: Exits) -> Exits:
    opens, closes = f"{frame.id}:opens", f"{frame.id}:closes"
    if frame.kind in ("step", "group"):
        return _scope(made, frame, entry)
    made.nodes.append(Node(opens, frame.team, frame=frame))
    _join(made, entry, opens)
    exits: Exits = []
    for region in frame.regions:
        exits += _list(made, region.parts, [(opens, region.label)])
    if not exits:
        return []
    if frame.loops or len(frame.regions) > 1 or frame.kind == "foreach":
        made.nodes.append(Node(closes, frame.team, frame=frame, closes=True))
        _join(made, exits, closes)
        if frame.loops:
            made.edges.append(Edge(closes, opens, _loop_label(frame), again=True))
        return [(closes, "")]
    return exits


def _scope(made: Flow, frame: Frame, entry: Exits) -> Exits:
    """A group or a step with a way out: the handlers leave from its first node, labelled."""
    start = len(made.nodes)
    exits = _list(made, frame.regions[0].parts, entry)
    if frame.pivot:
        note = f"in {frame.id.removesuffix('~frame')}: point of no return"
        made.nodes[start:] = [replace(node, note=note) for node in made.nodes[start:]]
    acting = [node.id for node in made.nodes[start:] if node.unit is None or node.unit.acts]
    for region in frame.regions[1:]:
        source = [(acting[0], region.label)] if acting else entry
        exits = [*exits, *_list(made, region.parts, source)]
    return exits


def _loop_label(frame: Frame) -> str:
    return "again" if frame.kind == "repeat" else "next"


def _join(made: Flow, exits: Iterable[tuple[str, str]], target: str) -> None:
    made.edges += [Edge(source, target, label) for source, label in exits]
