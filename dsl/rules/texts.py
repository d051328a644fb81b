"""The plain texts that a saga passes on: in inputs, in the data of a refusal, in its output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sagac.dsl.facts import ItemFacts
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Fail, Group, Input, Item, Step, SubSaga, Undo
from sagac.dsl.span import Span
from sagac.dsl.syntax import Array, Literal, Record, Value


class Text(NamedTuple):
    """A text that is passed on as ``field``; ``reader`` None: in the output of the saga."""

    text: str
    span: Span
    field: str
    reader: ItemFacts | None


def texts(graph: SagaGraph) -> Iterator[Text]:
    """Every text that is passed on as it is written, in the order of the file."""
    for facts in graph.facts.values():
        for record in _given(facts.item):
            if isinstance(record, Record):
                yield from _in(record, facts)
    if graph.saga.output is not None:
        yield from _in(graph.saga.output, None)


def _given(item: Item) -> tuple[Input | None, ...]:
    if isinstance(item, Step):
        undo = item.compensate
        return (item.input,) if undo is None else (item.input, undo.input)
    if isinstance(item, Undo | SubSaga):
        return (item.input,)
    if isinstance(item, Group):
        return () if item.compensate is None else (item.compensate.input,)
    return (item.data,) if isinstance(item, Fail) else ()


def _in(record: Record, reader: ItemFacts | None) -> Iterator[Text]:
    todo: list[tuple[str, Value]] = list(reversed(record.fields.items()))
    while todo:
        field, value = todo.pop()
        if isinstance(value, Record):
            todo += reversed(value.fields.items())
        elif isinstance(value, Array):
            todo += [(field, each) for each in reversed(value.items)]
        elif isinstance(value, Literal) and isinstance(value.value, str):
            yield Text(value.value, value.span, field, reader)
