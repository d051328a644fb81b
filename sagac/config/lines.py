"""On which line of a TOML text a key stands: ``tomllib`` keeps no positions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_TABLE = re.compile(rf"\s*\[{{1,2}}\s*({_DOTTED})\s*\]")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=")
_INLINE = re.compile(rf"(?:[{{,]\s*)({_DOTTED})\s*=")


def line_of(text: str, path: Sequence[str]) -> int:
    """The line where the key ``path`` is written; that of the nearest key around it if it is not
    found, such as one that a multi-line text hides; 1 if there is none."""
    best, found = 0, 1
    for line, key in _keys(text):
        common = _common(key, path)
        if common > best and common == min(len(key), len(path)):
            best, found = common, line
    return found


def _keys(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), start=1):
        header = _TABLE.match(line)
        if header is not None:
            table = _parts(header[1])
            yield number, table
            continue
        written = _KEY.match(line)
        if written is None:
            continue
        key = (*table, *_parts(written[1]))
        yield number, key
        for inline in _INLINE.finditer(line, written.end()):
            yield number, (*key, *_parts(inline[1]))


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(_unquoted(part) for part in re.findall(_PART, dotted))


def _unquoted(part: str) -> str:
    if part.startswith("'"):
        return part[1:-1]
    return re.sub(r"\\(.)", r"\1", part[1:-1]) if part.startswith('"') else part


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
