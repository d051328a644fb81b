"""ST013 one-branch-parallel."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.model import Parallel, Saga
from sagac.dsl.rules.places import items_of
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="ST013",
    summary="A `parallel` has one branch only.",
    why="Nothing runs side by side: either a branch was forgotten, or the items of the one branch"
    " may as well stand in the list around it.",
    example="""\
- parallel: prepare
  branches:
    goods:
      - step: reserve_stock
        service: stock
        input: [id]
        compensate: release_stock
""",
    use_instead="""\
- step: reserve_stock
  service: stock
  input: [id]
  compensate: release_stock
""",
    local=True,
)


def check_saga(saga: Saga) -> Iterator[Diagnostic]:
    """Yields a finding for each parallel with a single branch.

    One that is settled keeps a failure inside, which makes sense for one branch too.
    """
    for item in items_of(saga):
        if isinstance(item, Parallel) and len(item.branches) == 1 and item.join != "settled":
            branch = item.branches[0].name
            yield diagnostic(
                "ST013",
                item.name.span,
                f"{item.name.text!r} has one branch only, so nothing in it runs side by side.",
                help=f"Add the branch that is missing, or write the items of {branch.text!r} in"
                f" place of {item.name.text!r}.",
                labels=(Label("the only branch", branch.span),),
            )
