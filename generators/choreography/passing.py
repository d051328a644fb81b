"""An undo item does nothing on the way there: what comes before it tells what comes after it.

So it costs no message as long as all goes well. On the way back the step after it tells it what it
reads, and it tells the step before it when it is undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from .parts import Edge, Node


def pass_by(nodes: Mapping[str, Node], edges: Iterable[Edge]) -> list[Edge]:
    """The same edges, but ``past`` undo items and ``back`` over them where that is plain.

    That is between two nodes that call or wait, so that what the second one tells of its failure
    says that the first one was done.
    """
    found = list(edges)
    for node in nodes.values():
        into = [each for each in found if each.target == node.id]
        out = [each for each in found if each.source == node.id]
        if node.kind == "undo" and len(into) == len(out) == 1:
            _pass_one(nodes, found, into[0], out[0])
    return found


def _pass_one(nodes: Mapping[str, Node], edges: list[Edge], into: Edge, out: Edge) -> None:
    before, after = nodes[into.source], nodes[out.target]
    alone = sum(each.target == after.id for each in edges) == 1
    plain = (into.way, into.rule, out.way, out.rule) == ("plain", "all", "plain", "all")
    told = before.kind in ("start", "step", "wait") and after.kind in ("step", "wait")
    if plain and told and alone and after.undoer is None:
        edges.insert(edges.index(into), replace(into, target=after.id, way="past"))
        into.way = out.way = "back"
