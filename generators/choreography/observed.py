"""The picture of a saga that its observer works with, from the projection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sagac.dsl.model import Foreach, Repeat, Retry, Seconds, Step, Undo, Wait
from sagac.dsl.worst_case import attempts_time
from sagac.generators.layout import Code, Group, call, prefixed, tuple_of
from sagac.generators.python.records import quoted
from sagac.templates.choreography.runtime.picture import Heard, Link, Picture, Spot

from .events import Events, asks
from .parts import Edge, Node, Projection


def picture(projection: Projection, events: Events | None = None) -> Picture:
    """All nodes and edges, who plays them, what the events are called and who hears them."""
    events = events or Events(projection)
    saga = projection.graph.saga
    declared = saga.services
    teams = {name: declared[name].team for name in projection.services if name in declared}
    return Picture(
        saga=saga.name.text,
        version=saga.version,
        services=projection.services,
        spots={id: _spot(node) for id, node in projection.nodes.items()},
        links=tuple(_link(each) for each in projection.edges if each.way != "past"),
        names={told.key: name for told, name in events.names.items()},
        heard=tuple(
            Heard(each.service, events.names[each.told], each.text) for each in events.reactions
        ),
        teams={name: team.text for name, team in teams.items() if team is not None},
        cancel=saga.cancel.event.text if saga.cancel is not None else "",
    )


def picture_code(shown: Picture) -> Code:
    """The picture as the code of a module."""
    return prefixed("PICTURE = ", _code(shown))


def _code(value: Any) -> Code:
    match value:
        case str():
            return quoted(value)
        case tuple():
            return tuple_of(map(_code, value)) if value else "()"
        case Mapping():
            items = (prefixed(f"{quoted(name)}: ", _code(each)) for name, each in value.items())
            return Group("{", tuple(items), "}")
        case Picture() | Spot() | Link() | Heard():
            more = {each.name: getattr(value, each.name) for each in fields(value)}
            said = {f.name: more[f.name] for f in fields(value) if more[f.name] != f.default}
            return call(type(value).__name__, **{name: _code(each) for name, each in said.items()})
    return repr(value)


def _link(edge: Edge) -> Link:
    """An observer sees a saga come by an undo item although nobody told that item."""
    way = "plain" if edge.way == "back" else edge.way
    return Link(edge.name, edge.source, edge.target, edge.label, way, edge.rule)


def _spot(node: Node) -> Spot:
    more: dict[str, Any] = {}
    if node.item is not None:
        more = _of_item(node)
    return Spot(
        node.id,
        node.kind,
        node.owner,
        node.path,
        undoer=node.undoer or "",
        partner=node.partner or "",
        loop=node.loop or "",
        sequence=node.sequence,
        settled=node.settled,
        depth=len(node.loops),
        judge=node.judge,
        **more,
    )


def _of_item(node: Node) -> dict[str, Any]:
    item, facts = node.item, node.facts
    more: dict[str, Any] = {}
    undo = facts.compensation
    if node.compensates or node.undoer:
        more["undo"] = undo.action if undo is not None else facts.action
        if undo is not None:
            more["undo_budget"] = _budget(undo.retry, undo.timeout)
    match item:
        case Step() if node.kind == "step":
            more |= {"action": facts.action, "effect": facts.effect}
            more["budget"] = _budget(facts.retry, facts.timeout)
        case Undo() if node.kind == "undo":
            more["undo"] = facts.action
            more["undo_budget"] = _budget(facts.retry, facts.timeout)
        case Wait() if node.kind == "wait":
            named = [each.event.text for each in item.first if each.event is not None]
            more["events"] = (item.event.text,) if item.event is not None else tuple(named)
            more["budget"] = _wait(item)
        case Foreach() if node.kind == "loop" and item.mode == "parallel":
            limit = item.limit
            more["limit"] = limit if limit is None or isinstance(limit, int) else 0
        case Repeat():
            more["pauses"] = item.every is not None
    more["asks"] = asks(item)
    return more


def _budget(retry: Retry, timeout: float) -> float:
    """How long an answer may take; of what is tried for ever, the first attempts."""
    bounded = attempts_time(retry, timeout)
    if bounded is not None:
        return bounded
    first = attempts_time(Retry(3, retry.backoff, retry.initial, retry.max), timeout)
    return first if first is not None else 3 * timeout


def _wait(item: Wait) -> float | None:
    pauses = [each.after for each in item.first if each.after is not None]
    span = next(iter(pauses), item.duration or item.timeout)
    return span.value if isinstance(span, Seconds) else None
