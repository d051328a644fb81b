"""CO016 optional-effect-relied-on."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.facts import ItemFacts, Reach, Role
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Item, Name, Step
from sagac.dsl.rules.places import places_of
from sagac.dsl.rules.rule import Rule
from sagac.dsl.rules.unguarded import Reading, readings

RULE = Rule(
    code="CO016",
    summary="A later step counts on an optional step without looking whether it happened.",
    why="The failure of an optional step is passed over, so that what it gives may be absent. The"
    " later step is called all the same, with nothing in that place.",
    example="""\
- step: book_lounge
  service: shop
  role: optional
  input: [id]
  output: { lounge: string }
  compensate: cancel_lounge
- step: print_voucher
  service: mail
  input: [book_lounge.lounge]
  compensate: void_voucher
""",
    use_instead="""\
- step: book_lounge
  service: shop
  role: optional
  input: [id]
  output: { lounge: string }
  compensate: cancel_lounge
- step: print_voucher
  service: mail
  if: book_lounge is not None
  input: [book_lounge.lounge]
  compensate: void_voucher
""",
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each optional effect that a later step is simply given.

    A service that declares the field as optional has said that it can do without. Where a value
    has to be there DA001 has spoken.
    """
    optional = {
        name
        for name, facts in graph.facts.items()
        if isinstance(facts.item, Step) and facts.effect and facts.role is Role.OPTIONAL
    }
    if not optional:
        return
    found: dict[str, list[Reading]] = {}
    for reading in readings(graph, places_of(graph.saga)):
        name = reading.reach.root
        if name in optional and not reading.guarded and _counts_on(graph, reading):
            found.setdefault(name, []).append(reading)
    for name, relying in found.items():
        reader = graph.facts[relying[0].reader or name].item
        yield _finding(graph.facts[name].item, reader, *relying)
    silent = optional - found.keys()
    for facts in graph.facts.values():
        for need in facts.item.needs or ():
            if need.text in silent and _is_built_on(facts, graph.facts[need.text]):
                yield _needed(facts.item, need, graph.facts[need.text].item)


def _is_built_on(facts: ItemFacts, other: ItemFacts) -> bool:
    """Whether a step changes, at the same service, what an optional one that it needs was for."""
    if not isinstance(facts.item, Step) or not facts.effect or facts.service != other.service:
        return False
    read = {(reach.root, reach.path) for reach in facts.reads}
    looked = any(root == other.item.name.text for root, _ in read)
    return not looked and any((reach.root, reach.path) in read for reach in other.reads)


def _needed(item: Item, need: Name, optional: Item) -> Diagnostic:
    return diagnostic(
        "CO016",
        need.span,
        f"{item.name.text!r} needs the optional step {need.text!r}, whose failure is passed over:"
        " then it runs all the same, on what is not there.",
        help=f"Run it only then (`if: {need.text} is not None`), or do without `role: optional`.",
        labels=(Label("may fail and be passed over", optional.name.span),),
    )


def _counts_on(graph: SagaGraph, reading: Reading) -> bool:
    if reading.reader is None:
        return False  # the output of the saga may lack a field
    facts = graph.facts[reading.reader]
    service = graph.saga.services.get(facts.service)
    declared = (service.actions or {}).get(facts.action) if service is not None else None
    return isinstance(facts.item, Step) and (declared is None or declared.input is None)


def _finding(item: Item, reader: Item, first: Reading, *others: Reading) -> Diagnostic:
    name, value = item.name.text, _value(first.reach)
    return diagnostic(
        "CO016",
        first.reach.span,
        f"{first.reader!r} is given `{value}`, which is absent if the optional step {name!r} has"
        " failed, and it runs all the same.",
        help=f"Run it only then (`if: {name} is not None`), or say what it gets instead"
        f" (`${{{value} if {name} is not None else ...}}`).",
        labels=(
            Label("may fail and be passed over", item.name.span),
            Label("runs all the same", reader.name.span),
            *(Label("the same here", each.reach.span) for each in others[:9]),
        ),
    )


def _value(reach: Reach) -> str:
    return ".".join((reach.root, *reach.path))
