"""DA007 text-that-names-a-value."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic
from sagac.dsl.facts import ItemFacts
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Foreach, Item, Wait
from sagac.dsl.relations import resolved
from sagac.dsl.repairs import written
from sagac.dsl.rules.rule import Fix, Rule
from sagac.dsl.rules.texts import Text, texts
from sagac.dsl.scope import path_of
from sagac.dsl.types import ListType, RecordType, Type

RULE = Rule(
    code="DA007",
    summary="A text in an input or output is the name of a value, without `${...}` around it.",
    why="What stands without `${...}` is passed on as it is written. The service is given the words"
    " `input.amount`, the same in every saga, where it should have had the amount.",
    example="""\
- step: charge_card
  service: payment
  input: { id: "${input.id}", count: input.count }
  compensate: refund_card
""",
    use_instead="""\
- step: charge_card
  service: payment
  input: { id: "${input.id}", count: "${input.count}" }
  compensate: refund_card
""",
    fix=Fix.UNSAFE,
)
# also as other tools mark it: `$input.id`, `{{ input.id }}`
_MARKED = r"(?:\$|\{\{ *)?([A-Za-z]\w*(?:\.[A-Za-z]\w*)+)(?: *\}\})?"  # compiled where needed
OF_THE_SAGA = ("saga.key", "saga.version", "saga.failure.reason", "saga.failure.step")


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each text that reads like a value which can be had by that name."""
    for given in texts(graph):
        meant = _meant(given.field, given.text, graph, given.reader)
        if meant is not None:
            yield _finding(given, meant)


def _meant(field: str, text: str, graph: SagaGraph, reader: ItemFacts | None) -> str | None:
    """The expression that was meant, if there is a value of this name."""
    if text == field and graph.saga.input.field(text) is not None:
        return f"input.{text}"
    match = re.fullmatch(_MARKED, text.strip(), re.ASCII) if "." in text else None
    if match is None:
        return None
    text = match[1]
    root, name = text.split(".")[:2]
    if root == "input":
        records: list[Type | None] = [graph.saga.input]
    elif root in graph.facts:
        records = [graph.facts[root].output_type, *_of_race(graph.facts[root].item, graph)]
    else:
        records = [_element(root, graph, reader)]
    known = any(isinstance(each, RecordType) and each.field(name) for each in records)
    return text if known or text in OF_THE_SAGA else None


def _of_race(item: Item, graph: SagaGraph) -> Iterator[Type | None]:
    """What the events of a race carry; each can be read in its own branch."""
    for race in item.first if isinstance(item, Wait) else ():
        event = graph.saga.events.get(race.event.text) if race.event is not None else None
        yield race.output or (event.data if event is not None else None)


def _element(variable: str, graph: SagaGraph, reader: ItemFacts | None) -> Type | None:
    """The type of what a loop around the item goes over, if that is a list of the input."""
    for parent in reader.parents if reader is not None else ():
        loop = graph.facts[parent].item
        if not isinstance(loop, Foreach) or loop.variable is None or loop.source is None:
            continue
        path = path_of(loop.source)
        if loop.variable.text == variable and path is not None and path[0] == "input":
            field = graph.saga.input.field(path[-1]) if len(path) == 2 else None
            listed = resolved(field.type, graph.saga.types) if field is not None else None
            if isinstance(listed, ListType):
                return resolved(listed.item, graph.saga.types)
    return None


def _finding(given: Text, meant: str) -> Diagnostic:
    return diagnostic(
        "DA007",
        given.span,
        f"{given.text!r} is only a text here: these characters are passed on, not the value of"
        " that name.",
        help=f'Write "${{{meant}}}".',
        fix=written(given.span, f'"${{{meant}}}"'),
    )
