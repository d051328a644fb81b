"""ST005 unused-service."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic
from sagac.dsl.model import Saga
from sagac.dsl.rules.rule import Rule
from sagac.dsl.rules.uses import unused, used_services

RULE = Rule(
    code="ST005",
    summary="A service is declared and nothing uses it.",
    why="Who reads the file takes it for a participant that has to be asked and deployed. Often a"
    " step that should call it was forgotten, or names another service.",
    example="""\
saga: purchase
version: 1
key: ${input.id}
services: { stock: {}, payment: {} }
input: { id: string }
steps:
  - step: reserve_stock
    service: stock
    input: [id]
    compensate: release_stock
""",
    use_instead="""\
saga: purchase
version: 1
key: ${input.id}
services: { stock: {} }
input: { id: string }
steps:
  - step: reserve_stock
    service: stock
    input: [id]
    compensate: release_stock
""",
    of_absence=True,
)


def check_saga(saga: Saga) -> Iterator[Diagnostic]:
    """Yields a finding for each service that no item, event or start names."""
    for name in unused(saga.services, used_services(saga)):
        yield diagnostic(
            "ST005",
            saga.services[name].name.span,
            f"The service {name!r} takes no part: no step, compensation, wait or event names it.",
            help="Remove it, or name it as `service` of the step that should call it.",
        )
