"""Plausible values of a type: what a simulated participant answers, what a saga is tried with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice, product
from typing import Any
from uuid import UUID

from sagac.dsl.types import (
    EnumType,
    ListType,
    NamedType,
    OptionalType,
    Primitive,
    RecordType,
    SchemaType,
    Type,
)

_DEPTH = 6  # a recursive type ends here with what is absent or empty
_EXAMPLES: Mapping[str, Any] = {
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "decimal": Decimal("10.00"),
    "datetime": datetime(2030, 1, 31, 12, 0, tzinfo=UTC),
    "date": date(2030, 1, 31),
    "duration": timedelta(minutes=5),
    "uuid": UUID("00000000-0000-4000-8000-000000000001"),
    "bytes": b"sample",
    "any": "sample",
    "null": None,
}
_CANDIDATES: Mapping[str, tuple[Any, ...]] = {
    "integer": (1, 100, 0, 1000, -1),
    "number": (1.5, 100.0, 0.0, 1000.0, -1.0),
    "boolean": (True, False),
    "decimal": tuple(Decimal(text) for text in ("10.00", "100", "0", "1000", "-1")),
    "string": ("done", "ok", "ready"),
}


def sample(type_: Type, name: str, types: Mapping[str, Type], depth: int = 0) -> Any:
    """A value of ``type_`` as plain data (Decimal, date … included); texts say their ``name``."""
    match type_:
        case Primitive(name="string"):
            return f"{name}-1"
        case Primitive(name=primitive):
            return _EXAMPLES[primitive]
        case ListType(item=item):
            return [] if depth > _DEPTH else [sample(item, name, types, depth + 1)]
        case EnumType(values=values):
            return values[0]
        case NamedType(name=named):
            return sample(types[named], name, types, depth + 1)
        case OptionalType(inner=inner):
            return None if depth > _DEPTH else sample(inner, name, types, depth + 1)
        case SchemaType(schema=schema):
            return _of_schema(json.loads(schema), name, depth)
        case RecordType():
            return sample_record(type_, types, depth)


def sample_record(record: RecordType, types: Mapping[str, Type], depth: int = 0) -> dict[str, Any]:
    """A record with all fields; optional ones are left out where a recursive type must end."""
    return {
        field.name: sample(field.type, field.name, types, depth + 1)
        for field in record.fields
        if not (field.optional and depth > _DEPTH)
    }


def variants(
    record: RecordType, types: Mapping[str, Type], limit: int = 400
) -> Iterator[dict[str, Any]]:
    """Records that differ in their simple fields, the plainest first; at most ``limit``."""
    plain = sample_record(record, types)
    choices = [
        [(field.name, value) for value in _candidates(field.type, plain[field.name], types)]
        for field in record.fields
    ]
    for chosen in islice(product(*choices), limit):
        yield plain | dict(chosen)


def _candidates(type_: Type, plain: Any, types: Mapping[str, Type]) -> tuple[Any, ...]:
    match type_:
        case Primitive(name=name):
            rest = (each for each in _CANDIDATES.get(name, ()) if each != plain)
            return (plain, *rest)
        case EnumType(values=values):
            return values
        case NamedType(name=named):
            return _candidates(types[named], plain, types)
        case OptionalType(inner=inner):
            return (*_candidates(inner, plain, types), None)
    return (plain,)


def _of_schema(schema: Any, name: str, depth: int) -> Any:
    """A value for the commonest parts of JSON Schema; what it leaves open is ``sample``."""
    if not isinstance(schema, dict) or depth > _DEPTH:
        return None
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    for key in ("anyOf", "oneOf"):
        if schema.get(key):
            return _of_schema(schema[key][0], name, depth + 1)
    kind = schema.get("type", "object" if "properties" in schema else None)
    kind = kind[0] if isinstance(kind, list) and kind else kind
    match kind:
        case "object":
            properties = schema.get("properties", {})
            return {key: _of_schema(each, key, depth + 1) for key, each in properties.items()}
        case "array":
            count = max(1, int(schema.get("minItems", 1)))
            return [_of_schema(schema.get("items", {}), name, depth + 1)] * min(count, 10)
        case "integer":
            return int(schema.get("minimum", 1))
        case "number":
            return float(schema.get("minimum", 1.5))
        case "boolean":
            return True
        case "null":
            return None
    return f"{name}-1"[: schema.get("maxLength", 100)]
