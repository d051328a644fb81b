"""Which calls of a saga have an order, and which run side by side.

A lane is a branch of a ``parallel`` or an element of a ``foreach`` in parallel, inside the lanes
around it: ``prepare.bed/tests[0]/``. Calls of one lane, and of lanes inside each other, follow each
other; nothing says which of two other lanes is first. A part that begins with ``?`` is of a join
that takes the first: those around it do not wait for all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Foreach, Group, Item, Parallel, Repeat
from sagac.dsl.structure import walk


def lane_of(graph: SagaGraph, call: str) -> str:
    """The lane of a call by its path; empty for what has an order with everything."""
    undo = call.endswith("~undo")
    return "".join(f"{lane}/" for _, lane in _lanes(graph, call.partition("~")[0], undo))


def may_be_cut(graph: SagaGraph, call: str, failed: str, lost: Sequence[str]) -> bool:
    """Whether the failure at the path ``failed`` may keep a call in another lane from being made.

    ``lost`` are the paths of the forks whose join could not be reached.
    """
    others = dict(_lanes(graph, failed, False)) if failed else {}
    lanes = _lanes(graph, call.partition("~")[0], False)
    return any(fork in lost and others.get(fork) != lane for fork, lane in lanes)


def _lanes(graph: SagaGraph, path: str, undo: bool) -> Iterator[tuple[str, str]]:
    """The path of each fork around a call, from outside, and the lane in it."""
    base = ""
    for part in path.split("/"):
        *rounds, name = part.split(".")
        yield from _in_file(graph, base, name.partition("[")[0], rounds, undo)
        graph = graph.children.get(name, graph)
        base += f"{part}/"


def _in_file(
    graph: SagaGraph, base: str, name: str, rounds: list[str], undo: bool
) -> Iterator[tuple[str, str]]:
    for around in graph.facts[name].parents:
        item = graph.facts[around].item
        fork = f"{base}{around}"
        mark = "" if getattr(item, "join", "all") in ("all", "settled") else "?"
        if isinstance(item, Foreach | Repeat):
            turn, *rounds = rounds
            base += f"{turn}."
            if isinstance(item, Foreach) and item.mode == "parallel":
                yield fork, f"{mark}{turn}"
        elif isinstance(item, Parallel):
            branch = next(each for each in item.branches if _holds(each.items, name))
            yield fork, f"{mark}{around}.{branch.name.text}"
        elif isinstance(item, Group) and undo and item.undo_order == "parallel":
            member = next(each for each in item.items if _holds([each], name))
            yield fork, f"{around}.{member.name.text}"


def _holds(items: Sequence[Item], name: str) -> bool:
    return any(item.name.text == name for item in walk(items))
