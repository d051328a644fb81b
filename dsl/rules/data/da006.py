"""DA006 key-not-stable-or-unique."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.facts import Reach
from sagac.dsl.model import Saga
from sagac.dsl.reach import reads
from sagac.dsl.relations import show
from sagac.dsl.rules.rule import Rule
from sagac.dsl.syntax import Literal
from sagac.dsl.types import EnumType, Field, NamedType, Primitive, RecordType, Type

RULE = Rule(
    code="DA006",
    summary="The key of the saga does not tell one thing from another.",
    why="There is one saga per key, running or ended: starting it again returns the one that is"
    " there. With a key that two orders share, the second order is answered with the saga of the"
    " first and never carried out.",
    example="""\
saga: example
version: 1
key: ${input.day}
services: { shop: {} }
input: { id: string, day: date }
steps:
  - step: open_order
    service: shop
    input: [id]
    compensate: close_order
""",
    use_instead="""\
saga: example
version: 1
key: ${input.id}
services: { shop: {} }
input: { id: string, day: date }
steps:
  - step: open_order
    service: shop
    input: [id]
    compensate: close_order
""",
)
COARSE = frozenset({"boolean", "date", "datetime", "decimal", "number", "duration"})


def check_saga(saga: Saga) -> Iterator[Diagnostic]:
    """Yields a finding if nothing in the key can be different for each saga."""
    read = [each for each in reads(saga.key) if each.root == "input"]
    if not read:
        yield diagnostic(
            "DA006",
            saga.key.span,
            "This key is the same for every start, so the saga can run only once, ever.",
            help=_unmarked(saga) or _instead(saga),
        )
        return
    types = [_type(saga, each) for each in read]
    if all(each is not None and _is_coarse(each) for each in types):
        shown = " and ".join(dict.fromkeys(show(each) for each in types if each is not None))
        yield diagnostic(
            "DA006",
            saga.key.span,
            f"This key is made of {shown} only, which many sagas share: the second one with the"
            " same value would never be carried out.",
            help=_instead(saga),
            labels=tuple(_label(saga, read)),
        )


def _unmarked(saga: Saga) -> str | None:
    """What to write for the name of a field that stands there as plain text."""
    text = saga.key.value if isinstance(saga.key, Literal) else None
    root, _, name = text.partition(".") if isinstance(text, str) else ("", "", "")
    if root != "input" or not any(each.name == name for each in saga.input.fields):
        return None
    return f"Write `${{{text}}}`: without `${{...}}` it is only a text."


def _instead(saga: Saga) -> str:
    """A field that looks like the name of the thing."""
    for field in saga.input.fields:
        named = field.name.lower().endswith(("id", "number", "key"))
        if named and field.type in (Primitive("string"), Primitive("uuid")) and not field.optional:
            return f"Use what names the thing it is about, such as `${{input.{field.name}}}`."
    return "Use what names the thing it is about, such as an order number in its input."


def _label(saga: Saga, read: list[Reach]) -> Iterator[Label]:
    fields = (saga.input.field(each.path[0]) for each in read if each.path)
    for field in dict.fromkeys(each for each in fields if each is not None):
        if field.span.file:
            yield Label(f"is of type {show(field.type)}", field.span)


def _type(saga: Saga, reach: Reach) -> Type | None:
    type_: Type = saga.input
    for name in reach.path:
        type_ = _named(saga, type_)
        field: Field | None = type_.field(name) if isinstance(type_, RecordType) else None
        if field is None:
            return None
        type_ = field.type
    return _named(saga, type_)


def _named(saga: Saga, type_: Type) -> Type:
    for _ in range(len(saga.types)):
        if not isinstance(type_, NamedType) or type_.name not in saga.types:
            break
        type_ = saga.types[type_.name]
    return type_


def _is_coarse(type_: Type) -> bool:
    if isinstance(type_, Primitive):
        return type_.name in COARSE
    return isinstance(type_, EnumType)
