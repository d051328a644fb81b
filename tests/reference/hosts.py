"""A whole file around any one mapping of the language, as plain data."""

from __future__ import annotations

import copy
from typing import Any

FILE: dict[str, Any] = {
    "saga": "host",
    "version": 1,
    "key": "${input.order_id}",
    "services": {"order": {"team": "web"}, "payment": {}, "stock": {}},
    "input": {
        "order_id": "string",
        "customer_email": "string",
        "amount": "integer",
        "items": ["string"],
    },
    "locks": {"order": {"key": "input.order_id"}},
    "events": {"Approved": {}, "Late": {}},
    "steps": [],
}
STEP: dict[str, Any] = {
    "step": "it",
    "service": "payment",
    "fails": ["sold_out"],
    "compensate": {"action": "undo_it"},
}
ENDING: dict[str, Any] = {"step": "ending", "service": "order", "fails": ["no"], "effect": "none"}
INSIDE: dict[str, Any] = {
    "step": "inside",
    "service": "stock",
    "fails": ["sold_out"],
    "compensate": "undo_inside",
}
ITEMS: dict[str, dict[str, Any]] = {
    "step": STEP,
    "undo": {"undo": "it", "service": "payment"},
    "parallel": {"parallel": "it", "branches": {"one": [INSIDE]}},
    "choose": {"choose": "it", "when": [{"if": "input.amount > 1", "steps": [INSIDE]}]},
    "foreach": {"foreach": "it", "in": "input.items", "steps": [INSIDE]},
    "repeat": {"repeat": "it", "max": 3, "until": "input.amount > 1", "steps": [INSIDE]},
    "wait": {"wait": "it", "event": "Approved", "timeout": "1h"},
    "saga": {"saga": "it", "use": "child.saga.yaml"},
    "group": {"group": "it", "steps": [INSIDE]},
    "fail": {"fail": "it"},
}
# Where a part stands in an item (or the file), and what it must hold there.
PARTS: dict[str, tuple[str, tuple[str | int, ...], dict[str, Any]]] = {
    "start": ("file", ("start",), {"service": "order"}),
    "cancel": ("file", ("cancel",), {"event": "Cancelled"}),
    "service": ("file", ("services", "payment"), {}),
    "action": ("file", ("services", "payment", "actions", "it"), {}),
    "event": ("wait", ("events", "Approved"), {}),
    "lock": ("file", ("locks", "order"), {"key": "input.order_id"}),
    "defaults": ("file", ("defaults",), {}),
    "retry": ("step", ("retry",), {}),
    "compensate": ("step", ("compensate",), {"action": "undo_it"}),
    "events": ("step", ("events",), {}),
    "case": ("choose", ("when", 0), {"if": "input.amount > 1", "steps": [INSIDE]}),
    "race": ("wait", ("first", 0), {"event": "Approved"}),
}


def whole(mapping: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
    """A file that holds ``content`` as the mapping, the least one by default."""
    made = copy.deepcopy(FILE)
    if mapping == "file":
        return {**made, "steps": [_item("step"), _item("ending")], **(content or {})}
    if mapping in ITEMS or mapping == "common":
        kind = mapping if mapping in ITEMS else "step"
        made["steps"] = [{**_item(kind), **(content or {})}, _item("ending")]
        return made
    around, path, least = PARTS[mapping]
    item = _item("step" if around == "file" else around)
    made["steps"] = [item, _item("ending")]
    value = copy.deepcopy({**least, **(content or {})})
    if mapping == "race":
        for key in ("event", "timeout"):
            item.pop(key)
        item["first"] = [value, {"after": "1h"}]
        return made
    here: Any = made if around == "file" or mapping == "event" else item
    for step in path[:-1]:
        here = here[step] if isinstance(step, int) else here.setdefault(step, {})
    here[path[-1]] = value
    return made


def _item(kind: str) -> dict[str, Any]:
    return copy.deepcopy(ENDING if kind == "ending" else ITEMS[kind])
