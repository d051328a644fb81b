"""CO015 undo-order-breaks-dependency."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.facts import Reach
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Group, Item
from sagac.dsl.rules.places import every_item
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="CO015",
    summary="Members of a group are undone side by side although one is built on the other.",
    why="What reads the other's output depends on it. Undone side by side, the one below may go"
    " first: a room is given back while its booking still names it.",
    example="""\
- group: set_up
  undo_order: parallel
  steps:
    - step: open_account
      service: payment
      input: [id]
      output: { account: string }
      compensate: close_account
    - step: issue_card
      service: payment
      input: [id, open_account.account]
      compensate: revoke_card
""",
    use_instead="""\
- group: set_up
  steps:
    - step: open_account
      service: payment
      input: [id]
      output: { account: string }
      compensate: close_account
    - step: issue_card
      service: payment
      input: [id, open_account.account]
      compensate: revoke_card
""",
)


class Dependence(NamedTuple):
    """``reader`` is built on what ``given`` gives, read at ``reach``."""

    reader: Item
    given: Item
    reach: Reach


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each such group."""
    for facts in graph.facts.values():
        group = facts.item
        if isinstance(group, Group) and group.undo_order == "parallel" and not group.compensate:
            found = list(_dependences(graph, group))
            if found:
                yield _finding(group, *found)


def _dependences(graph: SagaGraph, group: Group) -> Iterator[Dependence]:
    member: dict[str, int] = {}
    for number, each in enumerate(group.items):
        member.update((inner.name.text, number) for inner in every_item((each,)))
    for name, number in member.items():
        facts = graph.facts[name]
        if facts.compensation is None:
            continue
        for reach in facts.reads:
            other = graph.facts.get(reach.root)
            is_member = member.get(reach.root, number) != number
            if is_member and other is not None and other.compensation is not None:
                yield Dependence(facts.item, other.item, reach)


def _finding(group: Group, first: Dependence, *others: Dependence) -> Diagnostic:
    more = f" ({len(others)} more such pairs)" if others else ""
    reader, given = first.reader.name.text, first.given.name.text
    return diagnostic(
        "CO015",
        group.keys.get("undo_order", group.name.span),
        f"{group.name.text!r} is undone side by side, but {reader!r} is built on what {given!r}"
        f" gives{more}: {given!r} may be undone under it.",
        help="Remove `undo_order: parallel`: the last one is then undone first.",
        labels=tuple(
            Label(f"{each.reader.name.text} needs {each.given.name.text}", each.reach.span)
            for each in (first, *others[:9])
        ),
    )
