"""NA005 event-name-clash."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.project import Event, Outline, Project, Shape
from sagac.dsl.rules.rule import Rule

ONE = """\
# file: order.saga.yaml
saga: order
version: 1
key: ${input.id}
services: { payment: {} }
input: { id: string }
steps:
  - step: charge
    service: payment
    input: [id]
    output: { payment_id: string }
    events: { done: PaymentCharged }
    compensate: refund
"""
TWO = """\
# file: renewal.saga.yaml
saga: renewal
version: 1
key: ${input.id}
services: { billing: {} }
input: { id: string }
steps:
  - step: charge_renewal
    service: billing
    input: [id]
    output: { invoice: integer }
    events: { done: PaymentCharged }
    compensate: refund_renewal
"""

RULE = Rule(
    code="NA005",
    summary="Two sagas use one event name for different data.",
    why="Whoever hears the event knows it by its name, and reads the fields of one saga from the"
    " message of the other.",
    example=ONE + TWO,
    use_instead=ONE + TWO.replace("PaymentCharged", "RenewalCharged"),
)


def check_project(project: Project) -> Iterator[Diagnostic]:
    """Yields a finding for each event whose data differs from that of an earlier saga."""
    first: dict[str, tuple[Outline, Event]] = {}
    for saga in project.distinct:
        told = set[str]()
        for event in saga.events:
            other, known = first.setdefault(event.name.text, (saga, event))
            why = _difference(known, event) if other is not saga else None
            if why is not None and event.name.text not in told:
                told.add(event.name.text)
                yield _finding(saga, event, other, known, why)


def _difference(one: Event, other: Event) -> str | None:
    """In what two events of one name differ. Who only hears one may leave fields out."""
    if one.outside or other.outside:
        return _field(one.data, other.data, strict=False)
    if one.outcome != other.outcome:
        return f"it says *{other.outcome}* here and *{one.outcome}* there"
    if one.action == other.action:
        return None  # NA008 tells in what the action differs
    return _field(one.data, other.data, strict=True)


def _field(one: Shape, other: Shape, *, strict: bool) -> str | None:
    for name in sorted({*one, *other}):
        here, there = other.get(name), one.get(name)
        if here == there or (not strict and (here is None or there is None)):
            continue
        return f"`{name}` is {here or 'missing'} here and {there or 'missing'} there"
    return None


def _finding(saga: Outline, event: Event, other: Outline, known: Event, why: str) -> Diagnostic:
    return diagnostic(
        "NA005",
        event.name.span,
        f"The sagas {other.saga.text!r} and {saga.saga.text!r} use the event `{event.name.text}`"
        f" for different data ({why}), so who hears one may misread the other.",
        help="Give one of them another name, or give both the same data.",
        labels=(Label(f"of the saga {other.saga.text!r}", known.name.span),),
    )
