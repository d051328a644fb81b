"""Values of the type language as JSON data and back, guided by the types of a saga."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sagac.dsl.types import (
    ListType,
    NamedType,
    OptionalType,
    Primitive,
    RecordType,
    Type,
)


def to_json(value: Any) -> Any:
    """JSON data of a plain value: decimals and times as text, durations in seconds."""
    match value:
        case dict():
            return {key: to_json(each) for key, each in value.items()}
        case list() | tuple():
            return [to_json(each) for each in value]
        case Decimal() | UUID():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bytes():
            return base64.b64encode(value).decode("ascii")
    return value


def from_json(data: Any, type_: Type, types: Mapping[str, Type]) -> Any:
    """The plain value of JSON data; what does not fit its type stays as it is."""
    if data is None:
        return None
    match type_:
        case Primitive(name=name):
            return _primitive(data, name)
        case ListType(item=item):
            return [from_json(each, item, types) for each in data] if _is(data, list) else data
        case NamedType(name=name):
            return from_json(data, types[name], types) if name in types else data
        case OptionalType(inner=inner):
            return from_json(data, inner, types)
        case RecordType():
            return record_from_json(data, type_, types) if _is(data, dict) else data
    return data


def record_from_json(
    data: Mapping[str, Any], record: RecordType, types: Mapping[str, Type]
) -> dict[str, Any]:
    """A record with all its fields; absent ones are None."""
    return {
        field.name: from_json(data.get(field.name), field.type, types) for field in record.fields
    }


def _is(data: Any, kind: type) -> bool:
    return isinstance(data, kind)


def _primitive(data: Any, name: str) -> Any:
    try:
        match name:
            case "decimal":
                return Decimal(str(data))
            case "datetime":
                return datetime.fromisoformat(data)
            case "date":
                return date.fromisoformat(data)
            case "duration":
                return timedelta(seconds=data)
            case "uuid":
                return UUID(data)
            case "bytes":
                return base64.b64decode(data)
    except (ValueError, TypeError, ArithmeticError):
        return data
    return data
