"""CO003 compensation-reads-missing."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Compensate, Group
from sagac.dsl.reach import reads
from sagac.dsl.rules.places import places_of
from sagac.dsl.rules.rule import Rule
from sagac.dsl.syntax import Conditional, Record, Value

RULE = Rule(
    code="CO003",
    summary="The compensation of a group reads what one of its members gives.",
    why="A group is undone also when it has failed half-way: then members that come later have not"
    " run, and what they give does not exist. What the compensation needs has to be known before"
    " the group starts, or its absence has to be provided for.",
    example="""\
- group: badges
  compensate: { service: shop, action: reset, input: { number: "${print.number}" } }
  steps:
    - step: print
      service: shop
      input: [id]
      output: { number: string }
    - step: hand_out
      service: shop
      input: [id]
      fails: [absent]
""",
    use_instead="""\
- group: badges
  compensate: { service: shop, action: reset, input: [id] }
  steps:
    - step: print
      service: shop
      input: [id]
      output: { number: string }
    - step: hand_out
      service: shop
      input: [id]
      fails: [absent]
""",
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each unguarded use of a member in the compensation of its group."""
    places = places_of(graph.saga)
    for facts in graph.facts.values():
        group = facts.item
        if not isinstance(group, Group) or group.compensate is None:
            continue
        for value in _unguarded(group.compensate):
            for reach in reads(value):
                place = places.places.get(reach.root)
                if place and any(each.item is group for each in places.around(reach.root)):
                    yield diagnostic(
                        "CO003",
                        reach.span,
                        f"The compensation of {group.name.text!r} reads {reach.root!r}, which may"
                        " not have run: the group is undone also when it fails half-way.",
                        help="Read what is known before the group starts, provide for the absence"
                        f" (`${{X if {reach.root} is not None else Y}}`), or let the members have"
                        " compensations of their own.",
                        labels=(Label("one of the members", place.item.name.span),),
                    )


def _unguarded(compensate: Compensate) -> Iterator[Value]:
    written = compensate.input
    if isinstance(written, Record):
        values: tuple[Value, ...] = tuple(written.fields.values())
    else:
        values = written.names if written is not None else ()
    yield from (value for value in values if not isinstance(value, Conditional))
