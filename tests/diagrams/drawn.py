"""What the tests of the pictures share: sagas to draw, and dot text read back."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sagac.dsl.compile import compile as compile_saga
from sagac.dsl.graph import SagaGraph

ROOT = Path(__file__).parents[2]
SPECS = sorted(path.name.removesuffix(".saga.yaml") for path in ROOT.glob("specs/*.saga.yaml"))

HEAD = """\
saga: sample
version: 1
key: ${input.id}
start: { service: s }
services: { s: { team: one }, t: { team: two } }
input: { id: string, n: integer, many: [string] }
steps:
"""


class Edge(NamedTuple):
    """An arrow of dot text; ``points`` are its places."""

    source: str
    target: str
    points: tuple[tuple[float, float], ...]


@cache
def spec(name: str) -> SagaGraph:
    """The graph of one of the examples."""
    path = f"specs/{name}.saga.yaml"
    return _compiled((ROOT / path).read_text(encoding="utf-8"), path)


def saga(steps: str, head: str = HEAD) -> SagaGraph:
    """The graph of a saga made of ``steps``."""
    return _compiled(head + steps, "specs/sample.saga.yaml")


def long_saga(count: int) -> SagaGraph:
    """A straight saga of ``count`` steps, the pivot fourth from the end."""
    steps = []
    for number in range(1, count + 1):
        steps.append(f"  - step: step_{number}\n    service: {'st'[number % 2]}\n")
        if number == count - 3:
            steps.append("    role: pivot\n")
        elif number < count - 3:
            steps.append(f"    fails: [refused_{number}]\n    compensate: undo_{number}\n")
    return saga("".join(steps))


def _compiled(text: str, path: str) -> SagaGraph:
    made = compile_saga(text, path, lambda other: (ROOT / other).read_bytes())
    assert made.graph is not None, made.diagnostics
    return made.graph


def nodes(dot: str) -> dict[str, str]:
    """Shapes by id, with the text of their attributes."""
    found = re.findall(r'^  "((?:[^"\\]|\\.)*)" \[(.*)\]$', dot, re.MULTILINE)
    return {id: attributes for id, attributes in found if " -> " not in id}


def edges(dot: str) -> list[Edge]:
    """Arrows in the order of the text."""
    found = re.findall(r'^  "([^"]*)" -> "([^"]*)" \[pos="([^"]*)"', dot, re.MULTILINE)
    return [
        Edge(source, target, tuple(_point(each) for each in pos.split() if each[0] != "e"))
        for source, target, pos in found
    ]


def _point(text: str) -> tuple[float, float]:
    x, y = text.split(",")
    return float(x), float(y)


def box(attributes: str) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of a shape."""
    x, y = _point(re.findall(r'pos="([^"]*)"', attributes)[0])
    wide, high = (
        72 * float(re.findall(rf"{name}=([\d.]+)", attributes)[0]) / 2
        for name in ("width", "height")
    )
    return x - wide, y - high, x + wide, y + high
