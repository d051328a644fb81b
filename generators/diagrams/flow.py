"""The flow of a saga by teams: who owns what, side by side, alternatives and loops."""

from __future__ import annotations

from collections.abc import Mapping

from sagac.dsl.facts import Role
from sagac.dsl.graph import SagaGraph

from . import palette
from .boxes import Box, boxed, forward_box
from .canvas import Canvas, Line, Point, Rect
from .flow_graph import Edge, Flow, Node, flow
from .flow_layout import Layout, Size
from .outline import Outline, outline
from .text import width, wrap

HEAD, LANE_HEAD = 62.0, 30.0
LABEL_ROOM = 150.0
DECIDES = ("choose", "wait")


def flow_dot(graph: SagaGraph) -> str:
    """The dot text of the flow, with all places fixed."""
    plan = outline(graph)
    made = flow(plan)
    boxes = {node.id: _box(node) for node in made.nodes}
    sizes = {id: Size(box.width, box.height) for id, box in boxes.items()}
    sizes["end"] = Size(22.0, 22.0)  # its outer ring
    labels = {edge: len(_label(edge)) for edge in made.edges}
    layout = Layout(made, sizes, labels, HEAD + LANE_HEAD + 12)
    canvas = Canvas()
    _draw_head(canvas, plan)
    _draw_lanes(canvas, layout)
    for node in made.nodes:
        box, at = boxes[node.id], layout.centre(node.id)
        place = Rect(at.x - box.width / 2, at.y - box.height / 2, box.width, box.height)
        canvas.box(node.id, place, box.style, box.lines)
    _draw_edges(canvas, made, layout)
    if plan.remarks:
        canvas.text(Point(0, layout.bottom + 14), plan.remarks)
    return canvas.dot(f"{plan.name} flow")


def _box(node: Node) -> Box:
    if node.unit is not None:
        if not node.unit.acts:
            return _aside(node)
        box = forward_box(node.unit)
        notes = [(each, palette.MUTED) for each in node.unit.notes]
        if node.note:
            notes.append((node.note, palette.INK))
        if node.unit.role is Role.PIVOT:
            notes.append(("point of no return", palette.PAPER))
        if node.unit.role is Role.OPTIONAL:
            notes.append(("optional", palette.MUTED))
        if node.unit.back:
            undo = (
                "undone as a whole" if node.unit.kind == "saga" else f"undo: {node.unit.back.title}"
            )
            notes.append((undo, palette.BACK))
        return boxed(box, notes)
    if node.frame is None:
        style = palette.START if node.id == "start" else {**palette.START, "peripheries": "2"}
        return Box(14.0, 14.0, style, ())
    return _closing(node) if node.closes else _opening(node)


def _aside(node: Node) -> Box:
    assert node.unit is not None
    title = Line(node.unit.title, palette.NAME, bold=True)
    lines = (
        title,
        Line(node.unit.service, palette.SMALL, colour=palette.MUTED),
        Line("only on the way back", palette.SMALL, colour=palette.BACK),
    )
    wide = max(width(each.text, each.size, each.bold) for each in lines) + 26
    return Box(wide, 60.0, palette.UNDO, lines)


def _opening(node: Node) -> Box:
    assert node.frame is not None
    titles = wrap(node.frame.title, 160.0, 11, bold=True)
    notes = [line for each in node.frame.notes for line in wrap(each, 160.0, palette.SMALL)]
    lines = (
        *(Line(each, 11, bold=True) for each in titles),
        *(Line(each, palette.SMALL, colour=palette.MUTED) for each in notes),
    )
    wide = max(width(each.text, each.size, each.bold) for each in lines)
    high = len(titles) * 14.0 + len(notes) * 12.5 + 14
    if node.frame.kind in DECIDES:
        return Box(wide + 56, high + 6, palette.DECISION, lines)
    style = {**palette.FORK, "penwidth": "3"} if node.frame.pivot else palette.FORK
    return Box(wide + 28, high, style, lines)


def _closing(node: Node) -> Box:
    assert node.frame is not None
    if node.frame.kind in DECIDES:
        return Box(16.0, 16.0, palette.MERGE, ())
    return Box(64.0, 6.0, palette.BAR, ())


def _label(edge: Edge) -> tuple[str, ...]:
    return wrap(edge.label, LABEL_ROOM, palette.SMALL)[:4] if edge.label else ()


def _draw_head(canvas: Canvas, plan: Outline) -> None:
    canvas.text(Point(0, 0), [plan.title], size=palette.TITLE, colour=palette.INK, bold=True)
    if plan.description:
        canvas.text(Point(0, palette.TITLE * 1.3), [plan.description], size=11)


def _draw_lanes(canvas: Canvas, layout: Layout) -> None:
    for number, lane in enumerate(layout.lanes):
        fill = palette.FRAME_FILL if number % 2 == 0 else palette.PAPER
        style: Mapping[str, str] = {"style": "filled", "fillcolor": fill, "color": palette.RULE}
        place = Rect(lane.left, HEAD, lane.right - lane.left, layout.bottom - HEAD)
        canvas.box(f"lane {lane.team}", place, style)
        head = Rect(lane.left, HEAD, lane.right - lane.left, LANE_HEAD)
        lines = (Line(lane.team, palette.NAME, True, palette.INK),)
        canvas.box(f"head {lane.team}", head, palette.LANE_HEAD, lines)


def _draw_edges(canvas: Canvas, made: Flow, layout: Layout) -> None:
    for route in layout.routes():
        edge = route.edge
        style: Mapping[str, str] = palette.GO
        if edge.aside:
            style = {**palette.RETURN, "style": "dashed"}
        elif edge.again:
            style = {**palette.GO, "penwidth": "1.1"}
        canvas.arrow(edge.source, edge.target, route.points, style)
        lines = _label(edge)
        if lines:
            canvas.text(route.label, lines, colour=palette.INK)
