"""Requests: the short form of an input written out, typed, and compared with what is declared."""

from __future__ import annotations

from .binder import Binder, Spot
from .codes import diagnostic
from .diagnostics import Label
from .graph import SagaGraph
from .inline import inlined_record
from .model import ActionDeclaration, Input, InputNames, Saga, Step, SubSaga
from .span import NOWHERE, Span
from .syntax import Attribute, Record, Reference, Value
from .types import Field, OptionalType, RecordType, Type

_NAMED = (Attribute, Reference)


def input_record(written: Input | None) -> Record:
    """An input with a value per field; of a list of names each is called by its last part."""
    if isinstance(written, Record):
        return written
    fields: dict[str, Value] = {}
    names: dict[str, Span] = {}
    if written is None:
        return Record(fields, names, NOWHERE)
    for value in written.names:
        name = value.name if isinstance(value, _NAMED) else ""
        fields.setdefault(name, value)
        names.setdefault(name, value.span)
    return Record(fields, names, written.span)


class Inputs:
    """Makes requests."""

    def __init__(self, saga: Saga, binder: Binder) -> None:
        self.saga = saga
        self.binder = binder
        self._declared = {s: each.actions for s, each in saga.services.items() if each.actions}
        self._latest: tuple[Input | None, dict[str, Value]] | None = None
        self._sure: dict[int, Field] = {}  # of the latest request
        self._requests: dict[tuple[int, ...], RecordType] = {}

    def declaration(self, service: str, action: str) -> ActionDeclaration | None:
        """What the service says of the action, if it says anything."""
        declared = self._declared.get(service)
        return declared.get(action) if declared is not None else None

    def make(self, written: Input | None, spot: Spot) -> tuple[dict[str, Value], RecordType]:
        """The values of a request by field, and their types; what is wrong is reported."""
        values = self.values(written)
        if isinstance(written, InputNames) and len(values) < len(written.names):
            self._twice(written)
        self._sure.clear()
        return values, self.types(values, spot)

    def values(self, written: Input | None) -> dict[str, Value]:
        """The values of a request by field; the latest are kept, as more than one asks for them."""
        if self._latest is None or self._latest[0] is not written:
            self._latest = (written, _values(written))
        return self._latest[1]

    def types(self, values: dict[str, Value], spot: Spot, silent: bool = False) -> RecordType:
        """The types of the fields; optional where the value may be missing."""
        fields = [self._sure_field(name, value, spot) for name, value in values.items()]
        sure = tuple([each for each in fields if each is not None])
        if len(sure) == len(values):  # most requests are like others
            key = tuple(map(id, sure))
            if key not in self._requests:
                self._requests[key] = RecordType(sure)
            return self._requests[key]
        binder = self.binder.silent if silent else self.binder
        both = zip(fields, values.items(), strict=True)
        return RecordType(
            tuple([known or _field(n, binder.infer(v, spot)) for known, (n, v) in both])
        )

    def _sure_field(self, name: str, value: Value, spot: Spot) -> Field | None:
        """The field if its type is sure; what a step is given its compensation often is, too."""
        known = self._sure.get(id(value))
        if known is None:
            known = self.binder.sure_field(name, value, spot)
            if known is not None:
                self._sure[id(value)] = known
        return known

    def own_output(
        self, item: Step, output: RecordType, taken: dict[str, Value]
    ) -> dict[str, Value]:
        """An expression for each field that a step gives and whose name is not ``taken``."""
        if not output.fields:
            return {}
        span = item.name.span
        own = Reference(item.name.text, span)
        names = (each.name for each in output.fields if each.name not in taken)
        return {name: Attribute(own, name, span) for name in names}

    def declared_only(self, service: str, action: str, given: dict[str, Value]) -> dict[str, Value]:
        """Of the request of a short form what the action takes, if that is declared."""
        declared = self.declaration(service, action)
        if declared is None or declared.input is None:
            return given
        return {name: value for name, value in given.items() if declared.input.field(name)}

    def check_child(self, item: SubSaga, child: SagaGraph, spot: Spot) -> None:
        """Reports what does not fit the input of a sub-saga."""
        record = input_record(item.input)
        if item.input is None:
            record = Record({}, {}, item.keys.get("use", item.name.span))
        target = inlined_record(child.saga.input, child.saga.types)
        self.binder.check(record, target, spot)

    def _twice(self, written: InputNames) -> None:
        first: dict[str, Value] = {}
        for value in written.names:
            name = value.name if isinstance(value, _NAMED) else ""
            other = first.setdefault(name, value)
            if other is not value:
                self.binder.found.add(
                    diagnostic(
                        "NA002",
                        value.span,
                        f"Two fields of this input are called `{name}`.",
                        help="Write the input as a mapping, with a name of its own for each.",
                        labels=(Label("the first one", other.span),),
                    )
                )


def _values(written: Input | None) -> dict[str, Value]:
    if isinstance(written, InputNames):
        named: dict[str, Value] = {e.name: e for e in written.names if isinstance(e, _NAMED)}
        if len(named) == len(written.names):
            return named
    return input_record(written).fields


def _field(name: str, type_: Type) -> Field:
    if isinstance(type_, OptionalType):
        return Field(name, type_.inner, True)
    return Field(name, type_, False)
