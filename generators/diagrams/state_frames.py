"""Frames of a state picture: the regions of a composite item, one below the other."""

from __future__ import annotations

from collections.abc import Callable

from . import palette
from .canvas import LEADING, Canvas, Point, Rect
from .outline import Frame, Region
from .state_parts import ROW, Port, Ports
from .state_rows import LaidRows, Outside
from .text import width, wrap

SIDE = 40.0  # between the border and what is inside
TITLE_ROOM = 420.0


class LaidFrame:
    """A frame with its title, its notes and its regions."""

    def __init__(self, frame: Frame, drop: float, rows: Callable[[Region], LaidRows]) -> None:
        self._frame = frame
        self._drop = drop
        self._regions = [(region.label, rows(region)) for region in frame.regions]
        self._title = wrap(frame.title, TITLE_ROOM, 11, bold=True)
        self._notes = [
            line for each in frame.notes for line in wrap(each, TITLE_ROOM, palette.SMALL)
        ]
        self._loop = frame.loops
        self.fails = frame.fails
        self.ends = all(rows.ends for _, rows in self._regions)
        self.undoes = any(rows.undoes for _, rows in self._regions)
        self.width = self._wide()
        head = len(self._title) * 11 * LEADING + len(self._notes) * ROW + 12
        self.above = head + self._label_room(0) + self._regions[0][1].above + 6
        self.below = max(self._deep(), drop + 16 if self.fails else 0.0)

    def draw(self, canvas: Canvas, x: float, y: float, flows: bool) -> Ports:
        """Draws the frame and its regions, and joins them to its borders."""
        id, right, back = self._frame.id, x + self.width, y + self._drop
        place = Rect(x, y - self.above, self.width, self.above + self.below)
        canvas.box(id, place, palette.FRAME_PIVOT if self._frame.pivot else palette.FRAME)
        self._draw_head(canvas, place)
        line = y
        for index, (label, rows) in enumerate(self._regions):
            if index:
                line += self._regions[index - 1][1].below + 16
                self._separate(canvas, place, line, index)
                line += self._label_room(index) + rows.above + 10
            if label:
                top = line - rows.above - ROW - 4
                canvas.text(Point(x + 12, top), [label], colour=palette.INK)
            rows.draw(canvas, x + SIDE, line, self._borders(index, place, line, flows))
        if self._loop:
            self._draw_loop(canvas, x, y)
        enter, leave = Port(id, Point(x, y)), Port(id, Point(right, y))
        if not (flows or self.fails):
            return Ports(enter, leave)
        entry = Port(id, Point(right, back)) if flows else None
        return Ports(enter, leave, entry, Port(id, Point(x, back)))

    def _borders(self, index: int, place: Rect, line: float, flows: bool) -> Outside:
        """Where the lines of a region meet the border. What has nothing to undo is passed by."""
        id, rows = self._frame.id, self._regions[index][1]
        right, back = place.x + place.width, line + self._drop
        through = flows and ((rows.undoes and not rows.ends) or (index == 0 and not self.undoes))
        return Outside(
            source=Port(id, Point(place.x, line)),
            target=Port(id, Point(right, line + rows.last_line)),
            undo_source=Port(id, Point(right, back + rows.last_line)) if through else None,
            undo_target=Port(id, Point(place.x, back)) if flows or rows.returns else None,
            heads=False,
        )

    def _draw_loop(self, canvas: Canvas, x: float, y: float) -> None:
        """The line from the end of the body back to its beginning."""
        rows = self._regions[0][1]
        left, right, top = x + SIDE - 14, x + SIDE + rows.width + 14, y - rows.above - 8
        points = [
            Point(right, y + rows.last_line),
            Point(right, top),
            Point(left, top),
            Point(left, y - 1),
        ]
        canvas.arrow(self._frame.id, self._frame.id, points, {**palette.GO, "penwidth": "1"})

    def _label_room(self, index: int) -> float:
        loop = 12.0 if self._loop else 0.0
        return (ROW + 6 if self._regions[index][0] else 0.0) + loop

    def _wide(self) -> float:
        texts = [width(each, 11, bold=True) for each in self._title]
        texts += [width(each, palette.SMALL) for each in self._notes]
        texts += [width(label, palette.SMALL) for label, _ in self._regions]
        inside = max(rows.width for _, rows in self._regions) + 2 * SIDE
        return max(inside, max(texts) + 28, 120.0)

    def _deep(self) -> float:
        deep = self._regions[0][1].below + 16
        for index in range(1, len(self._regions)):
            rows = self._regions[index][1]
            deep += self._label_room(index) + rows.above + 10 + rows.below + 16
        return deep

    def _draw_head(self, canvas: Canvas, place: Rect) -> None:
        corner = Point(place.x + 12, place.y + 6)
        canvas.text(corner, self._title, size=11, colour=palette.INK, bold=True)
        if self._notes:
            below = corner._replace(y=corner.y + len(self._title) * 11 * LEADING)
            canvas.text(below, self._notes)

    def _separate(self, canvas: Canvas, place: Rect, line: float, index: int) -> None:
        ids = f"{self._frame.id}:{index}l", f"{self._frame.id}:{index}r"
        ends = Point(place.x + 1, line), Point(place.x + place.width - 1, line)
        for id, end in zip(ids, ends, strict=True):
            canvas.point(id, end)
        style = {"color": palette.RULE, "style": "dashed"}
        canvas.arrow(*ids, ends, style, head=False)
