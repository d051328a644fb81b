"""The types of a spec as Python: which dataclass a record is, and how an annotation is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sagac.dsl.types import (
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
from sagac.generators import naming
from sagac.generators.naming import Names
from sagac.generators.signatures import Action, Signatures

_PRIMITIVES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "decimal": "Decimal",
    "datetime": "dt.datetime",
    "date": "dt.date",
    "duration": "dt.timedelta",
    "uuid": "UUID",
    "bytes": "bytes",
    "any": "Any",
    "null": "None",
}

# What a generated module of types or its users import: a class must not be called so.
_OF_THE_ENGINE = (
    "Answer Call Compensation Definition Done Engine Event Failure Lock Never NotYet Nothing Policy"
    " Retry Saga Services Elements Race Case Path Player"
)
_RESERVED = naming.IN_ANNOTATIONS | {*_OF_THE_ENGINE.split(), "Protocol", *naming.BUILTINS}


@dataclass(frozen=True, slots=True)
class Attribute:
    """A field of a generated dataclass as it is written there."""

    name: str
    annotation: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Class:
    """A generated dataclass; ``reason`` is set for a refusal."""

    name: str
    doc: str
    attributes: tuple[Attribute, ...]
    reason: str | None = None


class Records:
    """Gives each record its class: named types, actions' requests and outputs, refusals, the rest.

    Two anonymous records of the same shape are one class, named after the first use.
    """

    def __init__(self, signatures: Signatures) -> None:
        self.types = signatures.types
        self.classes: dict[str, Class] = {}
        self.aliases: dict[str, str] = {}
        self._names = Names(_RESERVED)
        self._shapes: dict[RecordType, str] = {}
        for name in self.types:
            self._names.of(("type", name), naming.camel(name))
        for name, type in self.types.items():
            self._define(name, type)

    @property
    def given(self) -> tuple[str, ...]:
        """The names of all classes and aliases so far."""
        return (*self.classes, *self.aliases)

    def reserved(self, key: object, wanted: str) -> str:
        """A name for ``key`` that no class has or will have."""
        return self._names.of(key, wanted)

    def named(self, name: str) -> str:
        """The class or alias of a name from ``types:``."""
        return self._names.of(("type", name), naming.camel(name))

    def request(self, action: Action) -> str:
        """The class of an action's request; its record has one even if it is empty."""
        return self._part(action, "Input", action.input, f"What {action.name} is called with.")

    def output(self, action: Action) -> str | None:
        """The class of what an action gives, None if it gives nothing."""
        if not action.output.fields:
            return None
        return self._part(action, "Output", action.output, f"What {action.name} gives.")

    def refusal(self, action: Action, name: str, data: RecordType | None) -> str:
        """The class of a refusal; refusals of one name and shape are one class."""
        record = data or RecordType(())
        key = ("refusal", name, record)
        known = self._names.get(key)
        if known is not None:
            return known
        wanted = naming.camel(name)
        if self._names.taken(wanted):
            wanted = naming.camel(action.name) + wanted
        given = self._names.of(key, wanted)
        doc = f"Refused: {naming.one_line(name).replace('_', ' ')}."
        self.classes[given] = Class(given, doc, self._attributes(given, record, {"reason"}), name)
        return given

    def owned(self, wanted: str, record: RecordType, doc: str) -> str:
        """A class of its own for ``record``, called ``wanted`` unless another one is."""
        if record.name and record.name in self.types:
            return self.named(record.name)
        given = self._names.of(("owned", wanted, record), wanted)
        if given not in self.classes:
            self._shapes.setdefault(record, given)
            self.classes[given] = Class(given, doc, self._attributes(given, record))
        return given

    def of(self, record: RecordType, context: str) -> str:
        """The class of a record that stands somewhere inside ``context``."""
        if record.name and record.name in self.types:
            return self.named(record.name)
        known = self._shapes.get(record)
        if known is not None:
            return known
        given = self._names.fresh(context)
        self._shapes[record] = given
        self.classes[given] = Class(given, f"Part of a {context}.", self._attributes(given, record))
        return given

    def known(self, record: RecordType) -> str | None:
        """The class of a record if it has one."""
        if record.name and record.name in self.types:
            return self.named(record.name)
        return self._shapes.get(record)

    def annotation(self, type: Type, context: str = "Part") -> str:
        """``type`` as an annotation; records inside it are named after ``context``."""
        match type:
            case Primitive(name):
                return _PRIMITIVES[name]
            case ListType(item):
                return f"list[{self.annotation(item, context)}]"
            case RecordType():
                return self.of(type, context)
            case EnumType(values):
                return f"Literal[{', '.join(map(quoted, values))}]"
            case NamedType(name):
                return self.named(name)
            case OptionalType(inner):
                return optional(self.annotation(inner, context))
            case SchemaType():
                return "Any"

    def _define(self, name: str, type: Type) -> None:
        given = self.named(name)
        if isinstance(type, RecordType):
            doc = f"The type {naming.one_line(name)}."
            self._shapes.setdefault(type, given)
            self.classes[given] = Class(given, doc, self._attributes(given, type))
        else:
            self.aliases[given] = self.annotation(type, given)

    def _part(self, action: Action, suffix: str, record: RecordType, doc: str) -> str:
        key = (suffix, action.key)
        known = self._names.get(key)
        if known is not None:
            return known
        wanted = naming.camel(action.name) + suffix
        if self._names.taken(wanted):
            wanted = naming.camel(action.service) + wanted
        given = self._names.of(key, wanted)
        self._shapes.setdefault(record, given)
        self.classes[given] = Class(given, doc, self._attributes(given, record))
        return given

    def _attributes(
        self, owner: str, record: RecordType, reserved: Iterable[str] = ()
    ) -> tuple[Attribute, ...]:
        names = naming.field_names((each.name for each in record.fields), reserved)
        ordered = sorted(record.fields, key=lambda each: _optional(each))
        return tuple(self._attribute(owner, each, names[each.name]) for each in ordered)

    def _attribute(self, owner: str, field: Field, name: str) -> Attribute:
        annotation = self.annotation(field.type, owner + naming.camel(field.name))
        arguments = []
        if _optional(field):
            annotation = optional(annotation)
            arguments.append("default=None")
        if name == field.name:
            return Attribute(name, annotation, "None" if arguments else None)
        arguments.append(f'metadata={{"json": {quoted(field.name)}}}')
        return Attribute(name, annotation, f"field({', '.join(arguments)})")


def _optional(field: Field) -> bool:
    return field.optional or isinstance(field.type, OptionalType)


def optional(annotation: str) -> str:
    """``annotation`` that may be None as well."""
    if annotation in ("Any", "None") or annotation.endswith("| None"):
        return annotation
    return f"{annotation} | None"


def quoted(text: str) -> str:
    """A text as a literal, with double quotes where that needs no escapes."""
    literal = repr(text)
    if literal.startswith("'") and '"' not in literal:
        return f'"{literal[1:-1]}"'
    return literal
