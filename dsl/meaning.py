"""What a saga means, as hashes by key: two specs with equal hashes may share a version.

Places, descriptions, comments, teams and the order of keys are no part of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from .graph import SagaGraph
from .model import Foreach, InputNames, Name, Saga
from .records import fields, is_dataclass
from .syntax import Comprehension

_NO_MEANING = frozenset(
    [
        "span",
        "keys",
        "names",
        "description",
        "written",
        "type_names",
        "suppressions",
        "team",
        "version",
        "text",
        "source",
    ]
)
_OWN_KEYS = frozenset({"items", "name"})


def meaning(graph: SagaGraph) -> dict[str, str]:
    """A hash for each key (``deadline``, ``steps.charge_payment``) of a saga and its children."""
    return {key: _hash(plain) for key, plain in _parts(graph)}


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """The keys whose meaning differs, sorted."""
    return tuple(sorted(k for k in {*before, *after} if before.get(k) != after.get(k)))


def _parts(graph: SagaGraph) -> Iterator[tuple[str, Any]]:
    saga = graph.saga
    for each in fields(Saga):
        if each.name not in _NO_MEANING | _OWN_KEYS:
            yield each.name, _plain(getattr(saga, each.name))
    yield "steps", [item.name.text for item in saga.items]
    for item in saga.items:
        yield f"steps.{item.name}", [item.kind, _plain(item)]
    for name, child in sorted(graph.children.items()):
        for key, plain in _parts(child):
            yield f"steps.{name}: {key}", plain


def _plain(value: Any) -> Any:
    """``value`` as JSON data, without what has no meaning."""
    if isinstance(value, Name):
        return value.text
    if is_dataclass(value):
        found = {
            each.name: _plain(getattr(value, each.name))
            for each in fields(value)
            if each.name not in _NO_MEANING
        }
        return [type(value).__name__, found | _read(value)]
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def _read(value: Any) -> dict[str, Any]:
    """What is read, under names that elsewhere only say where something stands."""
    if isinstance(value, InputNames):
        return {"names": sorted(map(_plain, value.names), key=json.dumps)}
    if isinstance(value, Foreach | Comprehension):
        return {"source": _plain(value.source)}
    return {}


def _hash(plain: Any) -> str:
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False)
    return sha256(text.encode()).hexdigest()[:16]
