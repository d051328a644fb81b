"""One path of a saga as a sequence picture: participants in columns, time running down."""

from __future__ import annotations

from collections.abc import Mapping

from . import palette
from .canvas import Canvas, Line, Point, Rect
from .story import OUTSIDE, SAGA, Message, Participant, Story, Tone, Turn
from .text import width, wrap

HEAD = 58.0
COLUMN = 46.0  # height of the boxes at the top
CALL, ANSWER, TURN = 30.0, 24.0, 46.0
COLOURS = {
    Tone.GO: palette.FORWARD,
    Tone.DONE: palette.MUTED,
    Tone.BAD: palette.BACK,
    Tone.UNDO: palette.BACK,
    Tone.UNDONE: palette.BACK,
}
LINES: Mapping[Tone, Mapping[str, str]] = {
    Tone.GO: palette.GO,
    Tone.DONE: {"color": palette.MUTED, "style": "dashed", "arrowhead": "vee", "arrowsize": "0.7"},
    Tone.BAD: {"color": palette.BACK, "style": "dashed", "arrowhead": "vee", "arrowsize": "0.7"},
    Tone.UNDO: {**palette.RETURN, "penwidth": "1.6"},
    Tone.UNDONE: {"color": palette.BACK, "style": "dashed", "arrowhead": "vee", "arrowsize": "0.7"},
}
ENDS = {"COMPLETED": palette.COMPLETED, "COMPENSATED": palette.COMPENSATED}


def sequence_dot(told: Story) -> str:
    """The dot text of the picture, with all places fixed."""
    return _Picture(told).dot()


class _Picture:
    def __init__(self, told: Story) -> None:
        self._story = told
        self._canvas = Canvas()
        self._columns = _columns(told)
        self._top = HEAD + COLUMN
        self._bottom = self._top + 24 + sum(_height(beat) for beat in told.beats) + 6

    def dot(self) -> str:
        told = self._story
        heading = Point(0, 0)
        self._canvas.text(heading, [told.title], size=palette.TITLE, colour=palette.INK, bold=True)
        self._canvas.text(Point(0, palette.TITLE * 1.3), [told.subtitle], size=11)
        for each in told.participants:
            self._lifeline(each)
        y = self._top + 24
        for number, beat in enumerate(told.beats):
            if isinstance(beat, Turn):
                self._turn(number, beat, y)
            else:
                self._message(number, beat, y)
            y += _height(beat)
        self._ending()
        return self._canvas.dot(f"{told.title} sequence")

    def _lifeline(self, who: Participant) -> None:
        x = self._columns[who.id]
        line = Rect(x - 0.5, self._top, 1.0, self._bottom - self._top)
        plain = {"style": "filled", "fillcolor": palette.RULE, "color": palette.RULE}
        self._canvas.box(f"{who.id}:line", line, {**plain, "penwidth": "0"})
        wide = _box_width(who)
        style = palette.PIVOT if who.id == SAGA else palette.STATE
        if who.id == OUTSIDE:
            style = palette.AFTER
        second = palette.PAPER if who.id == SAGA else palette.MUTED
        lines = [Line(each, bold=True) for each in _names(who)]
        if who.team:
            lines.append(Line(who.team, palette.SMALL, colour=second))
        place = Rect(x - wide / 2, HEAD, wide, COLUMN)
        self._canvas.box(who.id, place, style, lines)

    def _message(self, number: int, beat: Message, y: float) -> None:
        start, end = self._columns[beat.source], self._columns[beat.target]
        ids = f"{number}:from", f"{number}:to"
        side = 5.0 if end > start else -5.0
        if beat.answer or beat.alone:
            points = Point(start + (0.0 if beat.alone else side), y), Point(end, y)
        else:
            points = Point(start, y), Point(end - (side if beat.source != OUTSIDE else 0), y)
            self._bar(number, beat, y)
        for id, point in zip(ids, points, strict=True):
            self._canvas.point(id, point)
        self._canvas.arrow(*ids, points, LINES[beat.tone])
        left = min(start, end) if beat.source == OUTSIDE else self._columns[SAGA]
        colour = COLOURS[beat.tone]
        text = Point(left + 14, y - palette.SMALL * 1.25 - 1)
        self._canvas.text(text, [beat.text], colour=colour, bold=not beat.answer)

    def _bar(self, number: int, beat: Message, y: float) -> None:
        """The participant at work, from the call to the answer."""
        if beat.source == OUTSIDE:
            return
        style = palette.UNDO if beat.tone is Tone.UNDO else palette.STATE
        place = Rect(self._columns[beat.target] - 5, y - 3, 10, ANSWER + 6)
        self._canvas.box(f"{number}:bar", place, {**style, "style": "filled"})

    def _turn(self, number: int, beat: Turn, y: float) -> None:
        style = palette.UNDO if beat.tone is not Tone.GO else palette.AFTER
        wide = width(beat.text, palette.SMALL, bold=True) + 24
        x = self._columns[SAGA]
        left = max(0.0, x - wide / 2) if OUTSIDE in self._columns else max(0.0, x - 40)
        place = Rect(left, y - 14, wide, 24)
        self._canvas.box(f"{number}:turn", place, style, (Line(beat.text, palette.SMALL, True),))

    def _ending(self) -> None:
        told = self._story
        x, wide = self._columns[SAGA], 118.0
        style = ENDS.get(told.state, palette.STUCK)
        ink = palette.INK if told.state in ENDS else palette.PAPER
        place = Rect(x - wide / 2, self._bottom, wide, 34)
        self._canvas.box(told.state, place, style, (Line(told.state, 11, True, ink),))
        self._canvas.text(Point(x + wide / 2 + 12, self._bottom + 10), [told.ending])


def _names(who: Participant) -> tuple[str, ...]:
    return wrap(who.title, 120.0, palette.NAME, bold=True)[:2]


def _box_width(who: Participant) -> float:
    texts = [width(each, palette.NAME, bold=True) for each in _names(who)]
    return max(92.0, *texts, width(who.team, palette.SMALL)) + 24


def _height(beat: Message | Turn) -> float:
    if isinstance(beat, Turn):
        return TURN
    apart = beat.answer or beat.alone or beat.source == OUTSIDE
    return CALL + 6 if apart else ANSWER


def _columns(told: Story) -> dict[str, float]:
    """Where each lifeline stands. All labels have their place right of the saga's own."""
    labels = [b for b in told.beats if isinstance(b, Message)]
    columns: dict[str, float] = {}
    middle = edge = 0.0
    for index, who in enumerate(told.participants):
        half = _box_width(who) / 2
        before = told.participants[index - 1].id if index else ""
        room = [width(b.text, palette.SMALL, True) + 40 for b in labels if _beside(b, before)]
        middle = max(edge + half + (16 if index else 0), middle + max(room, default=0.0))
        edge = middle + half
        columns[who.id] = middle
    return columns


def _beside(beat: Message, column: str) -> bool:
    if beat.source == OUTSIDE:
        return column == OUTSIDE
    return column == SAGA
