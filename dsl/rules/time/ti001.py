"""TI001 wait-without-end."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.facts import ItemFacts
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Saga, Wait
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="TI001",
    summary="A wait for an event has no end if the event never comes.",
    why="Without a timeout, and without a deadline that still counts there, a lost or forgotten"
    " event leaves the saga waiting for ever, with all it has reserved.",
    example="""\
- step: reserve_stock
  service: stock
  input: [id]
  compensate: release_stock
- wait: approval
  service: shop
  event: Approved
  match: event.id == input.id
  output: { id: string }
""",
    use_instead="""\
- step: reserve_stock
  service: stock
  input: [id]
  compensate: release_stock
- wait: approval
  service: shop
  event: Approved
  match: event.id == input.id
  output: { id: string }
  timeout: 14d
""",
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each wait that nothing but its event ends."""
    for facts in graph.facts.values():
        if isinstance(facts.item, Wait) and not _ends(facts.item, facts, graph.saga):
            yield _finding(facts.item, graph.saga)


def _ends(wait: Wait, facts: ItemFacts, saga: Saga) -> bool:
    if wait.duration is not None or wait.timeout is not None:
        return True
    if any(way.after is not None for way in wait.first):
        return True
    return saga.deadline is not None and facts.cancellable


def _finding(wait: Wait, saga: Saga) -> Diagnostic:
    events = [name.text for name in (wait.event, *(way.event for way in wait.first)) if name]
    because, help = "the saga has no deadline", "Add `timeout: DURATION`"
    labels: tuple[Label, ...] = ()
    if wait.first:
        help = "Add a way out by time (`after: DURATION`)"
    if saga.deadline is None:
        help += ", or a `deadline` to the saga."
    else:
        because, help = "the deadline of the saga no longer counts here", f"{help}."
        labels = (Label("counts until the point of no return only", saga.deadline.span),)
    return diagnostic(
        "TI001",
        wait.name.span,
        f"{wait.name.text!r} waits for ever if {' or '.join(events)} does not come: it has no"
        f" timeout, and {because}.",
        help=help,
        labels=labels,
    )
