"""A default of the reference is the one in the code: writing it out changes nothing."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from sagac.dsl.diagnostics import Diagnostics
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Name, Seconds
from sagac.dsl.parser import parse
from sagac.dsl.reader import read
from sagac.dsl.reference.example import plain
from sagac.dsl.reference.key import Key
from sagac.dsl.reference.tables import KEYS
from sagac.dsl.resolve import resolve
from sagac.dsl.span import Span
from tests.reference.hosts import whole

CHILD = """\
saga: child
version: 1
key: ${saga.version}
services: { s: }
input: { order_id?: string }
steps: [{ step: a, service: s, effect: none }]
"""
# What the model keeps as it is written and the facts say filled in.
IN_FACTS = {
    *("service", "action", "input", "role", "retry", "timeout", "heartbeat", "idempotent"),
    *("on_unknown", "compensate", "effect", "output", "on_failure"),
}
UNTOLD = {"keys", "written", "span", "short"}
DEFAULTS = {
    f"{mapping}.{name}": (mapping, name, key)
    for mapping, keys in KEYS.items()
    for name, key in keys.items()
    if key.default
}
ONLY_ONE_VALUE = {"wait.effect"}


def graph_of(written: dict[str, Any]) -> SagaGraph:
    found = Diagnostics()
    tree, _ = read(json.dumps(written), "f.saga.yaml", found)
    assert tree is not None
    saga = parse(tree, "f.saga.yaml", found)
    assert saga is not None, list(found)
    graph = resolve(saga, lambda path: CHILD, found, "f.saga.yaml")
    assert not list(found)
    assert graph is not None
    return graph


def meaning(written: dict[str, Any]) -> dict[str, Any]:
    """What a file means: its facts, services, locks and what its composites say."""
    graph = graph_of(written)
    return {
        "facts": told(dict(graph.facts)),
        "services": told({name: each.fence for name, each in graph.saga.services.items()}),
        "locks": told(graph.saga.locks),
    }


def told(value: Any) -> Any:
    """``value`` without places and without what is only how it was written."""
    if isinstance(value, Span):
        return None
    if isinstance(value, Name):
        return value.text
    if isinstance(value, Seconds):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        hidden = UNTOLD | (IN_FACTS if hasattr(value, "needs") else set())
        names = [each.name for each in fields(value) if each.name not in hidden]
        return (type(value).__name__, {name: told(getattr(value, name)) for name in names})
    if isinstance(value, dict):
        return {key: told(each) for key, each in value.items()}
    return [told(each) for each in value] if isinstance(value, list | tuple) else value


def host(mapping: str, name: str, content: dict[str, Any]) -> dict[str, Any]:
    """A file with the mapping; ``name`` is the key that is tried."""
    made = whole(mapping, content)
    made["services"] |= {"bank": {}, "treasury": {}}
    if (mapping, name) == ("step", "fails") and not content:
        del made["steps"][0]["fails"]
    if mapping == "step":
        made["steps"].insert(0, _known("reserve_stock", "reservation_id"))
    if mapping == "saga":
        made["steps"] = made["steps"][:1]
    return made


def _known(name: str, field: str) -> dict[str, Any]:
    return {"step": name, "service": "stock", "effect": "none", "output": {field: "string"}}


@pytest.mark.parametrize(("mapping", "name", "key"), DEFAULTS.values(), ids=DEFAULTS)
def test_writing_a_default_changes_nothing(mapping: str, name: str, key: Key) -> None:
    without = meaning(host(mapping, name, {}))
    assert meaning(host(mapping, name, {name: plain(key.default)})) == without


@pytest.mark.parametrize(
    ("mapping", "name", "key"),
    [each for name, each in DEFAULTS.items() if name not in ONLY_ONE_VALUE],
    ids=[name for name in DEFAULTS if name not in ONLY_ONE_VALUE],
)
def test_writing_something_else_changes_something(mapping: str, name: str, key: Key) -> None:
    """Else the test above could not fail."""
    assert meaning(host(mapping, name, {name: plain(key.example)})) != meaning(
        host(mapping, name, {})
    )
