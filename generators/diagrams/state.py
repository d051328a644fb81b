"""The state machine of a saga as a picture: forward above, undo below, the pivot marked."""

from __future__ import annotations

from sagac.dsl.graph import SagaGraph

from . import palette
from .canvas import Canvas, Line, Point, Rect
from .outline import Frame, Outline, Part, Region, Unit, outline, units
from .state_frames import LaidFrame
from .state_parts import Laid, LaidUnit, Port, reasons_room
from .state_rows import GAP, LaidRows, Outside
from .text import wrap

ROOM = 1080.0  # of a row; a longer saga goes on in the next one
NESTED_ROOM = 900.0
END_SIZE = (112.0, 34.0)
HEAD = 64.0


def state_dot(graph: SagaGraph) -> str:
    """The dot text of the state machine, with all places fixed."""
    plan = outline(graph)
    canvas = Canvas()
    drop = max([96.0, *(reasons_room(unit) for unit in units(plan.parts))])
    rows = LaidRows(_laid(plan.parts, drop), drop, ROOM)
    _draw_title(canvas, plan, max(rows.width, 420.0))
    left = END_SIZE[0] + GAP + 8
    line = HEAD + rows.above
    _draw_ends(canvas, rows, left, line, drop)
    bottom = line + max(rows.below, drop + END_SIZE[1] / 2) + 22
    if plan.remarks:
        canvas.text(Point(0, bottom), plan.remarks)
    return canvas.dot(f"{plan.name} state")


def _laid(parts: tuple[Part, ...], drop: float) -> list[Laid]:
    laid: list[Laid] = []
    for part in parts:
        laid.append(LaidUnit(part, drop) if isinstance(part, Unit) else _framed(part, drop))
    return laid


def _framed(frame: Frame, drop: float) -> LaidFrame:
    def rows(region: Region) -> LaidRows:
        return LaidRows(_laid(region.parts, drop), drop, NESTED_ROOM)

    return LaidFrame(frame, drop, rows)


def _draw_title(canvas: Canvas, plan: Outline, room: float) -> None:
    canvas.text(Point(0, 0), [plan.title], size=palette.TITLE, colour=palette.INK, bold=True)
    if plan.description:
        lines = wrap(plan.description, room, 11)[:2]
        canvas.text(Point(0, palette.TITLE * 1.3), lines, size=11)


def _draw_ends(canvas: Canvas, rows: LaidRows, left: float, line: float, drop: float) -> None:
    """The start, the end states and the sequence between them."""
    wide, high = END_SIZE
    canvas.box("start", Rect(wide - 14, line - 7, 14, 14), palette.START)
    source = Port("start", Point(wide, line))
    undone = None
    if rows.returns:
        place = Rect(0, line + drop - high / 2, wide, high)
        canvas.box("COMPENSATED", place, palette.COMPENSATED, (Line("COMPENSATED", 11, True),))
        undone = Port("COMPENSATED", Point(wide + 4, line + drop))
    target = None
    if not rows.ends:
        at = left + rows.last_end + GAP
        last = line + rows.last_line
        place = Rect(at, last - high / 2, wide, high)
        canvas.box("COMPLETED", place, palette.COMPLETED, (Line("COMPLETED", 11, True),))
        target = Port("COMPLETED", Point(at - 4, last))
    rows.draw(canvas, left, line, Outside(source, target, None, undone))
