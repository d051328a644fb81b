"""Text in pictures: how wide it is, where it breaks, and how each format escapes it."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NARROW = frozenset("ijl.,:;'|! ")
_SLIM = frozenset('ftr()[]-"/\\I`')
_WIDE = frozenset("mwMW@%&+=<>")
_BREAK = re.compile(r"(?<=[_\-.])")
_UNFIT = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]+"
)


def plain(text: str) -> str:
    """``text`` on one line, without characters that no picture can hold."""
    return " ".join(_UNFIT.sub(" ", text).split())


def width(text: str, size: float, bold: bool = False) -> float:
    """About how many points ``text`` takes in a Helvetica of ``size`` points."""
    units = sum(_units(each) for each in text)
    return units * size * (1.07 if bold else 1.0) / 1000


def _units(char: str) -> int:
    if char in _NARROW:
        return 270
    if char in _SLIM:
        return 335
    if char in _WIDE:
        return 790
    if char > "\u2e80":
        return 1000
    return 690 if char.isupper() else 560


def shorten(text: str, limit: int) -> str:
    """``text`` plain and at most ``limit`` characters long, with an ellipsis where it was cut."""
    text = plain(text)
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def wrap(text: str, room: float, size: float, bold: bool = False) -> tuple[str, ...]:
    """``text`` in lines no wider than ``room``; words break only where they are wider."""
    lines: list[str] = []
    current = ""
    for piece in _pieces(plain(text), room, size, bold):
        if current and width((current + piece).rstrip(), size, bold) > room:
            lines.append(current.rstrip())
            current = ""
        current += piece
    return (*lines, current.rstrip()) if current or not lines else tuple(lines)


def _pieces(text: str, room: float, size: float, bold: bool) -> Iterable[str]:
    """Words with the space after them; long ones broken after ``_ - .``, or anywhere."""
    for word in re.split(r"(?<=\s)", text):
        if width(word.rstrip(), size, bold) <= room:
            yield word
            continue
        for part in _BREAK.split(word):
            yield from _cut(part, room, size, bold)


def _cut(word: str, room: float, size: float, bold: bool) -> Iterable[str]:
    while width(word, size, bold) > room and len(word) > 1:
        fits = (n for n in range(len(word) - 1, 1, -1) if width(word[:n], size, bold) <= room)
        cut = next(fits, 1)
        yield word[:cut]
        word = word[cut:]
    yield word


def quoted(text: str) -> str:
    """A dot string that means exactly ``text``: no escape sequence of dot survives in it."""
    escaped = plain(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def lines_quoted(lines: Iterable[str], end: str) -> str:
    """A dot string of several lines, each ended by ``end`` (``\\l`` left, ``\\n``, ``\\r``)."""
    return '"' + "".join(quoted(each)[1:-1].replace("&", "&amp;") + end for each in lines) + '"'


def html(text: str) -> str:
    """``text`` for an HTML-like label."""
    text = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;") or " "


def mermaid(text: str) -> str:
    """``text`` for a Mermaid label: everything that Mermaid gives a meaning becomes an entity."""
    return "".join(each if _harmless(each) else f"#{ord(each)};" for each in plain(text))


def _harmless(char: str) -> bool:
    return char.isalnum() or char in " _.,'/()=-" or char > "\u00a0"
