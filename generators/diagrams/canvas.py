"""A drawing with fixed places, written as dot text that says where everything stands.

The dot text asks for the layout ``nop2``, which draws and does not move. Distances are points;
here y grows downwards, in dot upwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from . import palette
from .text import html, lines_quoted, quoted, width

LEADING = 1.25  # of a line, in font sizes


class Point(NamedTuple):
    """A place on the drawing."""

    x: float
    y: float


class Rect(NamedTuple):
    """A rectangle by its left top corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> Point:
        """The middle of it."""
        return Point(self.x + self.width / 2, self.y + self.height / 2)


class Line(NamedTuple):
    """A line of text inside a box."""

    text: str
    size: float = palette.NAME
    bold: bool = False
    colour: str = ""


@dataclass(frozen=True, slots=True)
class _Shape:
    id: str
    place: Rect
    label: str
    style: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Arrow:
    source: str
    target: str
    points: tuple[Point, ...]
    style: Mapping[str, str]
    head: bool


class Canvas:
    """Collects shapes and arrows; ``dot()`` writes them in the order of their coming."""

    def __init__(self) -> None:
        self._shapes: list[_Shape] = []
        self._arrows: list[_Arrow] = []
        self._texts = 0

    def box(
        self, id: str, place: Rect, style: Mapping[str, str], lines: Sequence[Line] = ()
    ) -> None:
        """A shape with centred lines of text; ``id`` is what arrows name."""
        label = "<" + "<BR/>".join(map(_html_line, lines)) + ">" if lines else '""'
        self._shapes.append(_Shape(id, place, label, style))

    def text(
        self,
        corner: Point,
        lines: Sequence[str],
        *,
        size: float = palette.SMALL,
        colour: str = palette.MUTED,
        bold: bool = False,
        align: str = "left",
        paper: str = "",
    ) -> None:
        """Lines of text from ``corner`` (of the first line: left end, centre or right end)."""
        wide = max(width(line, size, bold) for line in lines) * 1.04 + 4
        shift = {"left": 0.0, "centre": wide / 2, "right": wide}[align]
        place = Rect(corner.x - shift, corner.y, wide, size * LEADING * len(lines))
        end = {"left": "\\l", "centre": "\\n", "right": "\\r"}[align]
        style = {
            "shape": "box" if paper else "plaintext",
            "fontsize": _number(size),
            "fontcolor": colour,
            **({"fontname": f"{palette.FONT}-Bold"} if bold else {}),
            **({"style": "filled", "fillcolor": paper, "color": paper} if paper else {}),
        }
        self._texts += 1
        self._shapes.append(_Shape(f":text{self._texts}", place, lines_quoted(lines, end), style))

    def point(self, id: str, place: Point) -> None:
        """An invisible place that arrows may name."""
        style = {"shape": "point", "style": "invis"}
        self._shapes.append(_Shape(id, Rect(place.x, place.y, 0.7, 0.7), '""', style))

    def arrow(
        self,
        source: str,
        target: str,
        points: Iterable[Point],
        style: Mapping[str, str],
        head: bool = True,
    ) -> None:
        """A line through ``points`` with rounded corners and, if ``head``, a head at its end."""
        self._arrows.append(_Arrow(source, target, tuple(points), style, head))

    def dot(self, name: str) -> str:
        """The dot text of the drawing."""
        height = max((each.place.y + each.place.height for each in self._shapes), default=0.0)
        out = [
            f"digraph {quoted(name)} {{",
            f'  graph [layout=nop2, bgcolor="{palette.PAPER}", outputorder=nodesfirst, pad=0.25]',
            f'  node [shape=box, fixedsize=true, margin=0, fontname="{palette.FONT}",'
            f' fontcolor="{palette.INK}"]',
            f'  edge [fontname="{palette.FONT}"]',
        ]
        out += [_shape(each, height) for each in self._shapes]
        out += [_arrow(each, height) for each in self._arrows]
        return "\n".join([*out, "}", ""])


def _html_line(line: Line) -> str:
    text = html(line.text)
    text = f"<B>{text}</B>" if line.bold else text
    colour = f' COLOR="{line.colour}"' if line.colour else ""
    return f'<FONT POINT-SIZE="{_number(line.size)}"{colour}>{text}</FONT>'


def _number(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _attributes(style: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={quoted(value)}" for name, value in sorted(style.items()))


def _shape(shape: _Shape, height: float) -> str:
    centre = shape.place.centre
    where = f"{_number(centre.x)},{_number(height - centre.y)}"
    wide, high = f"{shape.place.width / 72:.4f}", f"{shape.place.height / 72:.4f}"
    style = _attributes(shape.style)
    return (
        f'  {quoted(shape.id)} [pos="{where}", width={wide}, height={high}, label={shape.label}'
        f"{', ' if style else ''}{style}]"
    )


def _arrow(arrow: _Arrow, height: float) -> str:
    points = _without_repeats(arrow.points)
    start = ""
    if arrow.head:
        tip = points[-1]
        points = (*points[:-1], _towards(tip, points[-2], 8.0))
        start = f"e,{_number(tip.x)},{_number(height - tip.y)} "
    curve = " ".join(f"{_number(p.x)},{_number(height - p.y)}" for p in _curve(points))
    style = _attributes({**arrow.style, **({} if arrow.head else {"arrowhead": "none"})})
    return f'  {quoted(arrow.source)} -> {quoted(arrow.target)} [pos="{start}{curve}", {style}]'


def _without_repeats(points: Sequence[Point]) -> tuple[Point, ...]:
    kept = [points[0]]
    kept += [now for before, now in pairwise(points) if now != before]
    return tuple(kept) if len(kept) > 1 else (kept[0], kept[0])


def _towards(start: Point, goal: Point, by: float) -> Point:
    distance = ((goal.x - start.x) ** 2 + (goal.y - start.y) ** 2) ** 0.5
    share = min(by / distance, 0.5) if distance else 0.0
    return Point(start.x + (goal.x - start.x) * share, start.y + (goal.y - start.y) * share)


def _curve(points: Sequence[Point], radius: float = 9.0) -> list[Point]:
    """A Bezier curve (3n + 1 points) that follows straight lines and rounds the corners."""
    curve = [points[0]]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        entry = _towards(corner, before, radius)
        leave = _towards(corner, after, radius)
        curve += [*_straight(curve[-1], entry), corner, corner, leave]
    return [*curve, *_straight(curve[-1], points[-1])]


def _straight(start: Point, end: Point) -> tuple[Point, Point, Point]:
    third = Point(start.x + (end.x - start.x) / 3, start.y + (end.y - start.y) / 3)
    two = Point(start.x + (end.x - start.x) * 2 / 3, start.y + (end.y - start.y) * 2 / 3)
    return third, two, end
