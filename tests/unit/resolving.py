"""What the tests of resolving share: steps in, graph and findings out; places as the text there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent, indent

from sagac.dsl.diagnostics import Diagnostics
from sagac.dsl.graph import SagaGraph
from sagac.dsl.parser import parse
from sagac.dsl.reader import read
from sagac.dsl.resolve import resolve
from sagac.dsl.span import Span

SPECS = Path(__file__).parents[2] / "specs"
HEAD = """\
saga: a-b
version: 1
key: ${input.x}
services: { s: , t: , u: { actions: { fixed: { input: { x: string }, fails: [no] } } } }
types: { Line: { sku: string, note?: string } }
input:
  x: string
  n: integer
  maybe?: string
  lines: [Line]
"""


def step(name: str, *more: str) -> str:
    """A step of the service s that takes x, gives o and has a compensation."""
    lines = [f"- step: {name}", "  service: s", "  input: [x]", "  output: { o: string }"]
    lines += [f"  compensate: undo_{name}", *(f"  {each}" for each in more)]
    return "\n".join(lines) + "\n"


def reading(name: str, value: str, *more: str) -> str:
    """A step without effect that reads ``value`` as its field v."""
    head = [
        f"- step: {name}",
        "  service: s",
        "  effect: none",
        f'  input: {{ v: "${{{value}}}" }}',
    ]
    return "\n".join([*head, *(f"  {each}" for each in more)]) + "\n"


def inside(kind: str, *items: str, **keys: str) -> str:
    """A composite: ``kind`` is its first line, ``keys`` further ones, its items under ``steps``."""
    lines = [f"- {kind}", *(f"  {key}: {value}" for key, value in keys.items()), "  steps:"]
    return "\n".join(lines) + "\n" + indent("".join(items), "    ")


def resolved(
    steps: str, top: str = "", files: Mapping[str, str] | None = None, head: str = HEAD
) -> tuple[SagaGraph | None, Diagnostics, str]:
    """The graph, the findings, and the text they stand in."""
    source = head + dedent(top) + "\nsteps:\n" + indent(dedent(steps), "  ")
    return *resolved_text(source, files), source


def resolved_text(
    source: str, files: Mapping[str, str] | None = None
) -> tuple[SagaGraph | None, Diagnostics]:
    """The graph and the findings of a whole file, ``sagas/main.saga.yaml``."""

    def load(path: str) -> str:
        if path not in (files or {}):
            raise FileNotFoundError(path)
        return (files or {})[path]

    found = Diagnostics()
    tree, suppressions = read(source, "sagas/main.saga.yaml", found)
    assert tree is not None
    saga = parse(tree, "sagas/main.saga.yaml", found, suppressions)
    assert saga is not None, list(found)
    return resolve(saga, load, found, "sagas/main.saga.yaml"), found


def graph_of(steps: str, top: str = "", files: Mapping[str, str] | None = None) -> SagaGraph:
    """The graph of steps in which nothing is wrong."""
    graph, found, _ = resolved(steps, top, files)
    assert not list(found)
    assert graph is not None
    return graph


def spec(name: str) -> SagaGraph:
    """The graph of an example; its sub-sagas are read from the same folder."""
    found = Diagnostics()
    tree, suppressions = read(SPECS.joinpath(name).read_text(), name, found)
    assert tree is not None
    saga = parse(tree, name, found, suppressions)
    assert saga is not None
    graph = resolve(saga, lambda path: SPECS.joinpath(path).read_text(), found, name)
    assert not list(found)
    assert graph is not None
    return graph


def at(source: str, span: Span) -> str:
    """The text at ``span``."""
    lines = source.splitlines()
    if span.line != span.end_line:
        return lines[span.line - 1][span.column - 1 :]
    return lines[span.line - 1][span.column - 1 : span.end_column - 1]
