"""TI005 deadline-cannot-be-met."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.graph import SagaGraph
from sagac.dsl.rules.rule import Rule
from sagac.dsl.rules.times import spoken

from .shortest import shortest

RULE = Rule(
    code="TI005",
    summary="The waits alone take longer than the deadline.",
    why="Even when every call is answered at once, the deadline passes before the point of no"
    " return, so every saga of this file is cancelled and undone.",
    example="""\
saga: example
version: 1
key: ${input.id}
deadline: 1h
services: { shop: {}, payment: {} }
input: { id: string }
steps:
  - wait: cooling_off
    service: shop
    for: 14d
  - step: charge
    service: payment
    role: pivot
    input: [id]
""",
    use_instead="""\
saga: example
version: 1
key: ${input.id}
deadline: 15d
services: { shop: {}, payment: {} }
input: { id: string }
steps:
  - wait: cooling_off
    service: shop
    for: 14d
  - step: charge
    service: payment
    role: pivot
    input: [id]
""",
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding if the least time before the point of no return exceeds the deadline."""
    deadline = graph.saga.deadline
    if deadline is None:
        return
    least, waits = shortest(graph)
    if least <= deadline.value:
        return
    path = " -> ".join(each.name.text for each, _ in waits[:5])
    more = f" and {len(waits) - 5} more" if len(waits) > 5 else ""
    judge = f"before {graph.judge!r} can begin" if graph.judge else "before the saga ends"
    yield diagnostic(
        "TI005",
        deadline.span,
        f"The deadline of {deadline.text} always passes: waiting in {path}{more} alone takes"
        f" {spoken(least)} {judge}, so every saga of this file would be undone.",
        help=f"Give a deadline beyond {spoken(least)}, or wait less.",
        labels=tuple(Label(f"waits for {spoken(own)}", each.name.span) for each, own in waits[:5]),
    )
