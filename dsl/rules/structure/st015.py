"""ST015 unused-lock."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic
from sagac.dsl.model import Saga, Step, Undo
from sagac.dsl.rules.places import items_of
from sagac.dsl.rules.rule import Rule

EXAMPLE = """\
saga: purchase
version: 1
key: ${input.id}
services: { stock: {} }
input: { id: string, sku: string }
locks:
  article: { key: input.sku, conflict: wait }
steps:
  - step: reserve_stock
    service: stock
    input: [id, sku]
    compensate: release_stock
"""

RULE = Rule(
    code="ST015",
    summary="A lock is declared and no step takes it.",
    why="A declaration alone protects nothing: two sagas change the same thing at the same time,"
    " and whoever reads the file believes that they cannot.",
    example=EXAMPLE,
    use_instead=EXAMPLE.replace("    compensate:", "    locks: [article]\n    compensate:"),
    of_absence=True,
)


def check_saga(saga: Saga) -> Iterator[Diagnostic]:
    """Yields a finding for each lock that no item takes."""
    if not saga.locks:
        return
    taken = {
        lock.text for item in items_of(saga) if isinstance(item, Step | Undo) for lock in item.locks
    }
    for name, lock in saga.locks.items():
        if name not in taken:
            yield diagnostic(
                "ST015",
                lock.name.span,
                f"No step takes the lock {name!r}, so it protects nothing.",
                help=f"Write `locks: [{name}]` on the step that it is to guard, or remove it.",
            )
