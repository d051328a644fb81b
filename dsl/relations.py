"""How types relate: what fits where, what two of them have in common, how they are written.

Numbers: an integer fits a decimal and a number. A decimal is exact and a number is not, so that
neither fits the other; a literal with a point (EXACT) and what is computed of such literals and
integers fits both. A literal text (``TextType``) fits an enum that holds it.
"""

from __future__ import annotations

from collections.abc import Mapping

from .records import dataclass
from .types import (
    ANY,
    NULL,
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

STRING = Primitive("string")
INTEGER = Primitive("integer")
NUMBER = Primitive("number")
DECIMAL = Primitive("decimal")
BOOLEAN = Primitive("boolean")
EXACT = Primitive("decimal literal")
NUMERIC = frozenset({INTEGER, NUMBER, DECIMAL, EXACT})
TIMES = frozenset({Primitive("datetime"), Primitive("date"), Primitive("duration")})


@dataclass(frozen=True, slots=True)
class TextType(EnumType):
    """The type of a text that is written in an expression: one of ``values``."""


def resolved(type_: Type, types: Mapping[str, Type]) -> Type:
    """``type_`` without a name around it; names that only lead to each other are ``any``."""
    seen: set[str] | None = None
    while isinstance(type_, NamedType):
        seen = seen or set()
        if type_.name in seen or type_.name not in types:
            return ANY
        seen.add(type_.name)
        type_ = types[type_.name]
    return ANY if isinstance(type_, SchemaType) else type_


def widened(type_: Type) -> Type:
    """The type of a value without what is only known of literals."""
    match type_:
        case TextType():
            return STRING
        case Primitive():
            return DECIMAL if type_ is EXACT else type_
        case ListType():
            return ListType(widened(type_.item))
        case OptionalType():
            return OptionalType(widened(type_.inner))
        case RecordType() if type_.name is None:
            fields = (Field(f.name, widened(f.type), f.optional, f.span) for f in type_.fields)
            return RecordType(tuple(fields))
    return type_


def assignable(source: Type, target: Type, types: Mapping[str, Type]) -> bool:
    """Whether every value of ``source`` may stand where ``target`` is asked for.

    ``any`` fits everywhere and takes everything. A record fits one whose fields it has; fields that
    the target does not know do not fit.
    """
    return _fits(source, target, types, frozenset())


def _fits(
    source: Type, target: Type, types: Mapping[str, Type], assumed: frozenset[tuple[Type, Type]]
) -> bool:
    if source == target or (source, target) in assumed:
        return True
    if isinstance(source, NamedType) or isinstance(target, NamedType):
        # A recursive type fits if it does so as far as it has been unfolded.
        assumed |= {(source, target)}
        source, target = resolved(source, types), resolved(target, types)
    if isinstance(source, SchemaType) or isinstance(target, SchemaType) or ANY in (source, target):
        return True
    if isinstance(target, OptionalType):
        inner = source.inner if isinstance(source, OptionalType) else source
        return inner is NULL or _fits(inner, target.inner, types, assumed)
    match source, target:
        case ListType(), ListType():
            return _fits(source.item, target.item, types, assumed)
        case RecordType(), RecordType():
            return _record_fits(source, target, types, assumed)
        case EnumType(), EnumType():
            return set(source.values) <= set(target.values)
        case EnumType(), Primitive():
            return target is STRING
        case Primitive(), Primitive():
            return _primitive_fits(source, target)
    return False


def _primitive_fits(source: Primitive, target: Primitive) -> bool:
    if source == target:
        return True
    if source is INTEGER:
        return target in NUMERIC
    return source is EXACT and target in (DECIMAL, NUMBER)


def _record_fits(
    source: RecordType,
    target: RecordType,
    types: Mapping[str, Type],
    assumed: frozenset[tuple[Type, Type]],
) -> bool:
    if any(target.field(field.name) is None for field in source.fields):
        return False
    for wanted in target.fields:
        given = source.field(wanted.name)
        if given is None or (given.optional and not wanted.optional):
            if given is not None or not wanted.optional:
                return False
            continue
        wanted_type = OptionalType(wanted.type) if wanted.optional else wanted.type
        if not _fits(given.type, wanted_type, types, assumed):
            return False
    return True


def joined(left: Type, right: Type, types: Mapping[str, Type]) -> Type | None:
    """The least type that both fit; None if they have nothing in common."""
    if left == right:
        return left
    if NULL in (left, right):
        other = right if left is NULL else left
        return other if isinstance(other, OptionalType) else OptionalType(other)
    if isinstance(left, OptionalType) or isinstance(right, OptionalType):
        inner = joined(present(left), present(right), types)
        return OptionalType(inner) if inner is not None else None
    if isinstance(left, TextType) and isinstance(right, TextType):
        return TextType(tuple(dict.fromkeys((*left.values, *right.values))))
    for one, other in ((left, right), (right, left)):
        if assignable(one, other, types):
            return other
    if {type(resolved(left, types)), type(resolved(right, types))} <= {EnumType, TextType}:
        return STRING
    if isinstance(left, ListType) and isinstance(right, ListType):
        item = joined(left.item, right.item, types)
        return ListType(item) if item is not None else None
    return None


def present(type_: Type) -> Type:
    """The type of the value if there is one."""
    return type_.inner if isinstance(type_, OptionalType) else type_


def show(type_: Type) -> str:
    """The type as the language writes it; long records and enums are cut off."""
    match type_:
        case Primitive():
            return "decimal" if type_ is EXACT else type_.name
        case NamedType():
            return type_.name
        case ListType():
            return f"[{show(type_.item)}]"
        case OptionalType():
            return f"{show(type_.inner)} (may be absent)"
        case TextType():
            return f"the text {' or '.join(map(repr, type_.values[:4]))}"
        case EnumType():
            return type_.name or f"{{enum: [{_listed(type_.values)}]}}"
        case SchemaType():
            return type_.name or "{schema: ...}"
    fields = [f"{f.name}{'?' if f.optional else ''}: {show(f.type)}" for f in type_.fields]
    return type_.name or f"{{{_listed(fields)}}}"


def _listed(texts: list[str] | tuple[str, ...]) -> str:
    return ", ".join([*texts[:6], "..."] if len(texts) > 6 else texts)
