"""Types as they are written: nodes of the file in, ``types`` out.

A mapping with the single key ``enum`` over a list is an enum, one with the single key ``schema``
over a mapping is JSON Schema; any other mapping is a record, so that fields may have these names.
"""

from __future__ import annotations

from collections.abc import Iterable

from .codes import diagnostic
from .diagnostics import Diagnostics
from .field_names import field_problem, field_proposal
from .nodes import Entry, Mapping, Node, Scalar, Sequence, describe
from .suggest import did_you_mean
from .types import (
    ANY,
    PRIMITIVES,
    EnumType,
    Field,
    ListType,
    NamedType,
    Primitive,
    RecordType,
    SchemaType,
    Type,
)

# What people write who come from other languages.
ELSEWHERE = {
    "str": "string",
    "text": "string",
    "int": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "bool": "boolean",
    "money": "decimal",
    "timestamp": "datetime",
    "object": "any",
}


_OF_SCHEMAS = {"type", "items", "properties", "required", "additionalProperties", "description"}


def parse_type(node: Node, found: Diagnostics, known: Iterable[str]) -> Type | None:
    """The type that ``node`` writes; ``known`` are the names of ``types:``.

    Returns None after adding a finding: TY003 for what is no type, SY008 for a field's name. A
    JSON Schema that is only a ``$ref`` keeps it; whoever can read files puts the file's text there.
    """
    match node:
        case Scalar():
            return _named(node, found, known)
        case Sequence():
            return _list(node, found, known)
    entries = list(node)
    if len(entries) == 1:
        key, value = entries[0].key.text, entries[0].value
        if key == "enum" and isinstance(value, Sequence):
            return _enum(value, found)
        if key == "schema" and isinstance(value, Mapping):
            return _schema(value, found)
    return _foreign(node, found) or parse_record(node, found, known)


def _foreign(node: Mapping, found: Diagnostics) -> Type | None:
    """Reports a type that is written as in JSON Schema, which is then of any type."""
    told, inner = node.get("type"), node.get("items")
    kind = told.text if isinstance(told, Scalar) else None
    if kind not in ("array", "object") or not {*node.entries} <= _OF_SCHEMAS:
        return None
    help = "Write a record as `{ name: TYPE }`, or plain JSON Schema as `{ schema: ... }`."
    if kind == "array":
        item = inner.text if isinstance(inner, Scalar) else "TYPE"
        help = f"Write a list as `[{item}]`, or plain JSON Schema as `{{ schema: ... }}`."
    found.add(diagnostic("TY003", node.span, "This is a type of JSON Schema.", help=help))
    return ANY


def parse_record(node: Node, found: Diagnostics, known: Iterable[str]) -> RecordType | None:
    """The record type that a mapping of names to types writes; findings as of ``parse_type``.

    Fields with a wrong name or type are reported, all of them; a field whose type cannot be read
    is ``any``, so that what reads it brings no findings of its own.
    """
    if not isinstance(node, Mapping):
        message = f"A mapping of names to types is expected here, not {describe(node)}."
        found.add(diagnostic("SY004", node.span, message, help="Write it as `{name: string}`."))
        return None
    fields: dict[str, Field] = {}
    for entry in node:
        field = _field(entry, found, known)
        if field.name in fields:
            message = f"The field `{field.name}` is there twice, once with and once without `?`."
            found.add(diagnostic("SY005", field.span, message))
        fields.setdefault(field.name, field)
    return RecordType(tuple(fields.values()))


def _field(entry: Entry, found: Diagnostics, known: Iterable[str]) -> Field:
    name = entry.key.text
    optional = name.endswith("?")
    name = name.removesuffix("?")
    problem = field_problem(name)
    if problem is not None:
        message = f"`{name}` cannot be the name of a field: such a name {problem}."
        better = field_proposal(name)
        help = f"Write `{better}`." if better else None
        found.add(diagnostic("SY008", entry.key.span, message, help=help))
    return Field(name, parse_type(entry.value, found, known) or ANY, optional, entry.key.span)


def _named(node: Scalar, found: Diagnostics, known: Iterable[str]) -> Type | None:
    name = node.text
    if name in known:
        return NamedType(name)
    if name in PRIMITIVES:
        return Primitive(name)
    if not isinstance(node.value, str):
        message = f"A type is expected here, not {describe(node)}."
        help = f"A type is one of {', '.join(PRIMITIVES)}, a list, a record or a name from `types`."
    elif name.endswith("?"):
        message = f"`{name}` is not a type."
        help = f"The `?` of an optional field stands on its name: `name?: {name[:-1] or 'string'}`."
    else:
        message = f"There is no type `{name}`."
        help = did_you_mean(name, [*PRIMITIVES, *known])
        if name.lower() in ELSEWHERE:
            help = f"Write `{ELSEWHERE[name.lower()]}`."
    found.add(diagnostic("TY003", node.span, message, help=help))
    return None


def _list(node: Sequence, found: Diagnostics, known: Iterable[str]) -> Type | None:
    if len(node.items) != 1:
        message = f"A list type has one type in brackets, not {len(node.items)}."
        found.add(diagnostic("TY003", node.span, message, help="Write it as `[string]`."))
        return None
    item = parse_type(node.items[0], found, known)
    return ListType(item) if item is not None else None


def _enum(node: Sequence, found: Diagnostics) -> EnumType | None:
    values: dict[str, None] = {}
    before = len(found)
    for item in node.items:
        if not isinstance(item, Scalar) or not isinstance(item.value, str):
            message = f"An enum holds texts, not {describe(item)}."
            help = f'Put it in quotes: "{item.text}".' if isinstance(item, Scalar) else None
            found.add(diagnostic("TY003", item.span, message, help=help))
        elif item.value in values:
            message = f"The enum holds {item.value!r} twice."
            found.add(diagnostic("TY003", item.span, message))
        else:
            values[item.value] = None
    if not node.items:
        found.add(diagnostic("TY003", node.span, "An enum holds at least one text."))
    return EnumType(tuple(values)) if len(found) == before else None


def _schema(node: Mapping, found: Diagnostics) -> SchemaType | None:
    """Keeps the schema as canonical JSON, after checking that it is one."""
    schema = _plain(node)
    # Loaded only for a saga that holds JSON Schema: it is slow to load.
    import json

    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema)  # type: ignore[arg-type]
        return SchemaType(json.dumps(schema, sort_keys=True, allow_nan=False))
    except SchemaError as error:
        span = _inside(node, list(error.absolute_path)).span
        message = f"This is not JSON Schema: {error.message[:200]}."
    except (ValueError, RecursionError):
        span, message = node.span, "This is not JSON Schema: JSON cannot hold it."
    found.add(diagnostic("TY003", span, message))
    return None


def _plain(node: Node) -> object:
    match node:
        case Mapping():
            return {entry.key.text: _plain(entry.value) for entry in node}
        case Sequence():
            return [_plain(item) for item in node.items]
    return node.value


def _inside(node: Node, path: list[str | int]) -> Node:
    """The node at ``path``, as far as the path goes."""
    for step in path:
        inner: Node | None = None
        if isinstance(node, Mapping):
            inner = node.get(str(step))
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            inner = node.items[step]
        if inner is None:
            break
        node = inner
    return node
