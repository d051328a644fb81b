"""Who listens to whom: services in columns, a line for each event from its teller to its hearers.

The order is that of the saga, so that the way forward reads from the top to the bottom; blue goes
forward, orange goes back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sagac.dsl.graph import SagaGraph
from sagac.generators.choreography.events import Events
from sagac.generators.choreography.project import project

from . import palette
from .canvas import Canvas, Line, Point, Rect
from .text import mermaid as safe
from .text import width

HEAD, COLUMN, ROW = 58.0, 46.0, 26.0
BACK = frozenset(
    {"failed", "aborted", "unsettled", "undone", "released", "returning", "rest"}
    | {"called_off", "accepted"}
)


@dataclass(frozen=True, slots=True)
class Heard:
    """An event with hearers; ``back`` is one that leads back."""

    name: str
    tellers: tuple[str, ...]
    hearers: tuple[str, ...]
    back: bool


@dataclass(frozen=True, slots=True)
class Listening:
    """All that is drawn: services with their teams, and the events between them."""

    title: str
    subtitle: str
    services: tuple[tuple[str, str], ...]
    events: tuple[Heard, ...]


def listening(graph: SagaGraph) -> Listening:
    """Who listens to whom in a choreography of ``graph``."""
    events = Events(project(graph))
    saga, services = graph.saga, events.projection.services
    heard = tuple(_heard(events))
    return Listening(
        f"{saga.name} v{saga.version}",
        f"who listens to whom: {len(services)} services, {len(heard)} events",
        tuple((name, _team(graph, name)) for name in services),
        heard,
    )


def _heard(events: Events) -> Iterator[Heard]:
    for told, name in events.names.items():
        hearers = dict.fromkeys(e.service for e in events.reactions if e.told == told)
        if hearers:
            yield Heard(name, events.tellers[told], tuple(hearers), told.outcome in BACK)


def _team(graph: SagaGraph, service: str) -> str:
    found = graph.saga.services.get(service)
    return found.team.text if found is not None and found.team is not None else ""


def events_dot(plan: Listening) -> str:
    """The dot text of the picture, with all places fixed."""
    return _Picture(plan).dot()


def events_mermaid(plan: Listening) -> str:
    """The same as a Mermaid ``flowchart``: an arrow for each pair of services."""
    ids = {name: f"s{number}" for number, (name, _) in enumerate(plan.services)}
    title = safe(f"{plan.title}, {plan.subtitle.replace(':', ',')}")
    lines = ["---", f'title: "{title}"', "---", "flowchart LR"]
    for name, team in plan.services:
        lines.append(f'    {ids[name]}["{safe(name)}{f" ({safe(team)})" if team else ""}"]')
    pairs: dict[tuple[str, str, bool], list[str]] = {}
    for event in plan.events:
        for source, target in _pairs(event):
            pairs.setdefault((source, target, event.back), []).append(safe(event.name))
    for (source, target, back), names in pairs.items():
        arrow = "-.->" if back else "-->"
        lines.append(f'    {ids[source]} {arrow}|"{"<br/>".join(names)}"| {ids[target]}')
    return "\n".join([*lines, ""])


def _pairs(event: Heard) -> Iterator[tuple[str, str]]:
    for source in event.tellers:
        yield from ((source, target) for target in event.hearers if target != source)


class _Picture:
    def __init__(self, plan: Listening) -> None:
        self._plan = plan
        self._canvas = Canvas()
        names = (width(each.name, palette.SMALL, bold=True) for each in plan.events)
        self._left = max((*names, 60.0)) * 1.05 + 24
        self._columns = self._places()
        self._top = HEAD + COLUMN
        self._bottom = self._top + 20 + ROW * len(plan.events)

    def _places(self) -> dict[str, float]:
        found: dict[str, float] = {}
        edge = self._left
        for name, team in self._plan.services:
            half = _box_width(name, team) / 2
            found[name] = edge + half
            edge += 2 * half + 22
        return found

    def dot(self) -> str:
        plan, canvas = self._plan, self._canvas
        canvas.text(Point(0, 0), [plan.title], size=palette.TITLE, colour=palette.INK, bold=True)
        canvas.text(Point(0, palette.TITLE * 1.3), [plan.subtitle], size=11)
        for name, team in plan.services:
            self._service(name, team)
        for number, event in enumerate(plan.events):
            self._event(number, event, self._top + 24 + ROW * number)
        return canvas.dot(f"{plan.title} events")

    def _service(self, name: str, team: str) -> None:
        x, wide = self._columns[name], _box_width(name, team)
        line = Rect(x - 0.5, self._top, 1.0, self._bottom - self._top)
        plain = {"style": "filled", "fillcolor": palette.RULE, "color": palette.RULE}
        self._canvas.box(f"{name}:line", line, {**plain, "penwidth": "0"})
        lines = [Line(name, bold=True)]
        if team:
            lines.append(Line(team, palette.SMALL, colour=palette.MUTED))
        self._canvas.box(name, Rect(x - wide / 2, HEAD, wide, COLUMN), palette.STATE, lines)

    def _event(self, number: int, event: Heard, y: float) -> None:
        colour = palette.BACK if event.back else palette.FORWARD
        style = palette.RETURN if event.back else palette.GO
        corner = Point(0, y - palette.SMALL * 0.7)
        self._canvas.text(corner, [event.name], colour=colour, bold=True)
        for source in event.tellers:
            self._teller(f"{number}:{source}", source, y, colour)
        for source, target in _pairs(event):
            start, end = self._columns[source], self._columns[target]
            ids = f"{number}:{source}", f"{number}:{source}:{target}"
            self._canvas.point(ids[1], Point(end, y))
            points = Point(start, y), Point(end + (-3.0 if end > start else 3.0), y)
            self._canvas.arrow(*ids, points, style)

    def _teller(self, id: str, service: str, y: float, colour: str) -> None:
        filled = {"shape": "circle", "style": "filled", "fillcolor": colour, "color": colour}
        self._canvas.box(id, Rect(self._columns[service] - 4, y - 4, 8, 8), filled)


def _box_width(name: str, team: str) -> float:
    return max(78.0, width(name, palette.NAME, bold=True), width(team, palette.SMALL)) + 24
