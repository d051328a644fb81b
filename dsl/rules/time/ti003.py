"""TI003 budget-beyond-deadline."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.facts import ItemFacts
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Repeat, Step, Wait
from sagac.dsl.rules.rule import Rule
from sagac.dsl.rules.times import spoken

from .longest import Part, Worst, longest
from .shortest import cannot_be_met

RULE = Rule(
    code="TI003",
    summary="Along one path the retries of the steps may take longer than the saga's deadline.",
    why="Each step may use all its attempts, each attempt all its time. The deadline passes in the"
    " middle of retries that were meant to save the saga, and it is undone although nothing was"
    " refused.",
    example="""\
saga: example
version: 1
key: ${input.id}
deadline: 1m
services: { stock: {}, payment: {} }
input: { id: string }
defaults: { timeout: 10s, retry: { attempts: 5, initial: 1s } }
steps:
  - step: reserve_stock
    service: stock
    input: [id]
    compensate: release_stock
  - step: charge
    service: payment
    role: pivot
    input: [id]
""",
    use_instead="""\
saga: example
version: 1
key: ${input.id}
deadline: 10m
services: { stock: {}, payment: {} }
input: { id: string }
defaults: { timeout: 10s, retry: { attempts: 5, initial: 1s } }
steps:
  - step: reserve_stock
    service: stock
    input: [id]
    compensate: release_stock
  - step: charge
    service: payment
    role: pivot
    input: [id]
""",
)
MOST = 5  # steps of the path that are shown


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding if the longest path before the point of no return exceeds the deadline."""
    deadline = graph.saga.deadline
    if deadline is None:
        return
    worst = longest(graph)
    if worst.seconds <= deadline.value or cannot_be_met(graph):
        return
    until = f"before {graph.judge!r} can begin" if graph.judge else "before the saga ends"
    yield diagnostic(
        "TI003",
        deadline.span,
        f"In the worst case {_path(worst)} takes {spoken(worst.seconds)} {until}, beyond the"
        f" deadline of {deadline.text}: it would be undone in the middle of its retries.",
        help=f"Give a deadline beyond {spoken(worst.seconds)}; or fewer attempts or a shorter"
        " `timeout` to the steps that take longest.",
        labels=tuple(_label(each, graph.facts[each.item.name.text]) for each in _shown(worst)),
    )


def _shown(worst: Worst) -> list[Part]:
    """The parts that take longest, in the order of the path."""
    largest = sorted(worst.parts, key=lambda each: -each.seconds)[:MOST]
    names = {each.item.name.text for each in largest if each.seconds}
    return [each for each in worst.parts if each.item.name.text in names]


def _path(worst: Worst) -> str:
    names = [part.item.name.text for part in worst.parts if part.seconds]
    if len(names) > MOST + 1:
        names = [*names[: MOST - 1], "...", names[-1]]
    return f"the path {' -> '.join(names)}" if len(names) > 1 else repr(names[0])


def _label(part: Part, facts: ItemFacts) -> Label:
    retry, time = facts.retry, spoken(part.seconds)
    match part.item:
        case Step() if retry.attempts == 1:
            text = f"up to {time}: one attempt"
        case Step():
            text = f"up to {time}: {retry.attempts} attempts of {spoken(facts.timeout)} and the"
            text += " pauses between them"
        case Repeat():
            text = f"up to {time}: {part.item.max} rounds"
        case Wait():
            text = f"waits for {time}"
        case _:
            text = f"up to {time}"
    return Label(text, part.item.name.span)
