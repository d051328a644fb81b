"""The JSON Schema of each message, as the runtime's ``message`` writes it."""

from __future__ import annotations

from sagac.generators.json_schema import DIALECT, Schema, Schemas

from .events import Told
from .parts import Node
from .payloads import Outside, Payloads

_TRUE: Schema = {"const": True}
_TEXTS: Schema = {"type": "array", "items": {"type": "string"}}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_FAILURE: Schema = {
    "type": "object",
    "properties": {
        "step": {"type": ["string", "null"]},
        "reason": {"type": "string"},
        "data": {},
        "kind": {"enum": ["failed", "cancelled", "timed_out"]},
    },
    "required": ["step", "reason", "data", "kind"],
}
# What an event may say beside its values; what is empty is left out.
_PARTS: dict[str, Schema] = {
    "chosen": {"type": "string"},
    "failure": _FAILURE,
    "marks": {**_TEXTS, "description": "Compensations that were given up."},
    "open": {**_TEXTS, "description": "Forks with branches that are still to end."},
    "slots": {**_TEXTS, "description": "The edges that are given back."},
    "count": {**_COUNT, "description": "Elements of a loop, branches of a fork."},
    "need": {**_COUNT, "description": "How many of them the join waits for."},
    "ran": {**_TRUE, "description": "It had an effect, or may have had one."},
    "undid": {**_TRUE, "description": "A compensation took effect."},
    "broken": {**_TRUE, "description": "Its outcome had been unknown."},
    "round": {"type": "integer", "minimum": 1},
}
_BACK = ("failure", "marks", "slots", "ran", "undid", "broken", "round")
_SAID = {
    "done": ("chosen", "marks", "open", "count", "need", "ran", "undid"),
    "skipped": ("marks",),
    "failed": ("failure", "marks"),
    "aborted": _BACK,
    "undone": _BACK,
    "unsettled": ("failure", "marks"),
    "released": _BACK,
    "handling": ("chosen", "marks"),
    "returning": ("failure", "marks", "broken"),
    "rest": ("marks",),
    "called_off": ("failure", "marks"),
    "accepted": ("failure", "marks"),
    "ended": ("failure", "marks"),
    "stuck": ("failure", "marks", "round"),
    "unstuck": ("marks", "round"),
}
_REQUIRED = {
    "failed": ("failure",),
    "unsettled": ("failure",),
    "called_off": ("failure",),
    "accepted": ("failure",),
    "stuck": ("failure", "round"),
    "unstuck": ("round",),
    "handling": ("chosen",),
}


class Envelopes:
    """Writes the schemas of the messages of one saga."""

    def __init__(self, payloads: Payloads) -> None:
        self.payloads = payloads
        self._nodes = payloads.events.projection.nodes
        self._saga = payloads.events.projection.graph.saga

    def event(self, name: str, told: Told) -> Schema:
        """The message that tells an event."""
        schemas = Schemas(self.payloads.types)
        body: Schema = {
            "type": "object",
            "properties": {
                "saga": {"const": self._saga.name.text},
                "version": {"const": self._saga.version},
                "started": {"type": "number", "description": "Seconds since 1970, UTC."},
                "event": self._told(told, schemas),
            },
            "required": ["saga", "version", "started", "event"],
        }
        return _whole(name, body, schemas)

    def input(self) -> Schema:
        """The message that starts a saga."""
        schemas = Schemas(self.payloads.types, lenient=True)
        return _whole(f"Input of {self._saga.name}", schemas.of(self.payloads.input), schemas)

    def outside(self, event: Outside) -> Schema:
        """An event from outside; each wait for it reads what it needs."""
        schemas = Schemas(self.payloads.types, lenient=True)
        data = [schemas.of(each) for each in event.data]
        body = data[0] if len(data) == 1 else {"anyOf": data}
        return _whole(event.name, body, schemas)

    def _told(self, told: Told, schemas: Schemas) -> Schema:
        node = self._nodes[told.node]
        properties: Schema = {
            "key": {"type": "string", "description": "The key of the saga."},
            "node": {"const": told.node},
            "outcome": {"const": told.outcome},
        }
        required = ["key", "node", "outcome", *_REQUIRED.get(told.outcome, ())]
        if node.loops:
            properties["iteration"] = _iteration(len(node.loops))
            required.append("iteration")
        values = self.payloads.values(told)
        if values:
            properties["values"] = schemas.record(values)
            required += ["values"] if "required" in properties["values"] else []
        properties |= {each: _PARTS[each] for each in self._parts(node, told.outcome)}
        return {"type": "object", "properties": properties, "required": required}

    @staticmethod
    def _parts(node: Node, outcome: str) -> list[str]:
        said = [*_SAID[outcome]]
        if outcome == "done" and node.kind != "decision":
            said.remove("chosen")
        if outcome == "done" and node.kind not in ("loop", "pass"):
            said = [each for each in said if each not in ("count", "need")]
        return said


def _iteration(depth: int) -> Schema:
    place = {"type": "array", "items": {"type": "integer"}, "minItems": depth, "maxItems": depth}
    return {**place, "description": "The index in each loop around it, outermost first."}


def _whole(title: str, body: Schema, schemas: Schemas) -> Schema:
    found = {"$schema": DIALECT, "title": title, **body}
    return found | {"definitions": schemas.definitions} if schemas.definitions else found
