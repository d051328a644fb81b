"""What is before and after the pivot is found by lists; it is what the drawn graph says, too."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from sagac.dsl.compile import compile as compile_saga
from sagac.dsl.facts import Position
from sagac.dsl.graph import SagaGraph

from .resolving import SPECS

FORKED = """\
saga: a-b
version: 1
key: ${input.x}
services: { s: }
input: { x: string, n: integer }
steps:
  - step: first
    service: s
    effect: none
    input: [x]
  - parallel: both
    needs: [first]
    branches:
      left:
        - step: early
          service: s
          input: [x]
          compensate: take_back
        - step: turn
          service: s
          role: pivot
          input: [x]
        - step: late
          service: s
          input: [x]
      right:
        - step: beside
          service: s
          effect: none
          input: [x]
  - step: aside
    needs: [first]
    service: s
    effect: none
    input: [x]
  - choose: way
    needs: [both]
    when:
      - if: input.n > 1
        steps:
          - step: last
            service: s
            input: [x]
    otherwise: []
"""
FILES = sorted(path.relative_to(SPECS).as_posix() for path in SPECS.rglob("*.saga.yaml"))


def _graph(text: str | bytes, name: str) -> SagaGraph | None:
    folder = (SPECS / name).parent
    return compile_saga(text, name, lambda path: folder.joinpath(path).read_bytes()).resolved


def _reached(graph: SagaGraph, starts: Iterable[int], back: bool) -> set[int]:
    """The nodes that the graph leads to from ``starts``, which are among them."""
    seen, todo = set(starts), list(starts)
    while todo:
        here = todo.pop()
        for source, target, _ in graph.links:
            before, after = (target, source) if back else (source, target)
            if before == here and after not in seen:
                seen.add(after)
                todo.append(after)
    return seen


def _ends(graph: SagaGraph) -> dict[str, tuple[int, int]]:
    """The first and the last node of each item."""
    found: dict[str, list[int]] = {}
    for node in graph.nodes:
        if node.item is not None:
            found.setdefault(node.item.name.text, []).append(node.index)
    return {name: (min(each), max(each)) for name, each in found.items()}


def _agrees(graph: SagaGraph) -> None:
    ends = _ends(graph)
    leaves = {ends[name][1] for name in graph.pivots}
    behind = {target for source, target, _ in graph.links if source in leaves}
    after = _reached(graph, behind, back=False)
    judged = {ends[graph.judge][0]} if graph.judge else {each.index for each in graph.nodes}
    cancellable = _reached(graph, judged, back=True)
    for name, facts in graph.facts.items():
        if facts.position is not Position.PIVOT:
            assert (facts.position is Position.AFTER) == (ends[name][0] in after), name
        assert facts.cancellable == (ends[name][0] in cancellable), name


@pytest.mark.parametrize("name", FILES)
def test_examples(name: str) -> None:
    graph = _graph((SPECS / name).read_bytes(), name)
    if graph is not None:
        _agrees(graph)


def test_beside_a_pivot() -> None:
    graph = _graph(FORKED, "a-b.saga.yaml")
    assert graph is not None
    _agrees(graph)
    assert graph.judge == "both"
    after = [name for name, each in graph.facts.items() if each.position is Position.AFTER]
    assert after == ["late", "way", "last"]
    assert [name for name, each in graph.facts.items() if each.cancellable] == ["first", "both"]
