"""Live data of a projection: what a node's event has to say, for the nodes and undos after it.

A value goes around a loop or a sub-saga where it is not read inside: the enter and the exit belong
to one service, or an edge goes past. So events carry what is read after them and no more.
"""

from __future__ import annotations

from collections.abc import Iterable

from sagac.dsl.facts import Reach
from sagac.dsl.graph import Live, SagaGraph
from sagac.dsl.model import Choose, Foreach, Item, Parallel, Repeat, Wait
from sagac.dsl.reach import reads
from sagac.dsl.relations import STRING
from sagac.dsl.syntax import Value as Written
from sagac.dsl.types import Primitive

from .parts import Edge, Node, Projection, Value

_APART = ("saga", "event")
_OUTCOME = "~outcome"  # what an element of a loop says of itself


def fill(projection: Projection) -> None:
    """Writes to each edge the values that are read after it and may be there before it."""
    flow = _Flow(projection)
    types = dict(_types(projection.graph, "")) | {_OUTCOME: Live(_OUTCOME, (), STRING)}
    cancelling = dict(_cancelling(projection.graph))
    for edge in projection.edges:
        names = (flow.carried(edge) | flow.returned(edge)) & flow.there[edge.source]
        edge.live = {name: Value(name, types[name]) for name in sorted(names) if name in types}
        if edge.source == "start":
            edge.live |= {name: Value(name, each) for name, each in sorted(cancelling.items())}


def _cancelling(graph: SagaGraph) -> Iterable[tuple[str, Live]]:
    """What of the input says which saga a cancel is meant for: the judge hears it at the start."""
    match = graph.saga.cancel.match if graph.saga.cancel is not None else None
    for reach in reads(match):
        found = graph.saga.input.field(reach.path[0]) if reach.root == "input" else None
        if found is not None:
            yield f"input.{found.name}", Live("input", (found.name,), found.type)


class _Flow:
    """``raw``: what is read at a node or after it; ``need``: the same without what it makes."""

    def __init__(self, projection: Projection) -> None:
        self.projection = projection
        self.raw: dict[str, set[str]] = {}
        self.need: dict[str, set[str]] = {}
        order = _order(projection)
        for id in reversed(order):
            self._look_back(projection.nodes[id])
        self.there: dict[str, set[str]] = {id: set() for id in order}
        for id in order:
            self._look_ahead(projection.nodes[id])

    def carried(self, edge: Edge) -> set[str]:
        """What travels along ``edge``."""
        target = self.projection.nodes[edge.target]
        if edge.way in ("into", "again", "back"):
            return set()
        if edge.way == "out":
            return self._given(target, in_sequence=target.sequence)
        if edge.way == "bypass":
            return {name for name in self.need[target.id] if not self._is_inside(target, name)}
        if target.kind == "back" and edge.source != target.partner:
            return {each for each in self.raw[target.id] if each.startswith(f"{target.partner}/")}
        return self.need[target.id]

    def returned(self, edge: Edge) -> set[str]:
        """What the target of ``edge`` tells its source on the way back."""
        source = self.projection.nodes[edge.source]
        return _used(source) if edge.way == "back" and source.kind == "undo" else set()

    def _given(self, join: Node, *, in_sequence: bool) -> set[str]:
        """What the elements give to the join of a loop."""
        raw = self.raw[join.id]
        if not join.columns:
            return {name for name in raw if self._is_inside(join, name)}
        if in_sequence:
            return {name for name, _ in join.columns if name in raw}
        return {each for name, each in join.columns if name in raw}

    def _is_inside(self, join: Node, name: str) -> bool:
        """Whether a value is made inside the loop that ``join`` ends."""
        root = name.partition(".")[0]
        makers = self.projection.nodes.values()
        return any(each.makes == root and join.makes in each.parents for each in makers)

    def _look_back(self, node: Node) -> None:
        raw = _used(node)
        for edge in self.projection.before[node.id]:
            raw |= self.returned(edge)
        for edge in self.projection.after[node.id]:
            raw |= self.carried(edge) if edge.target in self.need else set()
            if edge.way == "into":
                raw |= self.need[edge.target]
        if node.kind == "leave" or node.loop is not None:
            elements = {each for name, each in node.columns if name in raw}
            raw = {each for each in raw if each not in dict(node.columns)} | elements
        if node.kind == "child":
            raw |= {n for n in self.need[node.partner or ""] if not n.startswith(f"{node.id}/")}
        self.raw[node.id] = raw
        made = _made(node)
        self.need[node.id] = {each for each in raw if not each.startswith(made)}

    def _look_ahead(self, node: Node) -> None:
        there = self.there[node.id]
        made = _made(node)
        there |= {each for each in self.raw[node.id] if each.startswith(made)}
        there |= {each for pair in node.columns for each in pair if pair[0] in self._all}
        for edge in self.projection.after[node.id]:
            if edge.way != "again":
                self.there[edge.target] |= there

    @property
    def _all(self) -> set[str]:
        return {each for raw in self.raw.values() for each in raw}


def _used(node: Node) -> set[str]:
    if node.item is None:
        output = node.graph.saga.output if node.kind == "end" and not node.frame else None
        return _names(node, output)
    facts = node.facts
    found: set[str] = set()
    match node.kind:
        case "step" | "undo" | "wait" | "undoer":
            found = _reach(node, facts.reads)
            found |= {
                n for n in _reach(node, facts.undo_reads) if not n.startswith(f"{node.makes}.")
            }
            if node.kind == "undoer":
                found |= {n for n in _reach(node, facts.undo_reads) if n.startswith(node.makes)}
            found |= _locked(node)
        case "fail" | "child" | "loop":
            found = _reach(node, facts.reads)
        case "decision":
            found = _asked(node, node.item)
        case "back":
            child = node.graph.children[node.item.name.text]
            return {f"{node.partner}/{each}" for each in _plain(child.saga.output)}
        case _ if node.compensates or node.undoer:
            found = _reach(node, facts.undo_reads)
        case "pass" if isinstance(node.item, Parallel):
            found = _reach(node, facts.reads)
        case "pass" if node.loop and isinstance(node.item, Repeat):
            found = _names(node, node.item.until)
    return found


def _locked(node: Node) -> set[str]:
    """What the keys of its locks read."""
    locks = (node.graph.saga.locks[each.text] for each in getattr(node.item, "locks", ()))
    return {name for lock in locks for name in _names(node, lock.key)}


def _asked(node: Node, item: Item) -> set[str]:
    if node.id.endswith(":if"):
        return _names(node, item.condition)
    if isinstance(item, Wait):
        return {f"{node.makes}.won"}
    return _reach(node, node.facts.reads) if isinstance(item, Choose) else set()


def _made(node: Node) -> tuple[str, ...]:
    """Beginnings of the names that come to be at a node."""
    if node.kind == "start":
        return ("input.",)
    if node.kind == "child":
        return (f"{node.id}/input.",)
    if node.kind in ("step", "wait", "back"):
        return (f"{node.makes}.",)
    if node.kind == "loop" and isinstance(node.item, Foreach) and node.item.variable is not None:
        name = f"{node.frame}{node.item.variable}"
        return (f"{name}.", name)
    if node.kind in ("gather", "pick") and not isinstance(node.item, Repeat):
        return (f"{node.makes}.",)
    if node.kind == "leave" and isinstance(node.item, Parallel):
        return (f"{node.makes}.{node.id.rpartition(':')[2]}.",)
    return ("\0",)


def _names(node: Node, value: Written | None) -> set[str]:
    return {f"{node.frame}{each}" for each in _plain(value)}


def _plain(value: Written | None) -> set[str]:
    return {".".join((each.root, *each.path)) for each in reads(value) if each.root not in _APART}


def _reach(node: Node, found: Iterable[Reach]) -> set[str]:
    outer = (each for each in found if each.root not in _APART)
    return {f"{node.frame}{'.'.join((each.root, *each.path))}" for each in outer}


def _types(graph: SagaGraph, frame: str) -> Iterable[tuple[str, Live]]:
    for edge in graph.edges:
        for live in edge.live:
            yield f"{frame}{'.'.join((live.root, *live.path))}", live
    for name, facts in graph.facts.items():
        if isinstance(facts.item, Wait) and facts.item.first:
            yield f"{frame}{name}.won", Live(name, ("won",), Primitive("string"))
    for name, child in graph.children.items():
        yield from _types(child, f"{frame}{name}/")


def _order(projection: Projection) -> list[str]:
    """The nodes, each after those before it; loops are entered once."""
    waiting: dict[str, int] = dict.fromkeys(projection.nodes, 0)
    for edge in projection.edges:
        waiting[edge.target] += edge.way != "again"
    ready = [id for id, count in waiting.items() if not count]
    found: list[str] = []
    while ready:
        found.append(ready.pop())
        for edge in projection.after[found[-1]]:
            waiting[edge.target] -= edge.way != "again"
            if not waiting[edge.target] and edge.way != "again":
                ready.append(edge.target)
    return found
