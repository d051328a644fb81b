"""The deadline and the cancel of a saga that is used: one node of it can still call it off.

As for the whole that is its judge: its point of no return, or its end. The service that plays the
judge hears when the saga that is used begins, keeps the time and listens for the cancel. As long as
the judge has not begun, it asks the judge of the whole to call the whole off.
"""

from __future__ import annotations

from collections.abc import Iterable

from sagac.dsl.graph import Live
from sagac.dsl.model import Cancel, Saga
from sagac.dsl.reach import reads
from sagac.dsl.relations import NUMBER

from .parts import Edge, Node, Value

AFTER = "~after"  # when it began, in seconds after the whole


def watch(child: Node, judge: Node) -> Edge | None:
    """The edge on which the judge of the saga that ``child`` begins hears of that."""
    saga = used(child)
    if saga.deadline is None and saga.cancel is None:
        return None
    judge.watches = child
    return Edge(child.id, judge.id, way="watch")


def used(child: Node) -> Saga:
    """The saga that ``child`` begins."""
    assert child.item is not None
    return child.graph.children[child.item.name.text].saga


def told(child: Node) -> dict[str, Value]:
    """What the judge has to know: the time, and what says which saga a cancel is meant for."""
    saga, frame = used(child), f"{child.id}/"
    found = {f"input.{name}": live for name, live in cancelling(saga)}
    if saga.deadline is not None:
        found[AFTER] = Live(AFTER, (), NUMBER)
    return {f"{frame}{name}": Value(f"{frame}{name}", each) for name, each in found.items()}


def cancelling(saga: Saga) -> Iterable[tuple[str, Live]]:
    """The fields of the input that say which saga a cancel is meant for."""
    match = saga.cancel.match if saga.cancel is not None else None
    for reach in reads(match):
        found = saga.input.field(reach.path[0]) if reach.root == "input" else None
        if found is not None:
            yield found.name, Live("input", (found.name,), found.type)


def cancel_of(node: Node) -> Cancel | None:
    """What ``node`` listens for as the judge of a saga that is used."""
    return used(node.watches).cancel if node.watches is not None else None
