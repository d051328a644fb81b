"""DA002 duplicate-event-name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.facts import ItemFacts
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import EventNames, Saga, Step, Undo, Wait
from sagac.dsl.rules.rule import Rule
from sagac.dsl.span import Span

RULE = Rule(
    code="DA002",
    summary="Two outcomes are announced by the same event, or one by an event from outside.",
    why="Each outcome of a step is one event, and the services act on its name. With one name for"
    " two, a service takes *charged* for *refunded*, and acts on what has not happened.",
    example="""\
- step: charge_card
  service: payment
  input: [id]
  events: { done: PaymentSettled, undone: PaymentSettled }
  compensate: refund_card
""",
    use_instead="""\
- step: charge_card
  service: payment
  input: [id]
  events: { done: PaymentCharged, undone: PaymentRefunded }
  compensate: refund_card
""",
)


class Announced(NamedTuple):
    """An event name: what it says, where it stands; a derived one stands nowhere itself."""

    text: str
    what: str
    span: Span
    written: bool


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each event name that another outcome, or the outside, has already."""
    written = _written_names(graph)
    if not written:
        return
    first: dict[str, Announced] = {}
    for each in (*_outside(graph.saga), *_of_waits(graph), *written, *_derived(graph, written)):
        known = first.setdefault(each.text, each)
        if known is each or known.what == each.what:
            continue
        here, other = (each, known) if each.written else (known, each)
        if here.written:
            yield _finding(here, other)


def _finding(here: Announced, other: Announced) -> Diagnostic:
    return diagnostic(
        "DA002",
        here.span,
        f"`{here.text}` says that {here.what}, and also that {other.what}: who hears it cannot tell"
        " which.",
        help="Give each outcome an event of its own.",
        labels=(Label(f"`{other.text}` says that {other.what}", other.span),),
    )


def _outside(saga: Saga) -> Iterator[Announced]:
    for event in saga.events.values():
        yield Announced(event.name.text, OUTSIDE, event.name.span, True)
    for each in (saga.start, saga.cancel):
        if each is not None and each.event is not None:
            yield Announced(each.event.text, OUTSIDE, each.event.span, True)


def _of_waits(graph: SagaGraph) -> Iterator[Announced]:
    for facts in graph.facts.values():
        if isinstance(facts.item, Wait):
            for name in (facts.item.event, *(race.event for race in facts.item.first)):
                if name is not None:
                    yield Announced(name.text, OUTSIDE, name.span, True)


def _written_names(graph: SagaGraph) -> list[Announced]:
    found = []
    for facts in graph.facts.values():
        if isinstance(facts.item, Step | Undo) and facts.item.events != NONE:
            names, item = facts.item.events, facts.item.name.text
            for outcome in OUTCOMES:
                name = getattr(names, outcome)
                if name is not None:
                    found.append(Announced(name.text, _says(item, outcome), name.span, True))
    return found


OUTSIDE = "something outside has happened"
NONE = EventNames()
OUTCOMES = {
    "done": "is done",
    "failed": "has failed",
    "undone": "is undone",
    "skipped": "is skipped",
}


def _says(item: str, outcome: str) -> str:
    return f"{item!r} {OUTCOMES[outcome]}"


def _derived(graph: SagaGraph, written: list[Announced]) -> Iterator[Announced]:
    """The names that items get which write none, where they might be among the written ones."""
    wanted = {each.text for each in written}
    for name, facts in graph.facts.items():
        events = getattr(facts.item, "events", NONE)
        base = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
        for outcome in OUTCOMES:
            derived = f"{base}{outcome.capitalize()}"
            if derived in wanted and getattr(events, outcome) is None and _happens(facts, outcome):
                yield Announced(derived, _says(name, outcome), facts.item.name.span, False)


def _happens(facts: ItemFacts, outcome: str) -> bool:
    match outcome:
        case "failed":
            return bool(facts.own_failures)
        case "undone":
            return facts.compensation is not None
        case "skipped":
            return facts.item.condition is not None
    return not isinstance(facts.item, Undo)
