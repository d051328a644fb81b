"""``undo_order: sequence``: what ran side by side is undone part by part, the last to end first.

The service at which the parts begin also plays their join and their exits, so that one service sees
in which order they end. On the way back it lets one part go at a time. Inside a part, what a
failure there would undo at once waits for that word: it has an edge to the exit that says it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sagac.dsl.model import Foreach, Group, Item, Parallel, Step

from .parts import Edge, Node


def in_order(item: Item | None) -> bool:
    """Whether the parts of ``item`` run side by side and are undone one after another."""
    match item:
        case Parallel():
            return item.undo_order == "sequence" and len(item.branches) > 1
        case Foreach():
            return item.undo_order == "sequence" and item.mode == "parallel"
    return False


def put_in_order(fork: Node, join: Node) -> None:
    """One service sees all parts end, and says when each is undone."""
    join.owner, join.partner = fork.owner, fork.id
    fork.order = join.order = join.id


def turns(nodes: Mapping[str, Node], edges: list[Edge]) -> list[Edge]:
    """The edges from what waits for its turn to the exit that says when that is."""
    return list(_Turns(nodes, edges).edges())


class _Turns:
    def __init__(self, nodes: Mapping[str, Node], edges: list[Edge]) -> None:
        self._nodes = nodes
        self._edges = edges
        self._items = {each.makes: each.item for each in nodes.values() if each.item is not None}

    def edges(self) -> Iterator[Edge]:
        for node in self._nodes.values():
            around = self._around(node)
            leave = None if around is None else self._exit(node, around)
            if leave is not None and _waits(node):
                yield Edge(node.id, leave.id, way="turn")

    def _around(self, node: Node) -> str | None:
        """What says when ``node`` is undone; None: nothing, or what catches failures first."""
        if isinstance(node.item, Step | Group) and _catches(node.item) and not _is_exit(node):
            return None
        own = node.parents[-1:] == (node.makes,)  # an exit of a part of it
        for parent in reversed(node.parents[:-1] if own else node.parents):
            item = self._items[parent]
            if _catches(item):
                return None
            if in_order(item):
                return parent
        return None

    def _exit(self, node: Node, around: str) -> Node | None:
        """The exit of the part of ``around`` in which ``node`` stands."""
        exits = (
            each
            for each in self._nodes.values()
            if each.order is not None and each.makes == around and _is_exit(each)
        )
        return next((each for each in exits if self._leads(node.id, each)), None)

    def _leads(self, first: str, leave: Node) -> bool:
        """Whether ``leave`` comes after a node in the same part."""
        assert leave.order is not None
        todo, seen = [first], {first, leave.order}
        while todo:
            here = todo.pop()
            for edge in self._edges:
                if edge.source == here and edge.target not in seen:
                    seen.add(edge.target)
                    todo.append(edge.target)
        return leave.id in seen


def _waits(node: Node) -> bool:
    """Whether a failure in its part makes ``node``, or what it stands for, undo something."""
    if _is_exit(node):
        return node.order is None and _catches(node.item)
    undoes = node.compensates or node.undoer is not None or node.kind == "undo"
    return undoes or (node.order is not None and node.id != node.order)


def _is_exit(node: Node) -> bool:
    """Whether it is the exit of a branch or element, or of what may fail on its own."""
    return node.kind == "leave" or (node.kind == "pass" and ":exit:" in node.id)


def _catches(item: Item | None) -> bool:
    """Whether a failure inside is undone there, and the saga may go on."""
    if isinstance(item, Step | Group):
        return bool(item.recover)
    return isinstance(item, Parallel | Foreach) and item.join != "all"
