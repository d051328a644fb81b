"""Values of the spec as Python of the workflow: what each name is called where it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sagac.dsl.relations import STRING, widened
from sagac.dsl.scope import Scope, narrow, path_of
from sagac.dsl.syntax import Attribute, Expr, Value
from sagac.dsl.translate import Names, to_python
from sagac.dsl.typecheck import static_type
from sagac.dsl.types import ANY, Field, ListType, OptionalType, Primitive, RecordType, Type
from sagac.generators import naming
from sagac.generators.layout import Code, call

from .records import Records, quoted

DURATION = Primitive("duration")

_FAILURE = RecordType(
    (Field("step", STRING, True), Field("reason", STRING, False), Field("data", ANY, True))
)
SAGA = RecordType(
    (
        Field("key", STRING, False),
        Field("version", Primitive("integer"), False),
        Field("failure", _FAILURE, False),
    )
)


@dataclass(frozen=True)
class WorkflowNames(Names):
    """The names of one place of a workflow. ``maybe`` are variables that may hold None."""

    records: Records
    roots: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, Type] = field(default_factory=dict)
    maybe: frozenset[str] = frozenset()
    paths: Mapping[tuple[str, ...], str] = field(default_factory=dict)

    def root(self, name: str) -> str:
        """The variable of a root."""
        return self.roots.get(name, name)

    def path(self, path: tuple[str, ...]) -> str | None:
        """What is no plain attribute: outcomes, lists of a loop, fields of what may be None."""
        if path in self.paths:
            return self.paths[path]
        if len(path) == 2 and path[0] in self.maybe:
            variable, record = self.root(path[0]), self.types.get(path[0], ANY)
            return f"({self.member(variable, record, path[1])} if {variable} else None)"
        return None

    def fixed(self, path: tuple[str, ...]) -> bool:
        """A name of its own stays the same; what may be None does not."""
        return path in self.paths

    def presence(self, path: tuple[str, ...], there: bool) -> str | None:
        """The question whether a field of what may be None is there, so that mypy follows it."""
        if len(path) != 2 or path[0] not in self.maybe or path in self.paths:
            return None
        variable, asked = self.root(path[0]), "is not" if there else "is"
        if any(each[:2] == path for each in self.paths):
            return f"{variable} {asked} None"  # the lists of a loop are there if the loop is
        field = self.member(variable, self.types.get(path[0], ANY), path[1])
        return f"{variable} {asked} None {'and' if there else 'or'} {field} {asked} None"

    def member(self, base: str, record: Type, field: str) -> str:
        """The attribute of a dataclass, the entry of a dict."""
        if not isinstance(record, RecordType):
            return f"{base}.get({quoted(field)})"
        attributes = naming.field_names(each.name for each in record.fields)
        return f"{base}.{attributes.get(field, field)}"

    def record(self, type_: RecordType, values: Mapping[str, str]) -> str:
        """A new dataclass where the record has one, else a dict."""
        name = self.records.known(type_)
        if name is None:
            return super().record(type_, values)
        attributes = naming.field_names(each.name for each in type_.fields)
        return f"{name}({', '.join(f'{attributes[key]}={v}' for key, v in values.items())})"

    def convert(self, source: str, given: Type, wanted: Type) -> str:
        """``source`` as another class of the same shape, or as a list of another type."""
        given, wanted = self._plain(given), self._plain(wanted)
        if isinstance(given, OptionalType) and isinstance(wanted, OptionalType):
            inner = self.convert(source, given.inner, wanted.inner)
            return source if inner == source else f"({inner} if {source} is not None else None)"
        if isinstance(wanted, OptionalType):
            return self.convert(source, given, wanted.inner)
        if isinstance(given, ListType) and isinstance(wanted, ListType):
            return self._list(source, given, wanted)
        if isinstance(given, RecordType) and isinstance(wanted, RecordType):
            return self._record(source, given, wanted)
        if given == ANY and isinstance(wanted, RecordType):
            return f"decode({self.records.of(wanted, 'Part')}, {source})"
        return source

    def _plain(self, type: Type) -> Type:
        return Scope({}, self.records.types).resolve(type)

    def _list(self, source: str, given: ListType, wanted: ListType) -> str:
        if given == wanted:
            return source
        item = self.convert("each", given.item, wanted.item)
        same = self.records.annotation(widened(given)) == self.records.annotation(wanted)
        if item == "each":
            return source if same else f"list({source})"
        return f"[{item} for each in {source}]"

    def _record(self, source: str, given: RecordType, wanted: RecordType) -> str:
        name = self.records.of(wanted, "Part")
        if self.records.known(given) == name:
            return source
        values = {
            each.name: self.convert(
                self.member(source, given, each.name), _type(each, wanted), _type(each, wanted)
            )
            for each in given.fields
        }
        return self.record(wanted, values)


def _type(each: Field, record: RecordType) -> Type:
    found = record.field(each.name)
    return found.type if found else ANY


@dataclass(frozen=True)
class Values:
    """Writes values where ``names`` hold; ``present`` is what conditions around say is there."""

    names: WorkflowNames
    present: frozenset[tuple[str, ...]] = frozenset()

    @property
    def scope(self) -> Scope:
        """The types of all names here."""
        return Scope(self.names.types, self.names.records.types, self.present)

    def bind(self, root: str, source: str, type: Type, *, maybe: bool = False) -> Values:
        """With one more root; what may be None has only optional fields."""
        names = self.names
        if maybe and isinstance(type, RecordType):
            type = RecordType(tuple(replace(each, optional=True) for each in type.fields))
        bound = replace(
            names,
            roots={**names.roots, root: source},
            types={**names.types, root: type},
            maybe=(names.maybe | {root}) if maybe else (names.maybe - {root}),
        )
        present = frozenset(path for path in self.present if path[0] != root)
        return Values(bound, present)

    def at(self, path: tuple[str, ...], source: str) -> Values:
        """With a source for a whole path."""
        names = replace(self.names, paths={**self.names.paths, path: source})
        return Values(names, self.present)

    def where(self, condition: Expr, *, holds: bool = True) -> Values:
        """As seen where ``condition`` holds (or does not)."""
        return Values(self.names, narrow(condition, self.scope, holds).present)

    def source(self, value: Value, target: Type | None = None) -> str:
        """The Python of a value."""
        source = to_python(value, self.scope, self.names, target)
        path = path_of(value) if isinstance(value, Attribute) else None
        bare = path is not None and self.names.path(path) == source and source[0] == "("
        return source[1:-1] if bare else source

    def type(self, value: Value) -> Type:
        """The type of a value."""
        return widened(static_type(value, self.scope))

    def text(self, value: Value) -> str:
        """The Python of a value as a string: of keys."""
        source = self.source(value)
        return source if self.type(value) == STRING else f"str({source})"

    def seconds(self, value: Value) -> str:
        """The Python of a duration as seconds."""
        source = self.source(value)
        is_duration = self.scope.resolve(self.type(value)) == DURATION
        return f"({source}).total_seconds()" if is_duration else source

    def request(self, name: str, record: RecordType, written: Mapping[str, Value]) -> Code:
        """A call of the class ``name`` of ``record`` with the values that are written."""
        attributes = naming.field_names(each.name for each in record.fields)
        arguments = {
            attributes[each.name]: self.source(written[each.name], _target(each))
            for each in record.fields
            if each.name in written
        }
        return call(name, **arguments)


def _target(field: Field) -> Type:
    return OptionalType(field.type) if field.optional else field.type


def number(value: float) -> str:
    """A number of seconds, whole if it is."""
    return repr(int(value)) if float(value).is_integer() else repr(value)
