"""The type language as data: what a value of the saga may be.

``string integer number boolean decimal datetime date duration uuid bytes any``, lists, records,
enums, plain JSON Schema, and names from ``types:``.
"""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from .records import dataclass, field, fill
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


@dataclass(frozen=True, slots=True, eq=False)
class Primitive:
    """One of PRIMITIVES; ``null`` is the type of the literal None.

    Of each name there is one object, so that types, which are compared all the time, are quickly.
    """

    _known: ClassVar[dict[str, Primitive]] = {}

    name: str

    def __new__(cls, name: str) -> Primitive:
        known = cls._known.get(name)
        if known is None:
            known = cls._known[name] = fill(object.__new__(cls), name=name)
        return known

    def __reduce__(self) -> tuple[type[Primitive], tuple[str]]:
        return Primitive, (self.name,)


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
        for each in self.fields:
            if each.name == name:
                return each
        return None


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

ANY = Primitive("any")
NULL = Primitive("null")
EMPTY = RecordType(())
