"""ST009 choose-may-match-nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label, Severity
from sagac.dsl.facts import Reach
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Case, Choose, Fail
from sagac.dsl.records import replace
from sagac.dsl.rules.decided import decided
from sagac.dsl.rules.places import Places, places_of
from sagac.dsl.rules.rule import Rule
from sagac.dsl.rules.unguarded import readings

RULE = Rule(
    code="ST009",
    summary="A `choose` has no `otherwise`, and its cases leave something out.",
    why="Where no case matches, the saga goes on as if nothing had been to do. What comes after and"
    " counts on one of the cases gets nothing. It is a warning if a value after is"
    " read of one case or the other, but provides for none, and advice if not.",
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
    """Yields a finding for each choose that may match nothing.

    A single case without ``otherwise`` is a plain condition, unless somebody counts on it; cases
    that all refuse are meant to match nothing when all is well.
    """
    found = decided(graph).incomplete
    relied = _relied_on(graph, places_of(graph.saga)) if found else {}
    for item in found:
        readers = relied.get(item.name.text, [])
        if readers or (len(item.cases) > 1 and not all(map(_refuses, item.cases))):
            yield _finding(item, readers)


def _refuses(case: Case) -> bool:
    return any(isinstance(item, Fail) and item.condition is None for item in case.items)


def _finding(item: Choose, readers: list[Reliance]) -> Diagnostic:
    name = item.name.text
    sure = [each for each in readers if each.on_any] or readers
    then = "the saga goes on without any of them"
    if sure:
        value = ".".join((sure[0].reach.root, *sure[0].reach.path))
        then = f"`{value}`, which is read later, is absent"
    finding = diagnostic(
        "ST009",
        item.name.span,
        f"The cases of {name!r} do not cover everything and there is no `otherwise`: where none"
        f" matches, {then}.",
        help="Add `otherwise:` with what is to be done then: the last case in place of its"
        " condition, a `fail`, or `[]` if nothing is meant.",
        labels=tuple(Label("counts on one of the cases", each.reach.span) for each in sure[:3]),
    )
    if any(each.on_any for each in readers):
        return finding
    return replace(finding, severity=Severity.INFO)


class Reliance(NamedTuple):
    """A value that is read after a choose without looking whether its case has run.

    ``on_any``: it is one of the values of several cases that are read in its place.
    """

    reach: Reach
    on_any: bool


def _relied_on(graph: SagaGraph, places: Places) -> dict[str, list[Reliance]]:
    """By choose, who reads of its cases without looking."""
    cases: dict[tuple[str | None, str, str], set[int]] = {}
    taken: dict[tuple[str | None, str, str], Reach] = {}
    for reading in readings(graph, places):
        for choose, number in _cases_around(places, reading.reach.root):
            key = (reading.reader, reading.field, choose)
            cases.setdefault(key, set()).add(number)
            if not reading.guarded:
                taken.setdefault(key, reading.reach)
    found: dict[str, list[Reliance]] = {}
    for key, reach in taken.items():
        reader, _, choose = key
        if reader is None or all(each.name != choose for each in places.around(reader)):
            found.setdefault(choose, []).append(Reliance(reach, len(cases[key]) > 1))
    return found


def _cases_around(places: Places, name: str) -> Iterator[tuple[str, int]]:
    for here in places.places[name].upwards():
        if here.parent is not None and isinstance(here.parent.item, Choose):
            yield here.parent.name, here.list.number
