"""DA004 refusal-never-declared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Foreach, Item, Parallel
from sagac.dsl.rules.places import every_item
from sagac.dsl.rules.rule import Rule
from sagac.dsl.span import Span
from sagac.dsl.suggest import did_you_mean
from sagac.dsl.syntax import Attribute, Compare, Comprehension, Constant, ListOf, Reference, Value
from sagac.dsl.values import chain, has_names_only, values_of, walk

RULE = Rule(
    code="DA004",
    summary="A condition asks for a refusal that nothing declares.",
    why="`saga.failure.reason` and the outcome of a branch are names of refusals. A name that no"
    " step fails with never comes, so the condition never holds, and what depends on it never"
    " happens.",
    example="""\
- step: charge_card
  service: payment
  input: [id]
  fails: [card_declined]
  compensate: refund_card
- undo: tell_customer
  service: mail
  input: { text: "${'Try another card' if saga.failure.reason == 'card_refused' else 'Sorry'}" }
""",
    use_instead="""\
- step: charge_card
  service: payment
  input: [id]
  fails: [card_declined]
  compensate: refund_card
- undo: tell_customer
  service: mail
  input: { text: "${'Try another card' if saga.failure.reason == 'card_declined' else 'Sorry'}" }
""",
)
FORKS = (Parallel, Foreach)
TECHNICAL = ("unknown", "timeout", "exhausted", "locked", "not_needed")
OF_THE_SAGA = (*TECHNICAL, "cancelled", "deadline")


class Asked(NamedTuple):
    """A text that a condition compares with a reason or an outcome."""

    word: str
    span: Span
    about: str
    of: Item | None  # the fork of whose branches the outcome is


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each comparison with a reason that cannot be."""
    forks = {
        name: facts.item for name, facts in graph.facts.items() if isinstance(facts.item, FORKS)
    }
    known: dict[str, frozenset[str] | None] = {}
    for facts in graph.facts.values():
        if has_names_only(facts.item):
            continue
        for value in values_of(facts.item):
            if isinstance(value, Attribute) and isinstance(value.base, Reference):
                continue  # nearly always
            for asked in _asked(value, forks):
                at = asked.of.name.text if asked.of is not None else ""
                if at not in known:
                    known[at] = _reasons(graph, asked.of)
                there = known[at]
                if there is not None and asked.word not in there:
                    yield _finding(asked, sorted(there))


def _finding(asked: Asked, known: list[str]) -> Diagnostic:
    labels = () if asked.of is None else (Label("what may happen here", asked.of.name.span),)
    return diagnostic(
        "DA004",
        asked.span,
        f"{asked.about} is never {asked.word!r}: nothing declares such a refusal, so this"
        " comparison always has the same answer.",
        help=did_you_mean(asked.word, known),
        labels=labels,
    )


def _reasons(graph: SagaGraph, fork: Item | None) -> frozenset[str] | None:
    """What may be: of the whole saga, or of what is in a fork. None if nobody knows all of it."""
    names = [each.name.text for each in every_item((fork,))] if fork is not None else graph.facts
    found = set(OF_THE_SAGA if fork is None else (*TECHNICAL, "done", "skipped", "cancelled"))
    for name in names:
        facts = graph.facts[name]
        if facts.item.kind == "saga" and name not in graph.children:
            return None
        found.update(each.name.text for each in facts.refusals)
        found.update(facts.own_failures)
    return frozenset(found)


def _asked(value: Value, forks: Mapping[str, Item]) -> Iterator[Asked]:
    elements: dict[str, Item] = {}
    for each in walk(value):
        if isinstance(each, Comprehension):
            names = chain(each.source)
            if len(names) == 2 and names[1] == "outcomes" and names[0] in forks:
                elements[each.variable] = forks[names[0]]
        elif isinstance(each, Compare):
            yield from _compared(each, forks, elements)


def _compared(
    compare: Compare, forks: Mapping[str, Item], elements: Mapping[str, Item]
) -> Iterator[Asked]:
    if len(compare.rest) != 1:
        return
    operator, right = compare.rest[0]
    if operator not in ("==", "!=", "in", "not in"):
        return
    for one, other in ((compare.left, right), (right, compare.left)):
        about = _about(one, forks, elements)
        if about is not None:
            for text, span in _texts(other):
                yield Asked(text, span, *about)


def _about(
    value: Value, forks: Mapping[str, Item], elements: Mapping[str, Item]
) -> tuple[str, Item | None] | None:
    """What a value is about if it is a reason or an outcome, and the fork it comes from."""
    names = chain(value)
    match names:
        case ("saga", "failure", "reason"):
            return "`saga.failure.reason`", None
        case (name, _, "outcome") if name in forks:
            return f"`{'.'.join(names)}`", forks[name]
        case (name, "outcomes") if name in forks:
            return f"`{'.'.join(names)}`", forks[name]
        case (name,) if name in elements:
            return f"An outcome of `{elements[name].name.text}`", elements[name]
    return None


def _texts(value: Value) -> Iterable[tuple[str, Span]]:
    each = value.items if isinstance(value, ListOf) else (value,)
    return [(c.value, c.span) for c in each if isinstance(c, Constant) and isinstance(c.value, str)]
