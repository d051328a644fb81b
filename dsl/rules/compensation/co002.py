"""CO002 compensation-without-effect."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.model import Compensate, Group, Item, Saga, Step, SubSaga
from sagac.dsl.repairs import without_key
from sagac.dsl.rules.places import every_item, items_of
from sagac.dsl.rules.rule import Fix, Rule

RULE = Rule(
    code="CO002",
    summary="Something that changes nothing has a compensation.",
    why="There is nothing to take back: either the step does have an effect, and the rest of the"
    " saga is wrongly told that it has none, or the compensation undoes what never was.",
    example="""\
- step: check_address
  service: shipping
  input: [id]
  effect: none
  compensate: forget_address
""",
    use_instead="""\
- step: check_address
  service: shipping
  input: [id]
  effect: none
""",
    fix=Fix.UNSAFE,
    local=True,
)


def check_saga(saga: Saga) -> Iterator[Diagnostic]:
    """Yields a finding for each step or group that compensates what has no effect."""
    for item in items_of(saga):
        if isinstance(item, Step) and not item.effect and item.compensate is not None:
            labels = tuple(
                Label("it says that it changes nothing", span)
                for key, span in item.keys.items()
                if key == "effect"
            )
            yield _finding(item, item.compensate, "says `effect: none`", labels)
        elif isinstance(item, Group) and item.compensate is not None and not _has_effect(item):
            yield _finding(item, item.compensate, "holds no step with an effect", ())


def _finding(item: Item, undo: Compensate, because: str, labels: tuple[Label, ...]) -> Diagnostic:
    return diagnostic(
        "CO002",
        undo.action.span,
        f"{item.name.text!r} {because}, so its compensation has nothing to undo.",
        help="Remove `compensate`, or remove `effect: none` if it does change something.",
        labels=labels,
        fix=without_key("compensate", item.keys["compensate"], undo.span),
    )


def _has_effect(group: Group) -> bool:
    return any(
        isinstance(item, SubSaga) or (isinstance(item, Step) and item.effect)
        for item in every_item(group.items)
    )
