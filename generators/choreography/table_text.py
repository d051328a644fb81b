"""Who hears what and does what about it: as a table for people, as JSON for tools."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sagac.dsl.graph import SagaGraph
from sagac.dsl.relations import show

from .events import Events, Told
from .project import project

FORMAT = 1  # of the JSON; raised when a field changes its meaning

_HEAD = ("service", "hears", "from", "and then")


def to_text(graph: SagaGraph) -> str:
    """The table service x event x reaction, with a line break at the end."""
    events = Events(project(graph))
    saga, services = graph.saga, events.projection.services
    heard = {name for each in services for name in events.heard(each)}
    rows = [row for service in services for row in _rows(events, service)]
    title = f"{saga.name} v{saga.version}: {len(services)} services, {len(heard)} events"
    return "\n".join([title, "", *_aligned([_HEAD, *rows]), ""])


def _rows(events: Events, service: str) -> Iterator[tuple[str, ...]]:
    first = service
    for told, texts in _does(events, service).items():
        tellers = ", ".join(each for each in events.tellers[told] if each != service)
        yield first, events.names[told], tellers, "; ".join(texts)
        first = ""
    if first:
        yield first, "-", "", "begins"


def _does(events: Events, service: str) -> Mapping[Told, list[str]]:
    found: dict[Told, list[str]] = {}
    for each in events.reactions:
        if each.service == service:
            found.setdefault(each.told, []).append(each.text)
    return found


def _aligned(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row in rows:
        cells = (cell.ljust(wide) for cell, wide in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def to_json(graph: SagaGraph) -> str:
    """The same as JSON text, with the values that each event carries."""
    return json.dumps(to_data(graph), indent=2, ensure_ascii=False) + "\n"


def to_data(graph: SagaGraph) -> dict[str, Any]:
    """Events with their values and tellers; services with their nodes and what they hear."""
    events = Events(project(graph))
    return {
        "format": FORMAT,
        "style": "choreography",
        "saga": graph.saga.name.text,
        "version": graph.saga.version,
        "events": [_event(events, told) for told in events.names],
        "services": [_service(events, each) for each in events.projection.services],
    }


def _event(events: Events, told: Told) -> dict[str, Any]:
    values = carried(events, told)
    return {
        "event": events.names[told],
        "node": told.node,
        "outcome": told.outcome,
        "from": list(events.tellers[told]),
        "to": list(dict.fromkeys(e.service for e in events.reactions if e.told == told)),
        "values": values,
    }


def carried(events: Events, told: Told) -> dict[str, str]:
    """The names and types of the values that an event may carry."""
    ways = events.projection.ways(told.node, told.outcome)
    edges = (edge for way in ways for edge in way)
    found = {name: show(value.live.type) for e in edges for name, value in e.live.items()}
    return dict(sorted(found.items()))


def _service(events: Events, service: str) -> dict[str, Any]:
    nodes = (each for each in events.projection.nodes.values() if each.owner == service)
    hears = _does(events, service).items()
    return {
        "service": service,
        "nodes": [{"id": each.id, "kind": each.kind} for each in nodes],
        "hears": [{"event": events.names[told], "does": texts} for told, texts in hears],
    }
