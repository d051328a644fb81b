"""ST008 unused-output."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Step
from sagac.dsl.rules.rule import Rule
from sagac.dsl.rules.texts import texts
from sagac.dsl.rules.uses import Outputs
from sagac.dsl.types import Field

RULE = Rule(
    code="ST008",
    summary="A step gives something that nothing reads.",
    why="Its service has to make it and the saga has to keep it, for nobody. Often the reader is"
    " what was forgotten: a compensation with an input of its own that leaves out the id.",
    example="""\
- step: reserve_stock
  service: stock
  input: [id]
  output: { reservation: string }
  compensate: { action: release_stock, input: [id] }
""",
    use_instead="""\
- step: reserve_stock
  service: stock
  input: [id]
  output: { reservation: string }
  compensate: { action: release_stock, input: [id, reserve_stock.reservation] }
""",
    of_absence=True,
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each step with fields in its ``output`` that nobody reads.

    Uses of one action have one output, so what one of them needs all of them have.
    """
    outputs = Outputs(graph)
    read: dict[tuple[str, str], set[str]] = {}
    for name, facts in graph.facts.items():
        fields = facts.output_type.fields
        if fields and isinstance(facts.item, Step):
            known = read.setdefault((facts.service, facts.action), set())
            known.update(each.name for each in fields if outputs.reads_field(name, each.name))
    named: set[str] | None = None  # by a text: it was meant to be read, which is DA007
    for facts in graph.facts.values():
        step = facts.item
        if isinstance(step, Step) and step.output is not None and step.output.fields:
            known = read[(facts.service, facts.action)]
            unread = [each for each in step.output.fields if each.name not in known]
            if unread and named is None:
                named = {each.text for each in texts(graph)}
            own = {f"{step.name.text}.{each.name}" for each in unread}
            if unread and own.isdisjoint(named or ()):
                yield _finding(step, *unread)


def _finding(step: Step, first: Field, *others: Field) -> Diagnostic:
    names = ", ".join(f"`{each.name}`" for each in (first, *others))
    return diagnostic(
        "ST008",
        first.span,
        f"Nothing reads {names} of {step.name.text!r}: no later item, no compensation, not the"
        " output of the saga.",
        help="Remove it from `output`, or read it where it was meant for"
        f" (`{step.name.text}.{first.name}`).",
        labels=tuple(Label("nor this", each.span) for each in others),
    )
