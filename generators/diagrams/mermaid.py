"""Mermaid text of all kinds of picture. Nothing but indentation and ids of our own stands raw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sagac.dsl.facts import Role
from sagac.dsl.graph import SagaGraph

from . import palette
from .flow_graph import Node, flow
from .outline import Frame, Outline, Part, Unit, outline, units
from .story import Message, Story, Tone, Turn
from .text import mermaid as safe

_CLASSES = {
    "go": (palette.FORWARD_FILL, palette.FORWARD, palette.INK, ""),
    "pivot": (palette.PIVOT_FILL, palette.PIVOT_FILL, palette.PAPER, ""),
    "back": (palette.BACK_FILL, palette.BACK, palette.INK, ",stroke-dasharray:5 3"),
    "bad": (palette.PAPER, palette.BACK, palette.INK, ""),
    "maybe": (palette.PAPER, palette.FORWARD, palette.INK, ",stroke-dasharray:2 3"),
    "stuck": (palette.STUCK_FILL, palette.STUCK_FILL, palette.PAPER, ""),
}


def state_mermaid(graph: SagaGraph) -> str:
    """The state machine as a Mermaid ``stateDiagram-v2``."""
    plan = outline(graph)
    return "\n".join([*_head(plan), "stateDiagram-v2", *_States(plan).lines(), ""])


def sequence_mermaid(told: Story) -> str:
    """One path as a Mermaid ``sequenceDiagram``."""
    ids = {who.id: f"p{number}" for number, who in enumerate(told.participants)}
    lines = ["---", f"title: {_title(f'{told.title}, {told.subtitle}')}", "---", "sequenceDiagram"]
    for who in told.participants:
        team = f" ({safe(who.team)})" if who.team else ""
        lines.append(f"    participant {ids[who.id]} as {safe(who.title)}{team}")
    for beat in told.beats:
        if isinstance(beat, Turn):
            everyone = f"{next(iter(ids.values()))},{list(ids.values())[-1]}"
            lines.append(f"    Note over {everyone}: {safe(beat.text)}")
        else:
            lines.append(f"    {_message(beat, ids)}")
    everyone = f"{next(iter(ids.values()))},{list(ids.values())[-1]}"
    lines.append(f"    Note over {everyone}: {safe(f'{told.state}, {told.ending}')}")
    return "\n".join([*lines, ""])


def flow_mermaid(graph: SagaGraph) -> str:
    """The flow by teams as a Mermaid ``flowchart``, a subgraph for each team."""
    plan = outline(graph)
    made = flow(plan)
    names = {node.id: f"n{number}" for number, node in enumerate(made.nodes)}
    lines = [*_head(plan), "flowchart TB"]
    for number, team in enumerate(made.teams):
        lines.append(f'    subgraph t{number}["{safe(team)}"]')
        lines += [f"        {names[n.id]}{_shape(n)}" for n in made.nodes if n.team == team]
        lines.append("    end")
    for edge in made.edges:
        arrow = "-.->" if edge.aside or edge.again else "-->"
        label = f'|"{safe(edge.label)}"|' if edge.label else ""
        lines.append(f"    {names[edge.source]} {arrow}{label} {names[edge.target]}")
    classes: dict[str, list[str]] = {}
    for node in made.nodes:
        if node.unit is not None:
            style = style_name(node.unit) if node.unit.acts else "back"
            classes.setdefault(style, []).append(names[node.id])
    lines += styles(classes)
    lines += [f"    class {','.join(ids)} {name}" for name, ids in sorted(classes.items())]
    return "\n".join([*lines, ""])


def _shape(node: Node) -> str:
    if node.unit is not None:
        undo = [f"undo: {node.unit.back.title}"] if node.unit.back and node.unit.acts else []
        text = "<br/>".join(map(safe, [_caption(node.unit), *undo]))
        return f'("{text}")'
    if node.frame is None or node.closes:
        return '(("&nbsp;"))'
    text = "<br/>".join(map(safe, (node.frame.title, *node.frame.notes)))
    return f'{{{{"{text}"}}}}' if node.frame.kind in ("choose", "wait") else f'["{text}"]'


def _message(beat: Message, ids: dict[str, str]) -> str:
    source, target = ids[beat.source], ids[beat.target]
    if beat.alone:
        sign = "--x" if beat.tone is Tone.BAD else "-->>"
        return f"{source}{sign}{target}: {safe(beat.text)}"
    if beat.answer:
        sign = "--x" if beat.tone is Tone.BAD else "-->>"
        return f"{source}{sign}-{target}: {safe(beat.text)}"
    opens = "+" if beat.target != ":saga" else ""
    return f"{source}->>{opens}{target}: {safe(beat.text)}"


def _head(plan: Outline) -> list[str]:
    return ["---", f"title: {_title(plan.title)}", "---"]


def _title(text: str) -> str:
    return '"' + safe(text).replace("#", "").replace(";", " ") + '"'


def styles(used: Iterable[str]) -> Iterator[str]:
    """The class definitions of the classes in ``used``."""
    for name in sorted(set(used)):
        fill, line, ink, more = _CLASSES[name]
        yield f"    classDef {name} fill:{fill},stroke:{line},color:{ink}{more}"


def style_name(unit: Unit) -> str:
    """The class of a state of the way forward."""
    if unit.role is Role.PIVOT:
        return "pivot"
    if unit.kind == "fail":
        return "bad"
    return "maybe" if unit.role is Role.OPTIONAL else "go"


class _States:
    """Writes states and transitions; a fork or a choice is a pseudo-state on both ways."""

    def __init__(self, plan: Outline) -> None:
        self._plan = plan
        self._out = ["    direction LR"]
        self._edges: list[str] = []
        self._classes: dict[str, list[str]] = {}

    def lines(self) -> list[str]:
        plan = self._plan
        self._state("COMPLETED", "COMPLETED", "go")
        back = any(unit.fails for unit in units(plan.parts))
        if back:
            self._state("COMPENSATED", "COMPENSATED", "back")
        last, _ = self._sequence(plan.parts, "[*]", "COMPENSATED")
        if last:
            self._edge(last, "COMPLETED")
        self._edge("COMPLETED", "[*]")
        if back:
            self._edge("COMPENSATED", "[*]")
        out = [*self._out, *self._edges, *styles(self._classes)]
        return out + [
            f"    class {','.join(names)} {style}" for style, names in sorted(self._classes.items())
        ]

    def _sequence(
        self, parts: Iterable[Part], before: str, undo: str, label: str = ""
    ) -> tuple[str, str]:
        """Writes ``parts`` after ``before``; returns the last state and where undoing goes on.

        The last state is empty where the way forward ends.
        """
        parts = tuple(parts)
        for index, part in enumerate(parts):
            more = any(each.fails for each in parts[index + 1 :])
            if isinstance(part, Unit):
                before, undo = self._unit(part, before, undo, label)
            else:
                before, undo = self._frame(part, before, undo, label, more)
            label = ""
            if not before:
                break
        return before, undo

    def _unit(self, unit: Unit, before: str, undo: str, label: str) -> tuple[str, str]:
        id = _id(unit.id)
        back = ""
        if unit.back:
            back = _id(unit.back.id)
            self._state(back, f"{unit.back.title} ({unit.back.service})", "back")
            self._edge(back, undo)
            if unit.back.bounded:
                self._stuck(back, "retries spent")
        if not unit.acts:
            return before, back or undo
        self._state(id, _caption(unit), style_name(unit))
        self._edge(before, id, label)
        if unit.refusals:
            self._edge(id, undo, ", ".join(unit.refusals))
        if unit.unknown and back:
            self._edge(id, back, "unknown")
        for reason in unit.stuck:
            self._stuck(id, reason)
        return ("" if unit.kind == "fail" else id), back or undo

    def _frame(
        self, frame: Frame, before: str, undo: str, label: str, more: bool
    ) -> tuple[str, str]:
        id = _id(frame.id)
        pseudo = "fork" if frame.kind == "parallel" else "choice"
        ends = "join" if frame.kind == "parallel" else "choice"
        self._out += [f"    state {id}_in <<{pseudo}>>", f"    state {id}_out <<{ends}>>"]
        self._edge(before, f"{id}_in", ", ".join(filter(None, (label, frame.title))))
        leaves = False
        backs: list[str] = []
        for region in frame.regions:
            last, back = self._sequence(region.parts, f"{id}_in", undo, region.label)
            if last:
                self._edge(last, f"{id}_out", region.label if last == f"{id}_in" else "")
                leaves = True
            if last and (back != undo or frame.kind != "parallel"):
                backs.append(back)
        if frame.loops:
            self._edge(f"{id}_out", f"{id}_in", "; ".join(frame.notes) or "again")
        entry = self._undo_entry(id, frame, backs, undo) if more else undo
        return (f"{id}_out" if leaves else ""), entry

    def _undo_entry(self, id: str, frame: Frame, backs: list[str], undo: str) -> str:
        """Where undoing enters a frame: its last compensation, or a fork before several."""
        backs = list(dict.fromkeys(backs))
        if len(backs) < 2:
            return backs[0] if backs else undo
        kind = "fork" if frame.kind == "parallel" else "choice"
        self._out.append(f"    state {id}_undo <<{kind}>>")
        for each in backs:
            self._edge(f"{id}_undo", each)
        return f"{id}_undo"

    def _stuck(self, source: str, reason: str) -> None:
        if "STUCK" not in self._classes.get("stuck", []):
            self._state("STUCK", "STUCK", "stuck")
        self._edge(source, "STUCK", reason)

    def _state(self, id: str, text: str, style: str) -> None:
        self._out.append(f'    state "{safe(text)}" as {id}')
        self._classes.setdefault(style, []).append(id)

    def _edge(self, source: str, target: str, label: str = "") -> None:
        self._edges.append(f"    {source} --> {target}" + (f": {safe(label)}" if label else ""))


def _caption(unit: Unit) -> str:
    notes = [unit.service, *unit.notes]
    if unit.role is Role.PIVOT:
        notes.append("point of no return")
    if unit.role is Role.OPTIONAL:
        notes.append("optional")
    return f"{unit.title} ({', '.join(notes)})"


def _id(name: str) -> str:
    """An id of Mermaid; the prefix keeps words such as ``end`` and ``state`` apart."""
    return "s_" + name.replace("~", "__")
