"""``# sagac: ignore[CODE, ...] reason``: rules silenced on a line, found in real comments only."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .model import Suppression
from .nodes import Mapping, Node, Scalar, Sequence
from .span import Span

_MARK = "sagac:"
_COMMENT = re.compile(r"(?:^|(?<=\s))#\s*sagac:\s*(?P<order>(?:(?!#\s*sagac:).)*)")
_ORDER = re.compile(r"ignore\[(?P<codes>[^\]]*)\]\s*(?P<reason>.*)")
_BREAK = re.compile(r"\r\n|\r|\n")


def suppressions(text: str, tree: Node | None, file: str) -> tuple[Suppression, ...]:
    """The suppressions in the comments of ``text``; ``tree`` tells comments from quoted text."""
    if _MARK not in text:
        return ()
    found: list[Suppression] = []
    inside: list[Span] | None = None
    for number, line in enumerate(_BREAK.split(text), start=1):
        if _MARK not in line:
            continue
        for match in _COMMENT.finditer(line):
            if inside is None:
                inside = list(_texts(tree, text))
            column = match.start() + 1
            if not any(_covers(span, number, column) for span in inside):
                end = match.start() + len(match[0].rstrip()) + 1
                span = Span(number, column, number, end, file)
                found.append(_suppression(match["order"].strip(), span))
    return tuple(found)


def _suppression(order: str, span: Span) -> Suppression:
    match = _ORDER.fullmatch(order)
    if match is None:
        return Suppression((), order, span)
    codes = tuple(code for each in match["codes"].split(",") if (code := each.strip()))
    return Suppression(codes, match["reason"].strip(), span)


def _texts(tree: Node | None, text: str) -> Iterator[Span]:
    """Where quoted and block texts stand: what looks like a comment there is none."""
    lines = _BREAK.split(text)
    seen: set[int] = set()
    todo: list[Node] = [tree] if tree is not None else []
    while todo:
        node = todo.pop()
        if isinstance(node, Scalar):
            if not node.plain:
                yield _content(node.span, lines)
        elif id(node) not in seen:
            seen.add(id(node))
            if isinstance(node, Sequence):
                todo.extend(node.items)
            elif isinstance(node, Mapping):
                for entry in node:
                    todo += entry


def _content(span: Span, lines: list[str]) -> Span:
    """Without the first line of a block text, on which a real comment may stand."""
    start = lines[span.line - 1][span.column - 1 : span.column]
    return span._replace(line=span.line + 1, column=1) if start in ("|", ">") else span


def _covers(span: Span, line: int, column: int) -> bool:
    return (span.line, span.column) <= (line, column) < (span.end_line, span.end_column)
