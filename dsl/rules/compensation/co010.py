"""CO010 compensation-without-timeout."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.facts import DEFAULT_TIMEOUT
from sagac.dsl.model import Group, Name, Saga, Step, Undo
from sagac.dsl.rules.places import items_of
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="CO010",
    summary="A compensation has no timeout, neither of its own nor from `defaults`.",
    why=f"Then {DEFAULT_TIMEOUT:g} seconds are assumed for each attempt. That may be too short for"
    " a refund at a bank, which is then called again and again, or far too long.",
    example="""\
saga: purchase
version: 1
key: ${input.id}
services: { payment: {} }
input: { id: string }
steps:
  - step: charge_card
    service: payment
    input: [id]
    timeout: 10s
    compensate: refund_card
""",
    use_instead="""\
saga: purchase
version: 1
key: ${input.id}
services: { payment: {} }
defaults: { timeout: 10s }
input: { id: string }
steps:
  - step: charge_card
    service: payment
    input: [id]
    compensate: refund_card
""",
)
MOST_LABELS = 20


def check_saga(saga: Saga) -> Iterator[Diagnostic]:
    """Yields one finding for all compensations of the saga for which a timeout is assumed.

    Where a step has none either, the same default is missing for both: TI002 says so, once.
    """
    if saga.timeout is not None:
        return
    if any(isinstance(each, Step) and each.timeout is None for each in items_of(saga)):
        return
    found = list(without_timeout(saga))
    if found:
        yield _finding(*found)


def without_timeout(saga: Saga) -> Iterator[Name]:
    """The actions of the compensations and ``undo`` items that have no timeout of their own."""
    for item in items_of(saga):
        if isinstance(item, Undo) and item.timeout is None:
            yield item.action or item.name
        elif isinstance(item, Step | Group):
            undo = item.compensate
            if undo is not None and undo.timeout is None:
                yield undo.action


def _finding(first: Name, *others: Name) -> Diagnostic:
    more = f", nor have {len(others)} others" if len(others) > 1 else ""
    more = f", nor has {others[0].text!r}" if len(others) == 1 else more
    return diagnostic(
        "CO010",
        first.span,
        f"The compensation {first.text!r} has no timeout{more}: {DEFAULT_TIMEOUT:g}s are assumed"
        " for each attempt, and then it is called again.",
        help="Say how long it may take: `defaults: { timeout: 10s }` for all calls, or `timeout`"
        " inside `compensate`.",
        labels=tuple(Label("nor has this", each.span) for each in others[:MOST_LABELS]),
    )
