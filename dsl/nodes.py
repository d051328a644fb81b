"""Positioned YAML nodes: what the reader makes and the parser reads, never a bare dict.

Every key, value and item knows exactly where it starts and ends (as in actionlint's ``String`` and
cfn-lint's decoded nodes).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from .span import Span

Plain: TypeAlias = "str | int | float | bool | None"


class Scalar:
    """A scalar: ``text`` as written (after unquoting), ``value`` by the YAML 1.2 core schema."""

    __slots__ = ("plain", "span", "text", "value")

    def __init__(self, text: str, value: Plain, span: Span, plain: bool) -> None:
        self.text = text
        self.value = value
        self.span = span
        self.plain = plain  # written without quotes or block indicator


class Entry(NamedTuple):
    """A key with its value."""

    key: Scalar
    value: Node


class Mapping:
    """A mapping in the order of the file; of keys written twice the first counts."""

    __slots__ = ("entries", "span")

    def __init__(self, entries: dict[str, Entry], span: Span) -> None:
        self.entries = entries
        self.span = span

    def get(self, name: str) -> Node | None:
        """The value under ``name``, or None."""
        entry = self.entries.get(name)
        return entry.value if entry else None

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries.values())


class Sequence:
    """A list of nodes."""

    __slots__ = ("items", "span")

    def __init__(self, items: list[Node], span: Span) -> None:
        self.items = items
        self.span = span


Node: TypeAlias = "Scalar | Mapping | Sequence"


def describe(node: Node) -> str:
    """What a person would call this node: ``a list``, ``the number 3``, ``the text 'no'``."""
    match node:
        case Mapping():
            return "a mapping"
        case Sequence():
            return "a list"
        case Scalar(value=None):
            return "nothing"
        case Scalar(value=bool(value)):
            return f"the boolean {str(value).lower()}"
        case Scalar(value=int(value) | float(value)):
            return f"the number {value}"
    return f"the text {node.text!r}"
