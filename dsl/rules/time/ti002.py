"""TI002 call-without-timeout."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.model import Item, Saga, Step
from sagac.dsl.rules.compensation.co010 import without_timeout
from sagac.dsl.rules.places import items_of
from sagac.dsl.rules.rule import Rule
from sagac.dsl.rules.times import ASSUMED

EXAMPLE = """\
saga: example
version: 1
key: ${input.id}
services: { stock: {} }
input: { id: string }
steps:
  - step: reserve_stock
    service: stock
    input: [id]
    compensate: release_stock
"""

RULE = Rule(
    code="TI002",
    summary="A step is called without a time limit of its own, and the file has no default.",
    why="Then an attempt may take 30 seconds. That may be far too long for a look-up and too short"
    " for a slow partner, whose late answer then counts as unknown. Whoever reads the file should"
    " see how long a call may take.",
    example=EXAMPLE,
    use_instead=EXAMPLE.replace("steps:", "defaults: { timeout: 5s }\nsteps:"),
)
MOST = 5  # further steps that are pointed at


def check_saga(saga: Saga) -> Iterator[Diagnostic]:
    """Yields one finding for all steps, and compensations, of a saga that have no time limit."""
    if saga.timeout is not None:
        return
    steps = [each for each in items_of(saga) if isinstance(each, Step) and not each.timeout]
    if not steps:
        return
    first, others = steps[0].name, len(steps) - 1
    undos = sum(1 for _ in without_timeout(saga))
    counted = (_counted(others, "more step"), _counted(undos, "compensation"))
    *most, last = [repr(first.text), *filter(None, counted)]
    who = f"{', '.join(most)} and {last} have" if most else f"{last} has"
    yield diagnostic(
        "TI002",
        first.span,
        f"{who} no timeout, so each attempt may take {ASSUMED}, whether or not that fits the"
        " service.",
        help="Say it for all (`defaults: { timeout: 10s }`), or with `timeout` on the step.",
        labels=tuple(_label(each) for each in steps[1 : MOST + 1]),
    )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number > 1 else ''}" if number else ""


def _label(step: Item) -> Label:
    return Label("no timeout either", step.name.span)
