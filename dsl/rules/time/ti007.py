"""TI007 backoff-overflows."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Item, Retry, Step
from sagac.dsl.rules.rule import Rule
from sagac.dsl.rules.times import spoken
from sagac.dsl.span import Span

from .longest import A_DAY, last_pause

RULE = Rule(
    code="TI007",
    summary="The pauses between retries double without a bound.",
    why="With exponential backoff the pause doubles each time. After some twenty attempts it is"
    " days: the saga looks alive, holds what it has reserved, and does nothing.",
    example="""\
- step: reserve_stock
  service: stock
  input: [id]
  retry: { attempts: 25, backoff: exponential, initial: 1s }
  compensate: release_stock
""",
    use_instead="""\
- step: reserve_stock
  service: stock
  input: [id]
  retry: { attempts: 25, backoff: exponential, initial: 1s, max: 5m }
  compensate: release_stock
""",
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each retry policy that is written and grows beyond all bounds."""
    seen: set[Span] = set()
    deadline = graph.saga.deadline
    for facts in graph.facts.values():
        retry = facts.retry
        if not isinstance(facts.item, Step) or retry.span is None or retry.span in seen:
            continue
        bound = min(A_DAY, deadline.value) if deadline and facts.cancellable else A_DAY
        if last_pause(retry) > bound:
            seen.add(retry.span)
            yield _finding(facts.item, retry, retry.span, bound, graph)


def _finding(item: Item, retry: Retry, span: Span, bound: float, graph: SagaGraph) -> Diagnostic:
    deadline = graph.saga.deadline
    pause = spoken(last_pause(retry))
    labels: tuple[Label, ...] = ()
    beyond = "and the saga only waits"
    if deadline is not None and bound < A_DAY:
        beyond = f"beyond the deadline of {deadline.text}"
        labels = (Label("passes before", deadline.span),)
    if graph.saga.retry is not None and span == graph.saga.retry.span:
        labels = (*labels, Label("the first step that it holds for", item.name.span))
    return diagnostic(
        "TI007",
        span,
        f"The pause doubles with each of {retry.attempts} attempts and has no `max`: before the"
        f" last one it is {pause}, {beyond}.",
        help="Bound the pause (`max: 5m`), or make fewer attempts.",
        labels=labels,
    )
