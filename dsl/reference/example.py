"""YAML of the tables as plain data, read as the compiler reads a file."""

from __future__ import annotations

from typing import Any

from sagac.dsl.diagnostics import Diagnostics
from sagac.dsl.nodes import Mapping, Node, Sequence
from sagac.dsl.reader import read


def plain(text: str) -> Any:
    """The value that ``text`` writes. Raises ValueError if it is not the YAML of a file."""
    found = Diagnostics()
    tree, _ = read(text, "example", found)
    if tree is None or list(found):
        raise ValueError([each.message for each in found])
    return data(tree)


def data(node: Node) -> Any:
    """A tree without its positions: what a validator of JSON Schema looks at."""
    match node:
        case Mapping():
            return {entry.key.text: data(entry.value) for entry in node}
        case Sequence():
            return [data(item) for item in node.items]
    return node.value
