"""IS002 lock-order-deadlock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.held_locks import Nesting
from sagac.dsl.project import Outline, Project
from sagac.dsl.rules.rule import Rule

ONE = """\
# file: order.saga.yaml
saga: order
version: 1
key: ${input.id}
services: { shop: {}, stock: {} }
input: { id: string, customer: string }
locks:
  order: { key: input.id, conflict: wait }
  customer: { key: input.customer, conflict: wait }
steps:
  - step: open_order
    service: shop
    input: [id]
    locks: [order]
    compensate: close_order
  - step: reserve
    service: stock
    input: [customer]
    locks: [customer]
    compensate: release
"""
TWO = """\
# file: merge.saga.yaml
saga: merge
version: 1
key: ${input.id}
services: { shop: {}, crm: {} }
input: { id: string, customer: string }
locks:
  order: { key: input.id, conflict: wait }
  customer: { key: input.customer, conflict: wait }
steps:
  - step: freeze_customer
    service: crm
    input: [customer]
    locks: [LOCK]
    compensate: thaw_customer
  - step: move_order
    service: shop
    input: [id]
    locks: [OTHER]
    compensate: move_order_back
"""

RULE = Rule(
    code="IS002",
    summary="Two sagas take the same locks in opposite order and wait for each other.",
    why="One holds the first lock and waits for the second, the other holds the second and waits"
    " for the first. Both wait until a deadline or a person ends one of them. When all sagas take"
    " locks in one order this cannot happen.",
    example=ONE + TWO.replace("LOCK", "customer").replace("OTHER", "order"),
    use_instead=ONE + TWO.replace("LOCK", "order").replace("OTHER", "customer"),
)


class Waiting(NamedTuple):
    """A saga that waits for a lock while it holds another."""

    saga: Outline
    nesting: Nesting


def check_project(project: Project) -> Iterator[Diagnostic]:
    """Yields a finding for each circle of locks, each lock in one circle at most."""
    graph: dict[str, dict[str, Waiting]] = {}
    for saga in project.distinct:
        for nesting in saga.locks:
            following = graph.setdefault(nesting.first.text, {})
            following.setdefault(nesting.second.text, Waiting(saga, nesting))
    told: set[str] = set()
    for lock in sorted(graph):
        circle = _circle(graph, lock, told) if lock not in told else None
        if circle is not None:
            told.update(each.nesting.first.text for each in circle)
            yield _finding(circle)


def _circle(
    graph: dict[str, dict[str, Waiting]], start: str, told: set[str]
) -> list[Waiting] | None:
    """The shortest way from a lock back to itself, without locks of circles already told of."""
    came: dict[str, Waiting] = {}
    todo = [start]
    for lock in todo:
        for following, waiting in sorted(graph.get(lock, {}).items()):
            if following == start:
                return _back(came, waiting, start)
            if following not in came and following not in told:
                came[following] = waiting
                todo.append(following)
    return None


def _back(came: dict[str, Waiting], last: Waiting, start: str) -> list[Waiting]:
    circle = [last]
    while circle[-1].nesting.first.text != start:
        circle.append(came[circle[-1].nesting.first.text])
    return circle[::-1]


def _finding(circle: list[Waiting]) -> Diagnostic:
    locks = [each.nesting.first.text for each in circle]
    drawn = " -> ".join([*locks, locks[0]])
    sagas = list(dict.fromkeys(each.saga.saga.text for each in circle))
    who = f"{', '.join(map(repr, sagas[:-1]))} and {sagas[-1]!r} take"
    if len(sagas) == 1:
        who = f"Two sagas of {sagas[0]!r} may take"
    labels = []
    for each in circle:
        name, nesting = each.saga.saga.text, each.nesting
        labels.append(Label(f"{name} holds {nesting.first.text} from here", nesting.first.span))
        labels.append(Label(f"and waits here for {nesting.second.text}", nesting.second.span))
    return diagnostic(
        "IS002",
        circle[0].nesting.second.span,
        f"{who} these locks in a circle, {drawn}: each can wait for the other for ever.",
        help="Take the locks in the same order everywhere; or let one of them refuse instead of"
        " waiting (`conflict: refuse`).",
        labels=tuple(labels),
    )
