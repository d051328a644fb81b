"""The saga graph as plain data for JSON, and as DOT text; the same saga gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .facts import ItemFacts, Signature
from .graph import Edge, Live, Node, NodeKind, SagaGraph
from .model import Retry
from .relations import show
from .types import RecordType
from .worst_case import Time, paths, times, worst

FORMAT = 1  # of the JSON; raised when a field changes its meaning
_SHAPES = {
    NodeKind.START: "circle",
    NodeKind.END: "doublecircle",
    NodeKind.DECISION: "diamond",
    NodeKind.MERGE: "diamond",
    NodeKind.FORK: "triangle",
    NodeKind.JOIN: "invtriangle",
    NodeKind.WAIT: "hexagon",
    NodeKind.FAIL: "octagon",
    NodeKind.SAGA: "box3d",
}


def to_json(graph: SagaGraph) -> str:
    """The graph as JSON text, with a line break at the end."""
    return json.dumps(to_data(graph), indent=2, ensure_ascii=False) + "\n"


def to_data(graph: SagaGraph) -> dict[str, Any]:
    """Nodes, edges with live data, items, the order of undoing, and paths with their worst time."""
    known = times(graph)
    return {
        "format": FORMAT,
        "saga": graph.saga.name.text,
        "version": graph.saga.version,
        "start": graph.start_service,
        "judge": graph.judge,
        "pivots": list(graph.pivots),
        "may_fail": list(graph.may_fail),
        "nodes": [_node(graph, each) for each in graph.nodes],
        "edges": [_edge(graph, each) for each in graph.edges],
        "items": {name: _item(facts, known[name]) for name, facts in graph.facts.items()},
        "actions": [_signature(each) for each in graph.signatures],
        "undo_order": list(graph.undo_order),
        "failure_points": [
            {"item": each.item, "reason": each.reason} for each in graph.failure_points
        ],
        "paths": [
            {"decisions": list(each.decisions), "items": list(each.items), "seconds": each.seconds}
            for each in paths(graph)
        ],
        "worst_case_seconds": worst(graph),
        "children": {
            name: {"saga": child.saga.name.text, "version": child.saga.version}
            for name, child in graph.children.items()
        },
    }


def _node(graph: SagaGraph, node: Node) -> dict[str, Any]:
    facts = graph.facts[node.item.name.text] if node.item is not None else None
    role = facts.role.value if facts is not None and facts.role is not None else None
    return {
        "id": node.id,
        "kind": node.kind.value,
        "owner": node.owner,
        "item": node.item.name.text if node.item is not None else None,
        "role": role,
        "position": node.position.value,
        "parents": list(node.parents),
        "loops": list(node.loops),
    }


def _edge(graph: SagaGraph, edge: Edge) -> dict[str, Any]:
    return {
        "source": graph.nodes[edge.source].id,
        "target": graph.nodes[edge.target].id,
        "label": edge.label,
        "live": [{"name": _live_name(each), "type": show(each.type)} for each in edge.live],
    }


def _live_name(live: Live) -> str:
    return ".".join((live.root, *live.path))


def _item(facts: ItemFacts, seconds: Time) -> dict[str, Any]:
    undo = facts.compensation
    found: dict[str, Any] = {
        "kind": facts.item.kind,
        "service": facts.service,
        "position": facts.position.value,
        "role": facts.role.value if facts.role is not None else None,
        "cancellable": facts.cancellable,
        "after": list(facts.predecessors),
        "may_fail": list(facts.may_fail),
        "worst_case_seconds": seconds,
    }
    if facts.action:
        found |= {
            "action": facts.action,
            "input": _record(facts.input_type),
            "output": _record(facts.output_type),
            "refusals": [each.name.text for each in facts.refusals],
            "effect": facts.effect,
            "idempotent": facts.idempotent,
            "on_unknown": facts.on_unknown.value,
            "retry": _retry(facts.retry),
            "timeout_seconds": facts.timeout,
        }
    if undo is not None:
        found["compensation"] = {
            "action": undo.action,
            "service": undo.service,
            "input": _record(undo.input_type),
            "retry": _retry(undo.retry),
            "timeout_seconds": undo.timeout,
            "on_failure": undo.on_failure,
        }
    return found


def _retry(retry: Retry) -> dict[str, Any]:
    return {
        "attempts": retry.attempts,
        "backoff": retry.backoff,
        "initial_seconds": retry.initial,
        "max_seconds": retry.max,
        "jitter": retry.jitter,
    }


def _record(record: RecordType) -> dict[str, str]:
    return {f"{f.name}{'?' if f.optional else ''}": show(f.type) for f in record.fields}


def _signature(signature: Signature) -> dict[str, Any]:
    return {
        "service": signature.service,
        "action": signature.action,
        "input": _record(signature.input),
        "output": _record(signature.output),
        "refusals": [each.name.text for each in signature.refusals],
        "query": signature.query,
        "compensation": signature.compensation,
        "uses": list(signature.uses),
    }


def to_dot(graph: SagaGraph) -> str:
    """The graph as DOT text: forward edges with their live data."""
    return "\n".join(_dot(graph)) + "\n"


def _dot(graph: SagaGraph) -> Iterator[str]:
    yield f"digraph {_quoted(graph.saga.name.text)} {{"
    yield "  rankdir=TB;"
    for node in graph.nodes:
        shape = _SHAPES.get(node.kind, "box")
        label = f"{node.id}\\n{node.owner}"
        if node.position.value == "pivot":
            label += "\\npivot"
        yield f'  n{node.index} [shape={shape}, label="{label}"];'
    for edge in graph.edges:
        names = [_live_name(each) for each in edge.live]
        label = "\\n".join([*([edge.label] if edge.label else []), *names])
        yield f'  n{edge.source} -> n{edge.target} [label="{label}"];'
    yield "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
