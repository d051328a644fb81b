"""The type language as data: what a value of the saga may be.

``string integer number boolean decimal datetime date duration uuid bytes any``, lists, records,
enums, plain JSON Schema, and names from ``types:``.
"""

from __future__ import annotations

from typing import TypeAlias

from .records import dataclass, field
from .span import NOWHERE, Span

PRIMITIVES = (
    "string",
    "integer",
    "number",
    "boolean",
    "decimal",
    "datetime",
    "date",
    "duration",
    "uuid",
    "bytes",
    "any",
)


@dataclass(frozen=True, slots=True)
class Primitive:
    """One of PRIMITIVES; ``null`` is the type of the literal None."""

    name: str


@dataclass(frozen=True, slots=True)
class ListType:
    """``[T]``."""

    item: Type


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record; optional fields are written ``name?: T``."""

    name: str
    type: Type
    optional: bool
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class RecordType:
    """``{name: T, other?: T}``; ``name`` is that of ``types:`` if it has one there."""

    fields: tuple[Field, ...]
    name: str | None = None

    def field(self, name: str) -> Field | None:
        """The field ``name`` or None."""
        return next((each for each in self.fields if each.name == name), None)


@dataclass(frozen=True, slots=True)
class EnumType:
    """``{enum: [...]}``: one of these texts."""

    values: tuple[str, ...]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class SchemaType:
    """``{schema: ...}``: JSON Schema as canonical JSON; checked at run time, ``any`` inside."""

    schema: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class NamedType:
    """A use of a name from ``types:``; recursive types stay finite this way."""

    name: str


@dataclass(frozen=True, slots=True)
class OptionalType:
    """A value that may be absent (None): an optional field, an optional step's output."""

    inner: Type


Type: TypeAlias = (
    "Primitive | ListType | RecordType | EnumType | SchemaType | NamedType | OptionalType"
)

PRIMITIVE = {name: Primitive(name) for name in PRIMITIVES}  # one object of each
ANY = PRIMITIVE["any"]
NULL = Primitive("null")
EMPTY = RecordType(())
