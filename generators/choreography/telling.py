"""Which outcomes a node may have, so that only events that can come have a name and hearers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

from sagac.dsl.facts import OnUnknown
from sagac.dsl.model import Choose, Item, Repeat, Wait

from .parts import Edge, Node, Projection

_GATHERS = ("gather", "pick", "leave", "back")
_CALLS = ("step", "undo", "wait", "undoer")


class Outcomes:
    """The outcomes of each node of a projection; none that may come is left out."""

    def __init__(self, projection: Projection) -> None:
        self._projection = projection
        saga = projection.graph.saga
        self.halts = saga.deadline is not None or saga.cancel is not None
        heard = projection.news.values()
        self._hearing = {each.partition("@")[0] for waits in heard for each in waits}

    def of(self, node: Node) -> tuple[str, ...]:
        """All of them, in one order."""
        return tuple(dict.fromkeys(self._of(node)))

    def _of(self, node: Node) -> Iterator[str]:
        id = node.id
        if node.kind == "undoer" or id in self._passed:
            yield from ("undone", "stuck", "unstuck")
            return
        if node.kind != "fail":
            yield "done"
        if self._skips(node):
            yield "skipped"
        if self.fails(node):
            yield "failed"
        if id in self._aborted and self.reads_aborts(node):
            yield "aborted"
        if id in self._undone or self.breaks_unknown(node):
            yield "undone"
        yield from self._special(node)

    def _special(self, node: Node) -> Iterator[str]:
        if node.undoer is not None and (node.id in self._undone or self.breaks_unknown(node)):
            yield "returning"
        if node.recover:
            yield "handling"
        if node.kind in ("pick", "leave"):
            yield "released"
        if self._counts(node):
            yield "rest"
        if node.judge and self.halts:
            yield "accepted"
        if node.kind == "end":
            yield "ended"
        if node.kind in _CALLS or _is_round(node):
            yield from ("stuck", "unstuck")

    def _counts(self, node: Node) -> bool:
        """Whether it is the fork of a join that goes on with the first N."""
        picks = (each for each in self._projection.nodes.values() if each.kind == "pick")
        return any(each.partner == node.id for each in picks)

    @cached_property
    def _passed(self) -> frozenset[str]:
        """The undo items that hear of nothing on the way there."""
        nodes, edges = self._projection.nodes, self._projection.edges
        back = {each.source for each in edges if each.way == "back"}
        return frozenset(each for each in back if nodes[each].kind == "undo")

    # Single outcomes

    def _skips(self, node: Node) -> bool:
        """Whether it stands in a case or behind an ``if``."""
        if node.item is None or node.id.endswith(":if"):
            return False
        if node.item.condition is not None:
            return True
        return any(_is_choice(each) for each in self._around(node))

    def _around(self, node: Node) -> Iterator[Item]:
        return (self._items[each] for each in node.parents)

    @cached_property
    def _items(self) -> dict[str, Item]:
        nodes = self._projection.nodes.values()
        return {each.makes: each.item for each in nodes if each.item is not None}

    def fails(self, node: Node) -> bool:
        """Whether it may refuse, run out of time, or be the place where a saga is halted."""
        if node.kind == "fail":
            return True
        if self.halts and node.judge:
            return True
        if node.item is None:
            return False
        if node.kind in ("step", "wait"):
            halted = self.halts and node.facts.cancellable
            own = bool(node.facts.own_failures) or node.facts.on_unknown is OnUnknown.QUERY
            return own or halted or node.id in self._hearing
        return _is_round(node) or (node.kind == "leave" and node.sequence)

    def breaks_unknown(self, node: Node) -> bool:
        """Whether its outcome may be unknown, and is then undone and read as an abort."""
        if node.kind != "step":
            return False
        return node.facts.on_unknown in (OnUnknown.COMPENSATE, OnUnknown.FAIL)

    def reads_aborts(self, node: Node) -> bool:
        """Whether ``node``, or one after it, acts otherwise because something before has failed.

        That is so where ways come together. What is alone on its way just never begins.
        """
        return node.id in self._reading

    @cached_property
    def _reading(self) -> frozenset[str]:
        nodes = self._projection.nodes.values()
        found = {each.id for each in nodes if each.kind in _GATHERS or self._has_others(each)}

        def grows(edge: Edge) -> str | None:
            return edge.source if edge.target in found else None

        return self._fixpoint(found, grows)

    def _has_others(self, node: Node) -> bool:
        before = self._projection.before[node.id]
        return sum(each.way not in ("back", "reverse") for each in before) > 1

    def _breaks(self, node: Node) -> bool:
        return self.fails(node) or self.breaks_unknown(node) or node.id in self._aborted

    @cached_property
    def _aborted(self) -> frozenset[str]:
        found: set[str] = set()

        def grows(edge: Edge) -> str | None:
            source = self._projection.nodes[edge.source]
            silent = edge.way in ("reverse", "back") or edge.rule == "handler"
            broken = source.id in found or self.fails(source) or self.breaks_unknown(source)
            return None if silent or not broken else edge.target

        return self._fixpoint(found, grows)

    @cached_property
    def _undone(self) -> frozenset[str]:
        found: set[str] = set()

        def grows(edge: Edge) -> str | None:
            target = self._projection.nodes[edge.target]
            returns = target.id in found or self.fails(target) or self.breaks_unknown(target)
            if target.kind in ("pick", "leave") or returns or self.other_breaks(edge):
                return edge.source
            return None

        return self._fixpoint(found, grows)

    def other_breaks(self, edge: Edge) -> bool:
        """Whether the target of ``edge`` may abort although its source has not."""
        if edge.way == "back":
            return False
        before = self._projection.before[edge.target]
        others = (each for each in before if each is not edge or each.way in ("out", "into"))
        return any(self._breaks(self._projection.nodes[each.source]) for each in others)

    def _fixpoint(self, found: set[str], grows: Callable[[Edge], str | None]) -> frozenset[str]:
        before = -1
        while before != len(found):
            before = len(found)
            found |= {id for edge in self._projection.edges if (id := grows(edge)) is not None}
        return frozenset(found)


def _is_choice(item: Item) -> bool:
    races = isinstance(item, Wait) and bool(item.first)
    return races or isinstance(item, Choose) or item.condition is not None


def _is_round(node: Node) -> bool:
    return node.loop is not None and isinstance(node.item, Repeat) and node.sequence
