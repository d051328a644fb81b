"""TI006 wait-longer-than-deadline."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Seconds, Wait
from sagac.dsl.rules.rule import Rule

from .shortest import cannot_be_met

RULE = Rule(
    code="TI006",
    summary="A wait may take longer than the saga's deadline.",
    why="The deadline counts from the start of the saga and comes first: what should happen when"
    " the wait has ended (`on_timeout`, `after`) never happens, and the saga is undone instead.",
    example="""\
saga: example
version: 1
key: ${input.id}
deadline: 24h
services: { shop: {} }
input: { id: string }
steps:
  - wait: approval
    service: shop
    event: Approved
    match: event.id == input.id
    output: { id: string }
    timeout: 14d
    on_timeout: continue
""",
    use_instead="""\
saga: example
version: 1
key: ${input.id}
deadline: 30d
services: { shop: {} }
input: { id: string }
steps:
  - wait: approval
    service: shop
    event: Approved
    match: event.id == input.id
    output: { id: string }
    timeout: 14d
    on_timeout: continue
""",
)
PARTS = {"for": "takes", "timeout": "may take", "after": "goes on after"}


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each time of a wait that is beyond a deadline that counts there."""
    deadline = graph.saga.deadline
    if deadline is None:
        return
    found = [
        _finding(facts.item, part, time, deadline)
        for facts in graph.facts.values()
        if isinstance(facts.item, Wait) and facts.cancellable
        for part, time in _times(facts.item)
        if time.value > deadline.value
    ]
    if found and not cannot_be_met(graph):
        yield from found


def _times(wait: Wait) -> Iterator[tuple[str, Seconds]]:
    after = (("after", race.after) for race in wait.first)
    for part, time in (("for", wait.duration), ("timeout", wait.timeout), *after):
        if isinstance(time, Seconds):
            yield part, time


def _finding(wait: Wait, part: str, time: Seconds, deadline: Seconds) -> Diagnostic:
    return diagnostic(
        "TI006",
        time.span,
        f"{wait.name.text!r} {PARTS[part]} {time.text}, but the deadline ends the saga after"
        f" {deadline.text}: what follows that time never happens.",
        help="Raise `deadline` beyond all waits, or make this one shorter.",
        labels=(Label("counts from the start of the saga", deadline.span),),
    )
