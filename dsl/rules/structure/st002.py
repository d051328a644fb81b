"""ST002 names-differ-in-case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.model import Foreach, Name, Saga, Wait
from sagac.dsl.rules.places import items_of
from sagac.dsl.rules.rule import Rule
from sagac.dsl.rules.uses import bare

RULE = Rule(
    code="ST002",
    summary="Two names differ only in case, `_` or `-`.",
    why="They mean two things and look like one. The next reader takes one for the other, and"
    " generated code, topics and tables, in which case is often lost, may not keep them apart.",
    example="""\
- step: check_in
  service: stock
  input: [id]
  compensate: check_out
- step: checkin
  service: shop
  input: [id]
  compensate: return_bag
""",
    use_instead="""\
- step: check_in
  service: stock
  input: [id]
  compensate: check_out
- step: accept_bag
  service: shop
  input: [id]
  compensate: return_bag
""",
)


def check_saga(saga: Saga) -> Iterator[Diagnostic]:
    """Yields a finding for each name that an earlier one of its kind looks like."""
    yield from _alike("service", (each.name for each in saga.services.values()))
    yield from _alike("type", (Name(text, span) for text, span in saga.type_names.items()))
    yield from _alike("event", _events(saga))
    yield from _alike("item", _items(saga))


def _alike(what: str, names: Iterable[Name]) -> Iterator[Diagnostic]:
    first: dict[str, Name] = {}
    for name in names:
        other = first.setdefault(bare(name.text), name)
        if other.text != name.text:
            yield diagnostic(
                "ST002",
                name.span,
                f"The {what}s {other.text!r} and {name.text!r} differ only in how they are"
                " written: they are two, and will be taken for one.",
                help=f"Give one of the two {what}s a name that says what it does; if one {what} is"
                " meant, write it the same way everywhere.",
                labels=(Label("the other one", other.span),),
            )


def _items(saga: Saga) -> Iterator[Name]:
    for item in items_of(saga):
        yield item.name
        if isinstance(item, Foreach) and item.variable is not None:
            yield item.variable


def _events(saga: Saga) -> Iterator[Name]:
    """Events from outside. One that is not declared but nearly is, is an unknown name (NA001)."""
    declared = {bare(name) for name in saga.events}
    yield from (each.name for each in saga.events.values())
    for name in _waited_for(saga):
        if bare(name.text) not in declared:
            yield name


def _waited_for(saga: Saga) -> Iterator[Name]:
    for top in (saga.start, saga.cancel):
        if top is not None and top.event is not None:
            yield top.event
    for item in items_of(saga):
        if isinstance(item, Wait):
            yield from (name for name in (item.event, *(r.event for r in item.first)) if name)
