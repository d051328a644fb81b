"""IS003 dirty-read."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.project import Access, Outline, Project
from sagac.dsl.rules.rule import Rule

HEAD = """\
saga: example
version: 1
key: ${input.id}
services: { stock: {} }
input: { id: string, sku: string }
locks: { shelf: { key: input.sku } }
steps:
  - step: ask_stock
    service: stock
    input: [sku]
    output: { left: integer }
    effect: none
LOCK  - step: reserve
    service: stock
    input: { id: "${input.id}", sku: "${input.sku}", of: "${ask_stock.left}" }
    compensate: release
"""

RULE = Rule(
    code="IS003",
    summary="A saga reads from a service what another saga may still undo.",
    why="A saga has no isolation: what its steps have done is seen by others at once, and may be"
    " taken back later. Who has read it in between has decided by something that never was. A"
    " lock that both take keeps the reader out until the other saga has ended.",
    example=HEAD.replace("LOCK", ""),
    use_instead=HEAD.replace("LOCK", "    locks: [shelf]\n"),
)


def check_project(project: Project) -> Iterator[Diagnostic]:
    """Yields a finding for each step that reads what a step may undo, with the first such step."""
    by_service: dict[str, list[tuple[Outline, Access]]] = {}
    for saga in project.distinct:
        for access in saga.undoable:
            by_service.setdefault(access.service, []).append((saga, access))
    for saga in project.distinct:
        for reading in saga.reading:
            for other, undoable in by_service.get(reading.service, [])[:MOST]:
                shared = _shared(saga, reading, other, undoable)
                if shared:
                    yield _finding(saga, reading, other, undoable, min(shared))
                    break


ANYTHING = frozenset({"id", "key", "name", "number", "value"})
MOST = 200  # steps of a service that one reading is compared with


def _shared(saga: Outline, reading: Access, other: Outline, undoable: Access) -> frozenset[str]:
    """The fields by which both may mean the same thing; empty if a lock keeps them apart.

    Two sagas of one file never have the same key, so that what holds it keeps them apart; in
    another saga a field that is only called `id` holds the key of something else.
    """
    if reading.locks & undoable.locks:
        return frozenset()
    shared, keys = reading.by & undoable.by, reading.own & undoable.own
    return shared - (keys if saga is other else keys & ANYTHING)


def _finding(
    saga: Outline, reading: Access, other: Outline, undoable: Access, field: str
) -> Diagnostic:
    name, who = reading.item.text, f"another saga of {saga.saga.text!r}"
    if saga is not other:
        who = f"the saga {other.saga.text!r}"
    return diagnostic(
        "IS003",
        reading.item.span,
        f"{name!r} may read from {reading.service!r} what {who} has done and still undoes, for the"
        f" same `{field}`.",
        help=f"Let {name!r} and {undoable.item.text!r} take one lock (`locks: {{ NAME: {{ key:"
        " EXPR } }`), or let the service hide what is not yet certain.",
        labels=(Label("may still be undone", undoable.item.span),),
    )
