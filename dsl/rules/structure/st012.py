"""ST012 shadowed-name."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.model import Foreach, Saga
from sagac.dsl.rules.places import items_of
from sagac.dsl.rules.rule import Rule
from sagac.dsl.span import Span

RULE = Rule(
    code="ST012",
    summary="The `as` name of a loop is also that of an input field or of a type.",
    why="In a list of names, `input: [sku]` means the field of the saga's input and not the element"
    " of the loop: every round would send the same one.",
    example="""\
saga: restock
version: 1
key: ${input.id}
services: { stock: {} }
input: { id: string, line: string, lines: [string] }
steps:
  - foreach: all_lines
    in: input.lines
    as: line
    steps:
      - step: order_line
        service: stock
        input: [id, line]
        compensate: cancel_line
""",
    use_instead="""\
saga: restock
version: 1
key: ${input.id}
services: { stock: {} }
input: { id: string, line: string, lines: [string] }
steps:
  - foreach: all_lines
    in: input.lines
    as: each_line
    steps:
      - step: order_line
        service: stock
        input: { id: "${input.id}", line: "${each_line}" }
        compensate: cancel_line
""",
)


def check_saga(saga: Saga) -> Iterator[Diagnostic]:
    """Yields a finding for each loop whose variable is called as something else is.

    That it is called as an item or as an outer variable is refused before (NA002).
    """
    known: dict[str, tuple[str, Span]] = {}
    for name, span in saga.type_names.items():
        known[name] = ("type", span)
    for field in saga.input.fields:
        known[field.name] = ("input", field.span)
    for item in items_of(saga):
        if isinstance(item, Foreach) and item.variable and item.variable.text in known:
            yield _finding(item, item.variable.text, item.variable.span, *known[item.variable.text])


def _finding(loop: Foreach, name: str, span: Span, what: str, other: Span) -> Diagnostic:
    if what == "input":
        where = "is a field of the saga's input too"
        why = f": in a list of names `[{name}]` means that field, the same in every round"
    else:
        where, why = "is a type too", ", and a reader takes one for the other"
    return diagnostic(
        "ST012",
        span,
        f"`{name}`, the element of {loop.name.text!r}, {where}{why}.",
        help=f"Call the element something else, such as `each_{name}`.",
        labels=(Label("the other meaning", other),),
    )
