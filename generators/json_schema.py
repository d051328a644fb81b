"""The types of a spec as JSON Schema (draft 7), of the JSON that the generated codec writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

from sagac.dsl.types import (
    EnumType,
    Field,
    ListType,
    NamedType,
    OptionalType,
    Primitive,
    RecordType,
    SchemaType,
    Type,
)

Schema: TypeAlias = "dict[str, Any]"

DIALECT = "http://json-schema.org/draft-07/schema#"
_DEFINITIONS = "#/definitions/"

_PRIMITIVES: dict[str, Schema] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "decimal": {"type": "string", "format": "decimal"},
    "datetime": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "duration": {"type": "number", "description": "Seconds."},
    "uuid": {"type": "string", "format": "uuid"},
    "bytes": {"type": "string", "contentEncoding": "base64"},
    "any": {},
    "null": {"type": "null"},
}


class Schemas:
    """Writes the schemas of one file; ``definitions`` are the named types that they refer to.

    ``lenient``: what others may send, where a decimal may be a number too.
    """

    def __init__(self, types: Mapping[str, Type], *, lenient: bool = False) -> None:
        self._types = types
        self._lenient = lenient
        self.definitions: dict[str, Schema] = {}

    def of(self, type: Type) -> Schema:
        """The schema of a type."""
        match type:
            case Primitive("decimal") if self._lenient:
                return {"type": ["string", "number"], "format": "decimal"}
            case Primitive(name):
                return dict(_PRIMITIVES[name])
            case ListType(item):
                return {"type": "array", "items": self.of(item)}
            case RecordType(_, str(name)) if name in self._types:
                return self._named(name)
            case RecordType(fields):
                return self.record({each.name: each for each in fields})
            case EnumType(values):
                return {"type": "string", "enum": list(values)}
            case SchemaType(text):
                return self._written(text)
            case NamedType(name):
                return self._named(name)
            case OptionalType(inner):
                return {"anyOf": [self.of(inner), {"type": "null"}]}

    def record(self, fields: Mapping[str, Field]) -> Schema:
        """An object with these fields. One that is None is left out, so it is not required."""
        properties = {name: self.of(_inner(each.type)) for name, each in fields.items()}
        needed = [name for name, each in fields.items() if self.is_there(each)]
        found: Schema = {"type": "object", "properties": properties}
        return found | {"required": needed} if needed else found

    def is_there(self, field: Field) -> bool:
        """Whether a field always has a value other than null."""
        return not field.optional and not may_be_null(field.type, self._types)

    def _named(self, name: str) -> Schema:
        if name not in self.definitions:
            self.definitions[name] = {}  # a type may refer to itself
            type = self._types.get(name, Primitive("any"))
            plain = RecordType(type.fields) if isinstance(type, RecordType) else type
            self.definitions[name] = self.of(plain)
        return {"$ref": f"{_DEFINITIONS}{name}"}

    def _written(self, text: str) -> Schema:
        """A schema of the spec; it gets a place of its own if it refers to its own parts."""
        schema: Any = json.loads(text)
        if not isinstance(schema, dict):
            return {} if schema else {"not": {}}
        if '"$ref"' not in text:
            return schema
        known = (name for name, each in self.definitions.items() if each.get("$comment") == text)
        name = next(known, f"schema-{len(self.definitions) + 1}")
        moved = _moved(schema, f"{_DEFINITIONS}{name}")
        self.definitions[name] = {**moved, "$comment": text}
        return {"$ref": f"{_DEFINITIONS}{name}"}


def may_be_null(type: Type, types: Mapping[str, Type], seen: frozenset[str] = frozenset()) -> bool:
    """Whether a value of this type may be null, so that it is left out."""
    match type:
        case OptionalType() | SchemaType() | Primitive("any" | "null"):
            return True
        case NamedType(name):
            known = types.get(name)
            return known is None or name in seen or may_be_null(known, types, seen | {name})
    return False


def _inner(type: Type) -> Type:
    return type.inner if isinstance(type, OptionalType) else type


def _moved(schema: Any, place: str) -> Any:
    """A schema whose references to itself lead to ``place``."""
    if isinstance(schema, list):
        return [_moved(each, place) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _moved(each, place) for key, each in schema.items()}
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        found["$ref"] = place + reference[1:]
    return found
