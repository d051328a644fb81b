"""JSON Schema in other files: every ``$ref`` to a file becomes a copy of what it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .children import Family, FileProblem, beside
from .codes import diagnostic
from .diagnostics import Diagnostics
from .model import Saga, Step, Wait
from .records import fields, is_dataclass, replace
from .span import Span
from .structure import sections
from .types import ANY, ListType, OptionalType, RecordType, SchemaType, Type

LARGEST = 1_000_000  # characters of all files that one schema refers to
DEEPEST = 32  # files inside each other


def with_schemas(saga: Saga, family: Family, found: Diagnostics, file: str) -> Saga:
    """``saga`` with the files that its schemas refer to written into them, or SY011."""
    if not any('"$ref"' in each.schema for each in _schemas(saga)):
        return saga
    rewritten = _Rewriting(family, found, file).of(saga, saga.name.span)
    return rewritten if isinstance(rewritten, Saga) else saga


def _schemas(saga: Saga) -> Iterator[SchemaType]:
    todo: list[Type] = list(_types(saga))
    while todo:
        type_ = todo.pop()
        if isinstance(type_, RecordType):
            todo += [each.type for each in type_.fields]
        elif isinstance(type_, SchemaType):
            yield type_
        elif isinstance(type_, ListType):
            todo.append(type_.item)
        elif isinstance(type_, OptionalType):
            todo.append(type_.inner)


def _types(saga: Saga) -> Iterator[Type]:
    yield from saga.types.values()
    yield from placed_types(saga)


def placed_types(saga: Saga) -> Iterator[Type]:
    """The types that stand in a saga beside those under ``types:``."""
    yield saga.input
    yield from (each.data for each in saga.events.values() if each.data is not None)
    for service in saga.services.values():
        for action in (service.actions or {}).values():
            yield from (each for each in (action.input, action.output) if each is not None)
            yield from (each.data for each in action.fails or () if each.data is not None)
    todo = list(saga.items)
    while todo:
        item = todo.pop()
        if isinstance(item, Step):
            if item.output is not None:
                yield item.output
            yield from (each.data for each in item.fails if each.data is not None)
        elif isinstance(item, Wait):
            outputs = (item.output, *(each.output for each in item.first))
            yield from (each for each in outputs if each is not None)
        todo.extend(inner for section in sections(item) for inner in section.items)


class _Rewriting:
    """Rewrites the model; what holds no schema stays the same object."""

    def __init__(self, family: Family, found: Diagnostics, file: str) -> None:
        self.family = family
        self.found = found
        self.file = file
        self.read = 0
        self.opened = 0

    def of(self, value: Any, span: Span) -> Any:
        """``value`` with its schemas written out; ``span`` is where a problem is shown."""
        if isinstance(value, SchemaType):
            return self._schema(value, span)
        if isinstance(value, tuple) and not isinstance(value, Span):
            new = [self.of(each, span) for each in value]
            return value if _same(new, value) else tuple(new)
        if isinstance(value, dict):
            changed = {key: self.of(each, span) for key, each in value.items()}
            return value if _same(changed.values(), value.values()) else changed
        if is_dataclass(value) and not isinstance(value, type):
            here = getattr(value, "span", span)
            here = here if isinstance(here, Span) else span
            old = {each.name: getattr(value, each.name) for each in fields(value)}
            parts = {name: self.of(each, here) for name, each in old.items()}
            return value if _same(parts.values(), old.values()) else replace(value, **parts)
        return value

    def _schema(self, type_: SchemaType, span: Span) -> Type:
        if '"$ref"' not in type_.schema:
            return type_
        import json

        self.read = self.opened = 0
        try:
            schema = self._inlined(json.loads(type_.schema), self.file, ())
        except FileProblem as problem:
            message = f"A file of this schema cannot be used: {problem}."
            self.found.add(diagnostic("SY011", span, message))
            return ANY
        return replace(type_, schema=json.dumps(schema, sort_keys=True))

    def _inlined(self, schema: Any, file: str, around: tuple[str, ...]) -> Any:
        if isinstance(schema, list):
            return [self._inlined(each, file, around) for each in schema]
        if not isinstance(schema, dict):
            return schema
        reference = schema.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            rest = {key: each for key, each in schema.items() if key != "$ref"}
            return {**self._file(reference, file, around), **rest}
        if isinstance(reference, str) and around:
            return self._local(reference, file, around)
        return {key: self._inlined(each, file, around) for key, each in schema.items()}

    def _local(self, reference: str, file: str, around: tuple[str, ...]) -> Any:
        """A reference inside a file that is itself written out: of the same file."""
        return self._file(file.rpartition("/")[2] + reference, file, around)

    def _file(self, reference: str, file: str, around: tuple[str, ...]) -> dict[str, Any]:
        name, _, pointer = reference.partition("#")
        if ":" in name:
            raise FileProblem(f"{name!r} is not a file of the project")
        path = beside(file, name)
        key = f"{path}#{pointer}"
        if key in around or len(around) >= DEEPEST:
            raise FileProblem(f"{name!r} refers to itself")
        text = self.family.read(path)
        self.read += len(text)
        if self.read > LARGEST:
            raise FileProblem(f"its files are larger than {LARGEST} characters together")
        schema = self._inlined(_at(_parsed(text, name), pointer, name), path, (*around, key))
        if not isinstance(schema, dict):
            raise FileProblem(f"{reference!r} is no schema")
        return schema


def _parsed(text: str | bytes, name: str) -> Any:
    import json

    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise FileProblem(f"{name!r} is not JSON") from None


def _at(schema: Any, pointer: str, name: str) -> Any:
    """What a JSON pointer names in ``schema``."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(schema, dict) or key not in schema:
            raise FileProblem(f"{name!r} has nothing at '#{pointer}'")
        schema = schema[key]
    return schema


def _same(new: Iterable[Any], old: Iterable[Any]) -> bool:
    return all(one is other for one, other in zip(new, old, strict=True))
