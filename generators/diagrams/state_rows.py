"""Parts in rows: the way forward from left to right, the way back below it, row under row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from . import palette
from .canvas import Canvas, Point
from .state_parts import Laid, Port, Ports

GAP = 42.0  # between two parts
BETWEEN = 58.0  # between two rows
MARGIN = 40.0  # beside the rows, where lines turn


@dataclass(slots=True)
class _Row:
    parts: list[Laid] = field(default_factory=list)

    @property
    def width(self) -> float:
        return sum(each.width for each in self.parts) + GAP * max(0, len(self.parts) - 1)

    @property
    def above(self) -> float:
        return max((each.above for each in self.parts), default=8.0)

    @property
    def below(self) -> float:
        return max((each.below for each in self.parts), default=8.0)


@dataclass(frozen=True, slots=True)
class Track:
    """What a row offers to lines that pass from row to row."""

    forward: float
    back: float
    bottom: float  # of what is drawn in the row


@dataclass(frozen=True, slots=True)
class Stop:
    """A port, and the row that it stands in."""

    port: Port
    row: int


@dataclass(frozen=True, slots=True)
class Outside:
    """Where the lines of a sequence come from and go to."""

    source: Port | None
    target: Port | None
    undo_source: Port | None
    undo_target: Port | None
    heads: bool = True  # whether lines to the outside end in an arrowhead


class LaidRows:
    """A sequence of parts, in rows no wider than ``room`` where that is possible."""

    def __init__(self, parts: Sequence[Laid], drop: float, room: float) -> None:
        self._drop = drop
        self._rows = _fill(parts, room)
        self._turns = len(self._rows) > 1
        self._inner = max(row.width for row in self._rows)
        self.width = self._inner + (2 * MARGIN if self._turns else 0.0)
        self.above = self._rows[0].above
        heights = sum(row.above + self._low(row) for row in self._rows)
        self.below = heights + BETWEEN * (len(self._rows) - 1) - self.above
        self.last_line = self._tracks(0.0)[-1].forward  # where the way forward leaves it
        self.last_end = self._rows[-1].width + (MARGIN if self._turns else 0.0)
        self.ends = any(part.ends for part in parts)
        self.returns = any(part.fails for part in parts)
        self.undoes = any(part.undoes for part in parts)

    def draw(self, canvas: Canvas, x: float, y: float, outside: Outside) -> None:
        """Draws the parts from the left edge ``x`` on, and all lines between them."""
        left = x + (MARGIN if self._turns else 0.0)
        tracks = self._tracks(y)
        lines = _Lines(canvas, tracks, left, left + self._inner)
        drawn: list[tuple[int, Ports]] = []
        flows = self._flows(outside.undo_source is not None)
        position = 0
        for index, row in enumerate(self._rows):
            at = left
            for part in row.parts:
                ports = part.draw(canvas, at, tracks[index].forward, flows[position])
                drawn.append((index, ports))
                at += part.width + GAP
                position += 1
        lines.forward(drawn, outside, [part.ends for row in self._rows for part in row.parts])
        lines.back(drawn, outside)

    def _low(self, row: _Row) -> float:
        return max(row.below, self._drop + 8.0) if self._turns else row.below

    def _tracks(self, y: float) -> list[Track]:
        tracks = []
        for index, row in enumerate(self._rows):
            if index:
                y += row.above
            tracks.append(Track(y, y + self._drop, y + self._low(row)))
            y += self._low(row) + BETWEEN
        return tracks

    def _flows(self, from_outside: bool) -> list[bool]:
        """For each part whether something that stands after it may come back through it."""
        parts = [part for row in self._rows for part in row.parts]
        flows, coming = [], from_outside
        for part in reversed(parts):
            flows.append(coming)
            coming = coming or part.fails
        return flows[::-1]


def _fill(parts: Sequence[Laid], room: float) -> list[_Row]:
    rows = [_Row()]
    for part in parts:
        if rows[-1].parts and rows[-1].width + GAP + part.width > room:
            rows.append(_Row())
        rows[-1].parts.append(part)
    return rows


class _Lines:
    """Draws the lines between parts, through the margins where they change the row."""

    def __init__(self, canvas: Canvas, tracks: list[Track], left: float, right: float) -> None:
        self._canvas = canvas
        self._tracks = tracks
        self._left = left
        self._right = right

    def forward(
        self, drawn: Sequence[tuple[int, Ports]], outside: Outside, ends: Sequence[bool]
    ) -> None:
        last = len(self._tracks) - 1
        before = Stop(outside.source, 0) if outside.source else None
        for (row, ports), end in zip(drawn, ends, strict=True):
            if ports.enter is not None and before is not None:
                self._go(before, Stop(ports.enter, row))
            if ports.enter is not None:
                before = Stop(ports.leave, row) if ports.leave and not end else None
        if outside.target is not None and before is not None:
            self._go(before, Stop(outside.target, last), outside.heads)

    def back(self, drawn: Sequence[tuple[int, Ports]], outside: Outside) -> None:
        anchor = Stop(outside.undo_target, 0) if outside.undo_target else None
        head = outside.heads
        for row, ports in drawn:
            if ports.refused is not None and anchor is not None:
                self._refuse(Stop(ports.refused, row), anchor, head)
            if ports.undo_leave is not None and anchor is not None:
                self._return(Stop(ports.undo_leave, row), anchor, head)
            if ports.undo_enter is not None:
                anchor, head = Stop(ports.undo_enter, row), True
        if outside.undo_source is not None and anchor is not None:
            self._return(Stop(outside.undo_source, len(self._tracks) - 1), anchor, head)

    def _go(self, source: Stop, target: Stop, head: bool = True) -> None:
        points = [source.port.at]
        for row in range(source.row, target.row):
            turn = self._tracks[row].bottom + 38
            right, left = self._right + 36, self._left - 16
            here, there = self._tracks[row].forward, self._tracks[row + 1].forward
            points += [
                Point(right, here),
                Point(right, turn),
                Point(left, turn),
                Point(left, there),
            ]
        points.append(target.port.at)
        self._canvas.arrow(source.port.id, target.port.id, points, palette.GO, head)

    def _return(self, source: Stop, target: Stop, head: bool) -> None:
        points = [
            source.port.at,
            *self._homeward(source.row, target.row),
            target.port.at,
        ]
        self._canvas.arrow(source.port.id, target.port.id, points, palette.RETURN, head)

    def _refuse(self, source: Stop, target: Stop, head: bool) -> None:
        down = Point(source.port.at.x, self._tracks[source.row].back)
        points = [
            source.port.at,
            down,
            *self._homeward(source.row, target.row),
            target.port.at,
        ]
        self._canvas.arrow(source.port.id, target.port.id, points, palette.RETURN, head)

    def _homeward(self, source: int, target: int) -> list[Point]:
        points: list[Point] = []
        for row in range(source, target, -1):
            turn = self._tracks[row - 1].bottom + 20
            right, left = self._right + 18, self._left - 34
            here, there = self._tracks[row].back, self._tracks[row - 1].back
            points += [
                Point(left, here),
                Point(left, turn),
                Point(right, turn),
                Point(right, there),
            ]
        return points
