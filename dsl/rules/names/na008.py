"""NA008 signature-differs-across-sagas."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.project import Called, Outline, Project, Shape
from sagac.dsl.rules.rule import Rule

from .na006 import ONE

OTHER = (
    ONE.replace("order", "renewal")
    .replace("id: string", "id: string, amount: decimal")
    .replace("input: [id]", "input: [id, amount]")
)

RULE = Rule(
    code="NA008",
    summary="Two sagas call one action of a service with different inputs, outputs or refusals.",
    why="An action is one method of its service, shared by all sagas. It cannot take and give two"
    " different things; one of the sagas would fail when it comes to this step.",
    example=ONE + OTHER,
    use_instead=ONE
    + OTHER.replace("step: charge", "step: charge_renewal").replace("refund", "refund_renewal"),
)


def check_project(project: Project) -> Iterator[Diagnostic]:
    """Yields a finding for each action that an earlier saga sees differently."""
    first: dict[tuple[str, str], tuple[Outline, Called]] = {}
    for saga in project.distinct:
        told = set[str]()  # what is said of a step is not said of its compensation again
        for call in saga.calls:
            other, known = first.setdefault((call.service, call.action), (saga, call))
            why = _difference(known, call) if other is not saga else None
            if why is not None and not (call.refusals is None and _field_of(why) in told):
                told.add(_field_of(why))
                yield _finding(saga, call, other, known, why)


def _field_of(why: str) -> str:
    """The field of which a difference speaks."""
    return why.partition("`")[2].partition("`")[0].rstrip("?")


def _difference(one: Called, other: Called) -> str | None:
    for part, mine, its in (
        ("input", other.input, one.input),
        ("output", other.output, one.output),
    ):
        field = _field(mine, its)
        if field is not None:
            return f"{part} {field}"
    if one.refusals is not None and other.refusals is not None and one.refusals != other.refusals:
        names = ", ".join(sorted(one.refusals ^ other.refusals))
        return f"refusals: {names} is not the same in both"
    return None


def _field(here: Shape, there: Shape) -> str | None:
    for name in sorted({*here, *there}):
        mine, its = here.get(name), there.get(name)
        if mine != its:
            return f"`{name}` is {mine or 'missing'} here and {its or 'missing'} there"
    return None


def _finding(saga: Outline, call: Called, other: Outline, known: Called, why: str) -> Diagnostic:
    return diagnostic(
        "NA008",
        call.span,
        f"{call.action!r} of {call.service!r} is not the same in {saga.saga.text!r} and"
        f" {other.saga.text!r} ({why}), but it is one method for both.",
        help="Let both call it in the same way, or give one of them an action of its own.",
        labels=(Label(f"in the saga {other.saga.text!r}", known.span),),
    )
