"""ST009 choose-may-match-nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label, Severity
from sagac.dsl.facts import Reach
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Choose
from sagac.dsl.rules.decided import decided
from sagac.dsl.rules.places import Places, places_of
from sagac.dsl.rules.rule import Rule
from sagac.dsl.rules.unguarded import readings

RULE = Rule(
    code="ST009",
    summary="A `choose` has no `otherwise`, and its cases leave something out.",
    why="Where no case matches, the saga goes on as if nothing had been to do. What comes after and"
    " counts on one of the cases gets nothing. It is a warning if something after reads what the"
    " cases give, and advice if not.",
    example="""\
- choose: way_to_pay
  when:
    - if: input.count > 10
      steps:
        - step: send_invoice
          service: payment
          input: [id]
          output: { number: string }
          compensate: cancel_invoice
    - if: input.count < 10
      steps:
        - step: charge_card
          service: payment
          input: [id]
          output: { number: string }
          compensate: refund_card
- step: file_receipt
  service: shop
  input:
    id: ${input.id}
    number: ${send_invoice.number if send_invoice is not None else charge_card.number}
""",
    use_instead="""\
- choose: way_to_pay
  when:
    - if: input.count > 10
      steps:
        - step: send_invoice
          service: payment
          input: [id]
          output: { number: string }
          compensate: cancel_invoice
  otherwise:
    - step: charge_card
      service: payment
      input: [id]
      output: { number: string }
      compensate: refund_card
- step: file_receipt
  service: shop
  input:
    id: ${input.id}
    number: ${send_invoice.number if send_invoice is not None else charge_card.number}
""",
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each choose with two cases or more that may match nothing.

    A single case without ``otherwise`` is a plain condition.
    """
    found = [item for item in decided(graph).incomplete if len(item.cases) > 1]
    relied = _relied_on(graph, places_of(graph.saga)) if found else {}
    for item in found:
        yield _finding(item, relied.get(item.name.text, []))


def _finding(item: Choose, readers: list[Reach]) -> Diagnostic:
    name = item.name.text
    then = "the saga goes on without any of them"
    if readers:
        then = f"`{readers[0].root}.{'.'.join(readers[0].path)}`, which is read later, is absent"
    finding = diagnostic(
        "ST009",
        item.name.span,
        f"The cases of {name!r} do not cover everything and there is no `otherwise`: where none"
        f" matches, {then}.",
        help="Add `otherwise:` with what is to be done then: the last case in place of its"
        " condition, a `fail`, or `[]` if nothing is meant.",
        labels=tuple(Label("counts on one of the cases", each.span) for each in readers[:3]),
    )
    return finding if readers else replace(finding, severity=Severity.INFO)


def _relied_on(graph: SagaGraph, places: Places) -> dict[str, list[Reach]]:
    """By choose, what is read of it by somebody who takes one of its cases for granted.

    That is who reads from two cases or more, and from one of them without looking.
    """
    cases: dict[tuple[str | None, str], set[int]] = {}
    taken: dict[tuple[str | None, str], Reach] = {}
    for reading in readings(graph, places):
        for choose, number in _cases_around(places, reading.reach.root):
            key = (reading.reader, choose)
            cases.setdefault(key, set()).add(number)
            if not reading.guarded:
                taken.setdefault(key, reading.reach)
    found: dict[str, list[Reach]] = {}
    for (reader, choose), reach in taken.items():
        inside = reader is not None and any(each.name == choose for each in places.around(reader))
        if len(cases[reader, choose]) > 1 and not inside:
            found.setdefault(choose, []).append(reach)
    return found


def _cases_around(places: Places, name: str) -> Iterator[tuple[str, int]]:
    for here in places.places[name].upwards():
        if here.parent is not None and isinstance(here.parent.item, Choose):
            yield here.parent.name, here.list.number
