"""The JSON Schema of the language, made from the tables that the parser reads by.

Draft 7: editors know it whole, later drafts in part. Where a key has a description of its own the
form stands in ``allOf``, since draft 7 reads nothing beside a ``$ref``.
"""

from __future__ import annotations

import json

from sagac.dsl.parser_vocabulary import (
    COMMON,
    GROUP_COMPENSATE_REQUIRED,
    KINDS,
    ONE_OF,
    ONLY_WITH_EVENT,
    PARTS,
)
from sagac.dsl.types import PRIMITIVES

from .example import plain
from .forms import (
    NAMES,
    TEXT,
    TYPE_FIELD,
    VALUE_FIELD,
    Schema,
    definition,
    form,
    link,
    list_of,
)
from .key import Key
from .keys_items import KINDS as SAID
from .tables import FILE, KEYS, names, required

DRAFT = "http://json-schema.org/draft-07/schema#"
__all__ = ["schema", "text"]


def text() -> str:
    """The schema as it is written to a file."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def schema() -> Schema:
    """The schema of a whole file."""
    whole = _mapping(FILE, "One saga: who takes part, what happens, how each step is undone.")
    parts = {name: _mapping(name) for name in PARTS}
    parts["start"] |= {"minProperties": 1}
    parts["race"] |= _choice("race")
    group = {**parts["compensate"], "required": list(GROUP_COMPENSATE_REQUIRED)}
    definitions = {
        "item": _item(),
        **{_named(kind): _of_kind(kind) for kind in KINDS},
        **parts,
        "group compensate": group,
        **NAMES,
        "fields": _fields(),
        "type": _type(),
        "values": _values(),
        "value": _value(),
    }
    named = {definition(name): each for name, each in definitions.items()}
    return {"$schema": DRAFT, "title": "Saga", **whole, "definitions": named}


def _mapping(name: str, description: str | None = None) -> Schema:
    """A mapping with the keys of the table ``name`` and no others."""
    made: Schema = {"description": description} if description else {}
    made["type"] = "object"
    if required(name):
        made["required"] = list(required(name))
    made["properties"] = {key: _key(KEYS[name][key]) for key in names(name)}
    made["additionalProperties"] = False
    return made


def _key(key: Key) -> Schema:
    """The form of a key with what is said about it."""
    shape = form(key.form)
    made: Schema = {"description": described(key)}
    made |= {"allOf": [shape]} if "$ref" in shape else shape
    if key.default:
        made["default"] = plain(key.default)
    made["examples"] = [plain(key.example)]
    return made


def described(key: Key) -> str:
    """What a key means and what holds without it, in a line of plain text."""
    said = f"{key.doc} Without it: {key.without}." if key.without else key.doc
    return said.replace("`", "'")


# -- items --------------------------------------------------------------------------------------


def _named(kind: str) -> str:
    return f"item {kind}"


def _item() -> Schema:
    """Chooses by the key that names the item; without one it offers them all."""
    chosen: Schema = {
        "properties": {kind: _head(said) for kind, said in SAID.items()},
        "anyOf": [{"required": [kind]} for kind in KINDS],
    }
    for kind in reversed(KINDS):
        asked = {"type": "object", "required": [kind]}
        chosen = {"if": asked, "then": link(_named(kind)), "else": chosen}
    description = "An item: its first key says what it is and names it."
    return {"description": description, "type": "object", **chosen}


def _of_kind(kind: str) -> Schema:
    made = _mapping(kind, SAID[kind])
    head = {kind: _head(f"{SAID[kind]} This is its name.")}
    common = {key: _key(KEYS["common"][key]) for key in COMMON}
    made["properties"] = {**head, **made["properties"], **common}
    made["required"] = [kind, *required(kind)]
    return made | _choice(kind)


def _head(description: str) -> Schema:
    return {"description": description, "allOf": [link("name")]}


def _choice(name: str) -> Schema:
    """Exactly one of some keys, and keys that only go with an event."""
    if name not in ONE_OF:
        return {}
    return {
        "oneOf": [{"required": [key]} for key in ONE_OF[name]],
        "dependencies": {key: ["event"] for key in ONLY_WITH_EVENT[name]},
    }


# -- types and values ---------------------------------------------------------------------------


def _fields() -> Schema:
    return {
        "description": "Names of fields and their types; 'name?' is optional.",
        "type": "object",
        "propertyNames": TYPE_FIELD,
        "additionalProperties": link("type"),
    }


def _type() -> Schema:
    """A type: a word, a list of one type, an enum, JSON Schema, or a record.

    A mapping with ``enum`` alone over a list is an enum, with ``schema`` alone over a mapping is
    JSON Schema; every other mapping is a record.
    """
    known: Schema = {"description": "A type of the language.", "enum": list(PRIMITIVES)}
    own = {"description": "A name from 'types'.", "allOf": [link("type name")]}
    values = {**list_of(TEXT, 1), "uniqueItems": True}
    one = {**list_of(link("type"), 1), "maxItems": 1}
    mapping: Schema = {
        "type": "object",
        "if": _alone("enum", "array"),
        "then": {"properties": {"enum": values}},
        "else": {
            "if": _alone("schema", "object"),
            "then": {"properties": {"schema": {"type": "object"}}},
            "else": link("fields"),
        },
    }
    return {
        "description": "A type: a word such as 'string', a name from 'types', '[T]',"
        " '{ enum: [...] }', '{ schema: ... }', or fields by name.",
        "anyOf": [known, own, one, mapping],
    }


def _alone(key: str, type_: str) -> Schema:
    return {"required": [key], "maxProperties": 1, "properties": {key: {"type": type_}}}


def _values() -> Schema:
    return {
        "description": "Values by field; '${...}' holds an expression.",
        "type": "object",
        "propertyNames": VALUE_FIELD,
        "additionalProperties": link("value"),
    }


def _value() -> Schema:
    """Any value; the names of its fields are names of fields."""
    return {
        "description": "A value: text, number, boolean, null, '${...}', a list, or fields.",
        "if": {"type": "object"},
        "then": link("values"),
        "else": {"if": {"type": "array"}, "then": list_of(link("value"))},
        "examples": ["${input.order_id}"],
    }
