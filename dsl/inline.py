"""Types of one file for the use in another: the names of its ``types`` are written out."""

from __future__ import annotations

from collections.abc import Mapping

from .records import replace
from .types import (
    ANY,
    EnumType,
    ListType,
    NamedType,
    OptionalType,
    RecordType,
    SchemaType,
    Type,
)

DEEPEST = 16  # names inside each other that are written out; a recursive type is ``any`` below


def inlined_record(record: RecordType, types: Mapping[str, Type]) -> RecordType:
    """``record`` without names of ``types``."""
    written = inlined(record, types)
    return written if isinstance(written, RecordType) else record


def inlined(type_: Type, types: Mapping[str, Type], open_names: tuple[str, ...] = ()) -> Type:
    """``type_`` with every name of ``types`` replaced by what it means."""
    match type_:
        case NamedType(name):
            if name not in types or name in open_names or len(open_names) >= DEEPEST:
                return ANY
            return inlined(types[name], types, (*open_names, name))
        case ListType(item):
            return ListType(inlined(item, types, open_names))
        case OptionalType(inner):
            return OptionalType(inlined(inner, types, open_names))
        case RecordType():
            fields = (replace(f, type=inlined(f.type, types, open_names)) for f in type_.fields)
            return RecordType(tuple(fields))
        case EnumType() | SchemaType():
            return replace(type_, name=None)
    return type_
