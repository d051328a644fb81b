"""The boxes of parts: how large they are and how they look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sagac.dsl.facts import Position, Role

from . import palette
from .canvas import LEADING, Line
from .outline import Back, Unit
from .text import width, wrap

ROOM = 150.0  # for a line of text in a box
LEAST = 104.0


class Box(NamedTuple):
    """A box before it has a place."""

    width: float
    height: float
    style: Mapping[str, str]
    lines: tuple[Line, ...]


def forward_box(unit: Unit) -> Box:
    """The state of the way forward."""
    return _box(unit.title, unit.service, style_of(unit), pivot=unit.role is Role.PIVOT)


def undo_box(back: Back) -> Box:
    """The compensation state."""
    return _box(back.title, back.service, palette.UNDO)


def style_of(unit: Unit) -> Mapping[str, str]:
    """How a state of the way forward looks: by its role and its kind."""
    if unit.role is Role.PIVOT:
        return palette.PIVOT
    if unit.kind == "fail":
        return palette.FAIL
    if unit.role is Role.OPTIONAL:
        return palette.OPTIONAL
    style = palette.AFTER if unit.position is Position.AFTER else palette.STATE
    return {**style, "penwidth": "3"} if unit.kind == "saga" else style


def boxed(box: Box, notes: Sequence[tuple[str, str]]) -> Box:
    """``box`` with more lines below, each with its colour."""
    more = [
        Line(line, palette.SMALL, colour=colour)
        for note, colour in notes
        for line in wrap(note, ROOM, palette.SMALL)
    ]
    if not more:
        return box
    widest = max(width(each.text, each.size) for each in more)
    height = box.height + sum(each.size * LEADING for each in more)
    return Box(max(box.width, widest + 26), height, box.style, (*box.lines, *more))


def _box(title: str, service: str, style: Mapping[str, str], pivot: bool = False) -> Box:
    names = wrap(title, ROOM, palette.NAME, bold=True)
    below = wrap(service, ROOM, palette.SMALL)
    second = palette.PAPER if pivot else palette.MUTED
    lines = (
        *(Line(each, palette.NAME, bold=True) for each in names),
        *(Line(each, palette.SMALL, colour=second) for each in below),
    )
    widest = max(width(each.text, each.size, each.bold) for each in lines)
    height = sum(each.size * LEADING for each in lines) + 16
    return Box(max(LEAST, widest + 26), height, style, lines)
