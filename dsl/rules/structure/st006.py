"""ST006 unused-type."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic
from sagac.dsl.model import Saga
from sagac.dsl.rules.rule import Rule
from sagac.dsl.rules.uses import names, unused, used_types

RULE = Rule(
    code="ST006",
    summary="A type is declared and nothing uses it.",
    why="It looks as if it were checked somewhere, and it is not: often a field was meant to have"
    " this type and is `string` or `any` instead.",
    example="""\
saga: purchase
version: 1
key: ${input.id}
services: { stock: {} }
types:
  Line: { sku: string, quantity: integer }
input: { id: string, lines: [any] }
steps:
  - step: reserve_stock
    service: stock
    input: [id, lines]
    compensate: release_stock
""",
    use_instead="""\
saga: purchase
version: 1
key: ${input.id}
services: { stock: {} }
types:
  Line: { sku: string, quantity: integer }
input: { id: string, lines: [Line] }
steps:
  - step: reserve_stock
    service: stock
    input: [id, lines]
    compensate: release_stock
""",
    of_absence=True,
)


def check_saga(saga: Saga) -> Iterator[Diagnostic]:
    """Yields a finding for each type that no input, output, refusal or event leads to.

    Of unused types that hold each other only the outermost is reported.
    """
    if not saga.types:
        return
    found = list(unused(saga.types, used_types(saga)))
    covered: set[str] = set()
    for name in found:
        covered.update(inner for inner in names(saga.types[name]) if inner != name)
    alone = [name for name in found if name not in covered]
    for name in alone or found[:1]:
        yield diagnostic(
            "ST006",
            saga.type_names.get(name, saga.name.span),
            f"The type {name!r} is used by nothing: no input, output, refusal or event has it.",
            help=f"Remove it, or write `{name}` where values of this type are meant.",
        )
