"""RE005 unknown-taken-for-never."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic
from sagac.dsl.facts import ItemFacts, OnUnknown, Role
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Group, Item, Step
from sagac.dsl.rules.places import places_of
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="RE005",
    summary="A step with an effect says `on_unknown: fail`.",
    why="After a crash or a lost answer nobody knows whether the step took effect. `fail` takes it"
    " for never done: its compensation does not run, so what it may have done stays. Of a pivot,"
    " everything before it is undone although it may have happened.",
    example="""\
- step: reserve_stock
  service: stock
  input: [id]
  on_unknown: fail
  compensate: release_stock
- step: charge_card
  service: payment
  input: [id]
  fails: [card_declined]
  compensate: refund_card
""",
    use_instead="""\
- step: reserve_stock
  service: stock
  input: [id]
  compensate: release_stock
- step: charge_card
  service: payment
  input: [id]
  fails: [card_declined]
  compensate: refund_card
""",
)
CATCHING = {"unknown", "any"}


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each unknown outcome that is taken for none although it matters.

    Where the saga goes on after it CO014 speaks, where nothing can undo it CO001; the failure of an
    optional step is passed over in any case, and a retriable one is repeated.
    """
    places = places_of(graph.saga)
    for name, facts in graph.facts.items():
        item = facts.item
        if isinstance(item, Step) and item.on_unknown is not None and _matters(facts):
            around = (each.item for each in places.around(name))
            if not any(map(_recovers, (item, *around))):
                yield _finding(item, facts)


def _matters(facts: ItemFacts) -> bool:
    if facts.on_unknown is not OnUnknown.FAIL or not facts.effect:
        return False
    undone = facts.role is Role.COMPENSATABLE and facts.compensation is not None
    return undone or facts.role is Role.PIVOT


def _recovers(item: Item) -> bool:
    recover = item.recover if isinstance(item, Step | Group) else ()
    return any(each.refusal.text in CATCHING for each in recover)


def _finding(step: Step, facts: ItemFacts) -> Diagnostic:
    assert step.on_unknown is not None
    stays, default = "its compensation does not run, and the effect stays", "it is compensated"
    if facts.role is Role.PIVOT:
        stays, default = "what came before is undone although it may have happened", "it is asked"
    return diagnostic(
        "RE005",
        step.on_unknown.span,
        f"After a lost answer {step.name.text!r} may have taken effect, and `on_unknown: fail`"
        f" takes it for never done: {stays}.",
        help=f"Remove `on_unknown` (then {default}), or let it be settled first (`query` or"
        " `manual`); say `effect: none` if the step changes nothing.",
    )
