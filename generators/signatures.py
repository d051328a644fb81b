"""What a saga asks of its services: the signature of each action, also as JSON for the manifest.

Kept versions are remembered by these, so that a change that would break one is seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sagac.dsl.types import (
    PRIMITIVES,
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

Types = Mapping[str, Type]

_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Action:
    """An action of a service; ``query`` says that there is a ``query_<action>`` too."""

    service: str
    name: str
    input: RecordType
    output: RecordType
    refusals: tuple[tuple[str, RecordType | None], ...] = ()
    query: bool = False
    item: str = ""
    description: str = ""

    @property
    def key(self) -> str:
        """``service.action``: unique in a project."""
        return f"{self.service}.{self.name}"


@dataclass(frozen=True, slots=True)
class Signatures:
    """All actions by ``service.action``, and the named types that they mention."""

    actions: Mapping[str, Action] = field(default_factory=dict)
    types: Types = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The signatures as JSON data."""
        return {
            "actions": {key: _action_json(each) for key, each in self.actions.items()},
            "types": {name: type_json(each) for name, each in self.types.items()},
        }


def read_signatures(plain: Mapping[str, Any]) -> Signatures:
    """Signatures from JSON data. Raises LookupError, TypeError or ValueError for other data."""
    actions = {key: _action(key, each) for key, each in plain["actions"].items()}
    types = {_name(name): read_type(each) for name, each in plain["types"].items()}
    used = {name for each in _types(actions.values()) for name in _named(each)}
    if not used.union(*map(_named, types.values())) <= types.keys():
        raise LookupError("a type that is used is not there")
    return Signatures(actions, types)


def _types(actions: Iterable[Action]) -> Iterator[Type]:
    for each in actions:
        yield from (each.input, each.output)
        yield from (data for _, data in each.refusals if data is not None)


def _named(type: Type) -> set[str]:
    """The names from ``types:`` that a type mentions."""
    match type:
        case NamedType(name):
            return {name}
        case ListType(inner) | OptionalType(inner):
            return _named(inner)
        case RecordType(fields):
            return {name for each in fields for name in _named(each.type)}
    return set()


def breaking(before: Signatures, after: Signatures) -> Iterator[tuple[str, str]]:
    """What of ``before`` a caller could not rely on any more: (``service.action``, why)."""
    for key, old in before.actions.items():
        new = after.actions.get(key)
        if new is not None:
            for what, was, now in (
                ("input", old.input, new.input),
                ("output", old.output, new.output),
            ):
                for why in record_breaks(was, now, before.types, after.types):
                    yield key, f"{what} {why}"


def record_breaks(old: RecordType, new: RecordType, before: Types, after: Types) -> Iterator[str]:
    """What of ``old`` cannot be relied on in ``new``, in words that follow its name."""
    for each in old.fields:
        now = new.field(each.name)
        if now is None:
            yield f"has no {each.name!r} any more"
        elif now.optional != each.optional:
            yield f"{each.name!r} is {'optional' if now.optional else 'required'} now"
        elif closed(each.type, before) != closed(now.type, after):
            yield f"{each.name!r} has another type now"
    for each in new.fields:
        if old.field(each.name) is None and not each.optional:
            yield f"{each.name!r} is new and required"


def closed(type: Type, types: Types, seen: tuple[str, ...] = ()) -> Any:
    """``type`` as JSON with names replaced by what they stand for: equal types are equal."""
    match type:
        case NamedType(name) if name in types and name not in seen:
            return closed(types[name], types, (*seen, name))
        case ListType(item):
            return [closed(item, types, seen)]
        case RecordType(fields):
            return {_key(each): closed(each.type, types, seen) for each in fields}
        case OptionalType(inner):
            return {"optional": closed(inner, types, seen)}
    return type_json(type)


def _key(each: Field) -> str:
    return f"{each.name}?" if each.optional else each.name


def type_json(type: Type) -> Any:
    """A type as JSON data."""
    match type:
        case Primitive(name):
            return name
        case ListType(item):
            return [type_json(item)]
        case RecordType(fields, name):
            found = {"fields": {_key(each): type_json(each.type) for each in fields}}
            return {**found, "name": name} if name else found
        case EnumType(values):
            return {"enum": list(values)}
        case SchemaType(schema):
            return {"schema": schema}
        case NamedType(name):
            return {"use": name}
        case OptionalType(inner):
            return {"optional": type_json(inner)}


def read_type(plain: Any) -> Type:
    """A type from what ``type_json`` made of it."""
    match plain:
        case str() if plain in PRIMITIVES:
            return Primitive(plain)
        case [item]:
            return ListType(read_type(item))
        case {"fields": dict()}:
            return _record(plain)
        case {"enum": list(values)} if all(isinstance(each, str) for each in values):
            return EnumType(tuple(values))
        case {"schema": str(schema)}:
            return SchemaType(schema)
        case {"use": str(name)}:
            return NamedType(_name(name))
        case {"optional": inner}:
            return OptionalType(read_type(inner))
    raise ValueError(f"{plain!r} is no type")


def _record(plain: Mapping[str, Any]) -> RecordType:
    fields = (
        Field(_name(name.removesuffix("?")), read_type(each), name.endswith("?"))
        for name, each in plain["fields"].items()
    )
    name = plain.get("name")
    return RecordType(tuple(fields), None if name is None else _name(name))


def _name(text: str) -> str:
    """``text`` if it is a name as in a spec; what is read here ends in generated code."""
    if _NAME.fullmatch(text) is None:
        raise ValueError(f"{text!r} is no name")
    return text


def _action_json(action: Action) -> dict[str, Any]:
    return {
        "input": type_json(action.input),
        "output": type_json(action.output),
        "fails": {name: data and type_json(data) for name, data in action.refusals},
        "query": action.query,
    }


def _action(key: str, plain: Mapping[str, Any]) -> Action:
    service, _, name = key.partition(".")
    fails = ((_name(each), data and _record(data)) for each, data in plain["fails"].items())
    return Action(
        _name(service),
        _name(name),
        _record(plain["input"]),
        _record(plain["output"]),
        tuple(fails),
        bool(plain["query"]),
    )
