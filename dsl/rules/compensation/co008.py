"""CO008 undo-needs-own-output."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.facts import ItemFacts, OnUnknown
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Compensate, Step
from sagac.dsl.reach import reads
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="CO008",
    summary="A compensation is given nothing but what its own step gives.",
    why="After a crash or a timeout nobody knows whether the step took effect, and its output never"
    " came. The compensation is called all the same, with nothing that says what to undo, and the"
    " effect stays.",
    example="""\
- step: reserve_stock
  service: stock
  input: [id]
  output: { reservation: string }
  compensate: { action: release_stock, input: [reserve_stock.reservation] }
""",
    use_instead="""\
- step: reserve_stock
  service: stock
  input: [id]
  output: { reservation: string }
  compensate: { action: release_stock, input: [id, reserve_stock.reservation] }
""",
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each step whose undo reads its own output and nothing else."""
    for name, facts in graph.facts.items():
        step = facts.item
        if not isinstance(step, Step) or step.compensate is None or not facts.effect:
            continue
        if facts.on_unknown is OnUnknown.COMPENSATE and _reads_only(facts, name):
            yield _finding(step, step.compensate, facts)


def _reads_only(facts: ItemFacts, name: str) -> bool:
    undo = facts.compensation
    if facts.undo_reads is facts.reads:  # nearly always: it is given what the step is given
        return False
    others = [reach for reach in facts.undo_reads if reach.root != name]
    if others and undo is not None and undo.when is None:
        return False
    if all(reach.root != name for reach in facts.undo_reads):
        return False
    read = (reach for value in undo.input.values() for reach in reads(value)) if undo else ()
    return {reach.root for reach in read if reach.path[:1] != ("failure",)} == {name}


def _finding(step: Step, written: Compensate, facts: ItemFacts) -> Diagnostic:
    name = step.name.text
    names = [
        key
        for key, value in (facts.compensation.input if facts.compensation else {}).items()
        if reads(value)
    ]
    given = ", ".join(f"`{each}`" for each in names)
    output = [field for field in (step.output.fields if step.output else ()) if field.name in names]
    known = next(iter(facts.input), None)
    more = f" what the step was given, such as `{known}`" if known else " `saga.key`"
    return diagnostic(
        "CO008",
        written.action.span,
        f"The compensation {written.action.text!r} is given {given} of {name!r} only, which is"
        " absent after an unknown outcome: then it cannot tell what to undo.",
        help=f"Give it{more} as well; or let the outcome be settled first (`on_unknown: query`).",
        labels=tuple(Label("known only when the step is done", field.span) for field in output[:3]),
    )
