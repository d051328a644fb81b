"""CO013 group-undo-leaves-member."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.facts import Compensation, ItemFacts, Role
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Compensate, Group, Item, Step
from sagac.dsl.reach import reads
from sagac.dsl.rules.rule import Rule
from sagac.dsl.span import Span
from sagac.dsl.structure import sections

RULE = Rule(
    code="CO013",
    summary="The compensation of a group goes past what a member did.",
    why="It stands in place of the compensations of its members, which are never called. What a"
    " member did at another service stays, unless the one that is called sees to it; so does what"
    " an undo without any input knows nothing of.",
    example="""\
- group: desk
  compensate: { service: stock, action: clear_desk, input: [id] }
  steps:
    - step: set_up_desk
      service: stock
      input: [id]
    - step: print_badge
      service: shop
      input: [id]
      compensate: void_badge
""",
    use_instead="""\
- group: desk
  steps:
    - step: set_up_desk
      service: stock
      input: [id]
      compensate: clear_desk
    - step: print_badge
      service: shop
      input: [id]
      compensate: void_badge
""",
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each group whose undo goes past services that members changed."""
    for facts in graph.facts.values():
        group, undo = facts.item, facts.compensation
        if isinstance(group, Group) and group.compensate is not None and undo is not None:
            members = list(_members(graph, group))
            left = [each for each in members if each.service != undo.service]
            if left:
                yield _elsewhere(group, group.compensate, undo, left)
            elif not _is_told(undo) and any(each.reads for each in members):
                yield _untold(group, group.compensate, members)


def _members(graph: SagaGraph, group: Group) -> Iterator[ItemFacts]:
    """The steps whose effects the group's undo has to take back.

    A group inside with an undo of its own is judged by itself, and what is optional may stay.
    """
    todo: list[Item] = [*reversed(group.items)]
    while todo:
        item = todo.pop()
        if isinstance(item, Group) and item.compensate is not None:
            continue
        facts = graph.facts[item.name.text]
        if isinstance(item, Step) and item.effect and facts.role is not Role.OPTIONAL:
            yield facts
        inner = [each for section in sections(item) for each in section.items]
        todo.extend(reversed(inner))


def _is_told(undo: Compensation) -> bool:
    """Whether the undo is given anything beside why the saga has failed."""
    read = (reach for value in undo.input.values() for reach in reads(value))
    return any(reach.path[:1] != ("failure",) for reach in read)


def _untold(group: Group, written: Compensate, members: list[ItemFacts]) -> Diagnostic:
    return diagnostic(
        "CO013",
        written.action.span,
        f"{group.name.text!r} is undone by {written.action.text!r}, which is given nothing: it"
        " cannot tell what its members did.",
        help="Give it an `input` that names what is to be undone, as its members have it.",
        labels=tuple(Label("to be undone by it", each.item.name.span) for each in members[:20]),
    )


def _elsewhere(
    group: Group, written: Compensate, undo: Compensation, left: list[ItemFacts]
) -> Diagnostic:
    names = ", ".join(repr(each.item.name.text) for each in left[:3])
    more = f" and {len(left) - 3} more" if len(left) > 3 else ""
    services = ", ".join(dict.fromkeys(repr(each.service) for each in left[:3]))
    return diagnostic(
        "CO013",
        written.action.span,
        f"{group.name.text!r} is undone by {undo.action!r} of {undo.service!r} alone, in place of"
        f" its members: what {names}{more} did at {services} would stay.",
        help="Let the members have compensations of their own and remove that of the group; or put"
        " them outside the group.",
        labels=tuple(Label(_label(each), _span(each)) for each in left[:20]),
    )


def _label(facts: ItemFacts) -> str:
    if facts.compensation is not None:
        return f"never called: {facts.compensation.action}"
    return f"changes {facts.service}"


def _span(facts: ItemFacts) -> Span:
    undo = getattr(facts.item, "compensate", None)
    return undo.action.span if undo is not None else facts.item.name.span
