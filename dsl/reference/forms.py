"""What may stand at a key: the shape of each form as JSON Schema, by the parser's own patterns."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from typing import Any, TypeAlias

from sagac.dsl.durations import UNITS
from sagac.dsl.expression_tree import NAME
from sagac.dsl.parser_names import (
    KEBAB,
    LITERALS,
    LONGEST,
    RESERVED,
    SNAKE,
    TEAM,
    WORD,
    WORDS_OF_RECOVER,
)
from sagac.dsl.parser_vocabulary import COMPOSITE_ROLES, WORDS
from sagac.dsl.types import PRIMITIVES

Schema: TypeAlias = dict[str, Any]


def told(message: str) -> Schema:
    """What an editor says of a value that does not fit; validators look past it."""
    return {"errorMessage": message, "patternErrorMessage": message}


SCALAR: Schema = {"type": ["string", "number", "boolean"]}  # a text, however it is read
TEXT = {"type": "string"}
WHOLE = {"type": "integer", "minimum": 1}
INTERPOLATED = {"type": "string", "pattern": r"\$\{"}
DURATION = {
    "type": "string",
    "pattern": rf"^[0-9]{{1,12}}(\.[0-9]{{1,6}})?({'|'.join(UNITS)})$",
    **told("A duration is a number and a unit, such as 30s, 5m or 14d."),
}
LONGER_THAN_NOTHING = {**DURATION, "allOf": [{"pattern": "[1-9]"}]}
DURATION_OR_EXPRESSION = {"anyOf": [DURATION, {"type": "string", "pattern": r"^\s*\$\{"}]}

DOCS = {
    "service": "the name of a service",
    "name": "a name in snake_case",
    "saga name": "a name in kebab-case",
    "team name": "a name in kebab-case or snake_case",
    "event name": "a name, usually in PascalCase",
    "names": "a list of names",
    "text": "text",
    "boolean": "`true` or `false`",
    "whole number": "a whole number from 1",
    "value": "a value",
    "values": "values by field",
    "expression": "an expression",
    "duration": "a duration",
    "duration or expression": "a duration or `${...}`",
    "whole number or expression": "a whole number from 1 or `${...}`",
    "attempts": "a whole number from 1, or `forever`",
    "join": "`all`, `any`, `settled`, a whole number from 1 or `${...}`",
    "pivot": "`pivot`",
    "fields": "types by field",
    "input": "a list of names, or values by field",
    "refusals": "a list of names, or types by field by name",
    "retry": "a [retry](#retry)",
    "compensate": "the name of an action, or a [compensation](#compensate)",
    "group compensate": "a [compensation](#compensate) with `service`",
    "recover": "lists of items by refusal",
    "events": "[event names](#names-of-events)",
    "items": "a list of items, at least one",
    "items or none": "a list of items, perhaps `[]`",
    "branches": "lists of items by name",
    "cases": "a list of `{ if, steps }`",
    "races": "a list of ways out",
    "start": "a [start](#start-and-cancel)",
    "cancel": "a [cancel](#start-and-cancel)",
    "services": "[services](#services) by name",
    "actions": "[signatures](#services) by action",
    "types": "[types](#types) by name",
    "defaults": "[defaults](#defaults)",
    "locks": "[locks](#locks) by name",
    "declared events": "[events](#events-from-outside) by name",
}


def said(form: str) -> str:
    """The form in words, as Markdown."""
    if form.startswith("word "):
        return " ".join(f"`{word}`" for word in WORDS[form.removeprefix("word ")])
    return DOCS[form]


def named(pattern: re.Pattern[str], style: str, reserved: Iterable[str] = ()) -> Schema:
    """A name as the parser takes it."""
    refused = sorted({*keyword.kwlist, *LITERALS, *reserved})
    fitting = [word for word in refused if pattern.fullmatch(word)]
    return {
        "type": "string",
        "pattern": f"^(?!(?:{'|'.join(fitting)})$)(?:{pattern.pattern})$",
        "maxLength": LONGEST,
        **told(f"A name is {style} here, and no word that has a meaning already."),
    }


def definition(name: str) -> str:
    """How a definition is called in the schema: its name is part of an address."""
    return name.replace(" ", "-")


def link(name: str) -> Schema:
    """A reference to a definition of the schema."""
    return {"$ref": f"#/definitions/{definition(name)}"}


NAMES = {
    "name": named(SNAKE, "snake_case", RESERVED),
    "saga name": named(KEBAB, "kebab-case"),
    "team name": named(TEAM, "kebab-case or snake_case"),
    "event name": named(WORD, "PascalCase"),
    "type name": named(WORD, "PascalCase", PRIMITIVES),
    "refusal": named(SNAKE, "snake_case", WORDS_OF_RECOVER),
    "recovered refusal": named(SNAKE, "snake_case", ("done",)),
}
_FIELD = [word for word in keyword.kwlist if NAME.fullmatch(word)]
VALUE_FIELD = {"pattern": f"^({NAME.pattern})$", "not": {"enum": sorted(_FIELD)}}
TYPE_FIELD = {
    "pattern": rf"^({NAME.pattern})\??$",
    "not": {"enum": sorted([*_FIELD, *(f"{word}?" for word in _FIELD)])},
}
REFERENCE = {
    "type": "string",
    "pattern": rf"^\s*{NAME.pattern}(\.{NAME.pattern})*\s*$",
}


def by_name(key: Schema, value: Schema, least: int = 0) -> Schema:
    """A mapping of names to values of one form."""
    size = {"minProperties": least} if least else {}
    return {"type": "object", "propertyNames": key, "additionalProperties": value, **size}


def list_of(item: Schema, least: int = 0) -> Schema:
    """A list of values of one form."""
    return {"type": "array", "items": item, **({"minItems": least} if least else {})}


def or_empty(schema: Schema) -> Schema:
    """``schema`` or nothing at all."""
    return {"anyOf": [schema, {"type": "null"}]}


ITEMS, SOME_ITEMS = list_of(link("item")), list_of(link("item"), 1)
FORMS: dict[str, Schema] = {
    "service": link("name"),
    "name": link("name"),
    "saga name": link("saga name"),
    "team name": link("team name"),
    "event name": link("event name"),
    "names": {**list_of(link("name")), "uniqueItems": True},
    "text": SCALAR,
    "boolean": {"type": "boolean"},
    "whole number": WHOLE,
    "value": SCALAR,
    "values": link("values"),
    "expression": SCALAR,
    "duration": LONGER_THAN_NOTHING,
    "duration or expression": DURATION_OR_EXPRESSION,
    "whole number or expression": {"anyOf": [WHOLE, INTERPOLATED]},
    "attempts": {"anyOf": [WHOLE, {"enum": list(WORDS["attempts"])}]},
    "join": {"anyOf": [{"enum": list(WORDS["join"])}, WHOLE, INTERPOLATED]},
    "pivot": {"enum": list(COMPOSITE_ROLES)},
    "fields": link("fields"),
    "input": {"anyOf": [list_of(REFERENCE), link("values")]},
    "refusals": {
        "anyOf": [
            {**list_of(link("refusal")), "uniqueItems": True},
            by_name(link("refusal"), or_empty(link("fields"))),
        ]
    },
    "retry": link("retry"),
    "compensate": {"anyOf": [link("name"), link("compensate")]},
    "group compensate": link("group compensate"),
    "recover": by_name(link("recovered refusal"), ITEMS),
    "events": link("events"),
    "items": SOME_ITEMS,
    "items or none": ITEMS,
    "branches": by_name(link("name"), SOME_ITEMS, 1),
    "cases": list_of(link("case"), 1),
    "races": list_of(link("race"), 1),
    "start": link("start"),
    "cancel": link("cancel"),
    "services": by_name(link("name"), or_empty(link("service")), 1),
    "actions": by_name(link("name"), or_empty(link("action"))),
    "types": by_name(link("type name"), link("type")),
    "defaults": link("defaults"),
    "locks": by_name(link("name"), link("lock")),
    "declared events": by_name(link("event name"), or_empty(link("event"))),
}


def form(name: str) -> Schema:
    """The schema of a form."""
    if name.startswith("word "):
        return {"enum": list(WORDS[name.removeprefix("word ")])}
    return FORMS[name]
