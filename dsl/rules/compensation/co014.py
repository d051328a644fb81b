"""CO014 recovered-effect-stays."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.facts import ItemFacts, OnUnknown, Role
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Group, Item, Name, Step
from sagac.dsl.rules.failing import covered
from sagac.dsl.rules.places import places_of
from sagac.dsl.rules.rule import Rule
from sagac.dsl.structure import sections

RULE = Rule(
    code="CO014",
    summary="`recover` goes on past an effect that may exist and that nothing undoes.",
    why="After an unknown outcome the step may have happened. The saga goes on as if it had not,"
    " with the handler in its place, and nobody takes the effect back: two bookings where one was"
    " meant.",
    example="""\
- step: book_north
  service: stock
  input: [id]
  on_unknown: fail
  compensate: cancel_north
  recover:
    unknown:
      - step: book_south
        service: shipping
        input: [id]
        compensate: cancel_south
- step: confirm
  service: shop
  input: [id]
  fails: [rejected]
  compensate: withdraw
""",
    use_instead="""\
- step: book_north
  service: stock
  input: [id]
  compensate: cancel_north
  recover:
    unknown:
      - step: book_south
        service: shipping
        input: [id]
        compensate: cancel_south
- step: confirm
  service: shop
  input: [id]
  fails: [rejected]
  compensate: withdraw
""",
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each `recover` of unknown outcomes, or of any, that leaves an effect."""
    places = places_of(graph.saga)
    for name, facts in graph.facts.items():
        item = facts.item
        if not isinstance(item, Step | Group):
            continue
        caught = next(
            (r.refusal for r in item.recover if r.refusal.text in ("unknown", "any")), None
        )
        if caught is None:
            continue
        if isinstance(item, Step):
            shared = facts.compensation is None and covered(places, name)
            if _stays(facts) or (shared and facts.on_unknown is OnUnknown.COMPENSATE):
                yield _finding(item, caught, facts)
        elif item.compensate is None:
            yield from (_finding(item, caught, each) for each in _left(graph, item))


def _stays(facts: ItemFacts) -> bool:
    """Whether an unknown outcome is taken for none although the step has an effect.

    One without any compensation is CO001's business.
    """
    taken = facts.on_unknown is OnUnknown.FAIL and facts.role is not Role.OPTIONAL
    return taken and facts.effect and facts.compensation is not None


def _left(graph: SagaGraph, group: Group) -> Iterator[ItemFacts]:
    """The members whose unknown outcome gets to the group and leaves an effect."""
    todo: list[Item] = [*reversed(group.items)]
    while todo:
        item = todo.pop()
        caught = {each.refusal.text for each in getattr(item, "recover", ())}
        if caught & {"unknown", "any"}:
            continue
        facts = graph.facts[item.name.text]
        if isinstance(item, Step) and _stays(facts):
            yield facts
        todo.extend(reversed([each for part in sections(item) for each in part.items]))


def _finding(item: Step | Group, caught: Name, facts: ItemFacts) -> Diagnostic:
    step = facts.item.name
    because = "nothing undoes it: `on_unknown: fail` takes it for never done"
    span = getattr(facts.item, "keys", {}).get("on_unknown", step.span)
    if facts.on_unknown is not OnUnknown.FAIL:
        because = "the compensation of the group is not called, since the group has not failed"
        span = step.span
    whose = "its effect" if facts.item is item else f"the effect of {step.text!r}"
    return diagnostic(
        "CO014",
        caught.span,
        f"{item.name.text!r} recovers from an unknown outcome, but {whose} may exist and"
        f" {because}.",
        help=f"Give {step.text!r} a compensation of its own and leave `on_unknown` at its default"
        " (`compensate`); or settle the outcome first (`on_unknown: query` or `manual`).",
        labels=(Label("its effect may stay", span),),
    )
