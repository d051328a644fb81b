"""The parts of a state picture: each knows its size, draws itself and says where lines may end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sagac.dsl.facts import Role

from . import palette
from .boxes import ROOM, Box, forward_box, undo_box
from .canvas import LEADING, Canvas, Line, Point, Rect
from .outline import Unit
from .text import width, wrap

INDENT = 26.0  # of an undo box under its state: the line of a refusal passes on its left
STEM = 12.0  # where that line leaves the state
ROW = palette.SMALL * LEADING
STUCK_SIZE = (58.0, 24.0)
STUCK_LINES = (Line("STUCK", palette.SMALL, True, palette.PAPER),)


@dataclass(frozen=True, slots=True)
class Port:
    """A place where a line may begin or end, and the shape that it belongs to."""

    id: str
    at: Point


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the lines of a drawn part begin and end; None: it has no such place."""

    enter: Port | None = None
    leave: Port | None = None
    undo_enter: Port | None = None
    undo_leave: Port | None = None
    refused: Port | None = None  # where its refusal meets the way back


class Laid(Protocol):
    """A part with its size: ``above`` and ``below`` the line of the way forward."""

    width: float
    above: float
    below: float
    fails: bool
    ends: bool  # the way forward ends here
    undoes: bool  # there is something in it to compensate

    def draw(self, canvas: Canvas, x: float, y: float, flows: bool) -> Ports:
        """Draws it from the left edge ``x``; ``flows``: what stands after it may come back."""


def reasons_room(unit: Unit) -> float:
    """The distance between the two lines that this unit needs for its labels."""
    if not unit.back and not unit.fails:
        return 0.0
    labels = len(unit.refusals) * ROW + (ROW if unit.unknown else 0)
    labels = max(labels, 38.0 if unit.stuck else 0.0)
    high = forward_box(unit).height / 2 if unit.acts else 0.0
    return high + labels + 26 + (undo_box(unit.back).height / 2 if unit.back else 0.0)


class LaidUnit:
    """A state over its compensation, if it has one."""

    def __init__(self, unit: Unit, drop: float) -> None:
        self._unit = unit
        self._drop = drop
        self._box = forward_box(unit) if unit.acts else None
        self._undo = undo_box(unit.back) if unit.back else None
        self._make_room()
        self._indent = INDENT if self._box else 0.0
        self._notes = self._captions()
        self.fails = unit.fails
        self.ends = unit.kind == "fail"
        self.undoes = unit.back is not None
        self.width = self._wide()
        self.above = (self._box.height / 2 if self._box else 8.0) + ROW * len(self._notes) + 4
        self.below = self._deep()

    def draw(self, canvas: Canvas, x: float, y: float, flows: bool) -> Ports:
        """Draws the state, the compensation, the labels and what leads to STUCK."""
        unit, box = self._unit, self._box
        enter = leave = refused = None
        if box:
            place = Rect(x, y - box.height / 2, box.width, box.height)
            canvas.box(unit.id, place, box.style, box.lines)
            enter, leave = (
                Port(unit.id, Point(x, y)),
                Port(unit.id, Point(x + box.width, y)),
            )
            self._draw_notes(canvas, place)
            if unit.refusals:
                refused = self._draw_refusals(canvas, place)
        undo_enter = undo_leave = None
        if self._undo:
            undo_enter, undo_leave = self._draw_undo(canvas, x, y)
        if unit.stuck and box:
            self._draw_stuck(canvas, x + box.width - STUCK_SIZE[0], y + box.height / 2, unit.id)
        return Ports(enter, leave, undo_enter, undo_leave, refused)

    def _make_room(self) -> None:
        """Widens the boxes so that labels and lines stand beside each other below them."""
        if self._box and self._unit.stuck:
            texts = (self._unit.refusals, self._unit.stuck)
            need = [max((width(t, palette.SMALL) for t in each), default=0.0) for each in texts]
            wide = sum(need) + STUCK_SIZE[0] + (STEM + 12 if self._unit.refusals else 0)
            self._box = self._box._replace(width=max(self._box.width, wide))
        if self._box and self._undo and self._unit.unknown and self._unit.refusals:
            labels = max(width(each, palette.SMALL) for each in self._unit.refusals)
            wide = max(self._box.width, labels + STEM + 30)
            self._box = self._box._replace(width=wide)
            self._undo = self._undo._replace(width=max(self._undo.width, wide - INDENT))

    def _captions(self) -> tuple[str, ...]:
        lines = [line for note in self._unit.notes for line in wrap(note, ROOM + 10, palette.SMALL)]
        if self._unit.role is Role.OPTIONAL:
            lines.append("optional")
        if self._unit.role is Role.PIVOT:
            lines.append("point of no return")
        return tuple(lines)

    def _wide(self) -> float:
        widths = [
            LaidUnit._least(self._box),
            self._indent + LaidUnit._least(self._undo),
        ]
        widths += [width(each, palette.SMALL) + STEM + 10 for each in self._unit.refusals]
        widths += [width(each, palette.SMALL) for each in self._notes]
        return max(widths)

    @staticmethod
    def _least(box: Box | None) -> float:
        return box.width if box else 0.0

    def _deep(self) -> float:
        depth = self._box.height / 2 if self._box else 8.0
        if self._unit.stuck:
            depth += 58
        if self._undo and self._unit.back:
            depth = self._drop + self._undo.height / 2 + (58 if self._unit.back.bounded else 0)
        return max(depth, self._drop + 4 if self._unit.refusals else 0.0)

    def _draw_notes(self, canvas: Canvas, place: Rect) -> None:
        if self._notes:
            top = place.y - 4 - ROW * len(self._notes)
            pivot = self._unit.role is Role.PIVOT
            colour = palette.PIVOT_FILL if pivot else palette.MUTED
            canvas.text(
                Point(place.centre.x, top),
                self._notes,
                colour=colour,
                bold=pivot,
                align="centre",
            )

    def _draw_refusals(self, canvas: Canvas, place: Rect) -> Port:
        corner = Point(place.x + STEM + 5, place.y + place.height + 5)
        canvas.text(corner, self._unit.refusals, colour=palette.BACK)
        return Port(self._unit.id, Point(place.x + STEM, place.y + place.height))

    def _draw_undo(self, canvas: Canvas, x: float, y: float) -> tuple[Port, Port]:
        unit, undo = self._unit, self._undo
        assert undo is not None
        assert unit.back is not None
        line, left = y + self._drop, x + self._indent
        place = Rect(left, line - undo.height / 2, undo.width, undo.height)
        canvas.box(unit.back.id, place, undo.style, undo.lines)
        if unit.unknown and self._box:
            across = min(x + self._box.width, left + undo.width) - 14
            start = Point(across, y + self._box.height / 2)
            canvas.arrow(unit.id, unit.back.id, [start, Point(across, place.y)], palette.RETURN)
            label = Point(across - 4, place.y - ROW - 5)
            canvas.text(label, ["unknown"], colour=palette.BACK, align="right")
        if unit.back.bounded:
            middle = left + undo.width / 2 - STUCK_SIZE[0] / 2
            self._stuck(canvas, unit.back.id, middle, place.y + place.height)
        right = Point(left + undo.width, line)
        return Port(unit.back.id, right), Port(unit.back.id, Point(left, line))

    def _draw_stuck(self, canvas: Canvas, x: float, top: float, id: str) -> None:
        label = Point(x + STUCK_SIZE[0] / 2 - 4, top + 5)
        canvas.text(label, self._unit.stuck, colour=palette.STUCK_FILL, align="right")
        self._stuck(canvas, id, x, top)

    @staticmethod
    def _stuck(canvas: Canvas, id: str, x: float, top: float) -> None:
        wide, high = STUCK_SIZE
        place = Rect(x, top + 30, wide, high)
        canvas.box(f"{id}:stuck", place, palette.STUCK, STUCK_LINES)
        ends = [Point(place.centre.x, top), Point(place.centre.x, place.y)]
        canvas.arrow(id, f"{id}:stuck", ends, palette.TROUBLE)
