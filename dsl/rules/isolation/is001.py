"""IS001 branches-under-one-lock."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.model import Item, Name, Parallel, Saga, Step, Undo
from sagac.dsl.rules.places import every_item, items_of
from sagac.dsl.rules.rule import Rule

HEAD = """\
saga: example
version: 1
key: ${input.id}
services: { shop: {}, stock: {} }
input: { id: string }
locks: { order: { key: input.id } }
steps:
"""
FIRST = """\
- step: change_lines
  service: shop
  input: [id]
  locks: [order]
  compensate: change_lines_back
"""
SECOND = """\
- step: change_stock
  service: stock
  input: [id]
  locks: [order]
  compensate: change_stock_back
"""


def _indented(text: str, depth: int) -> str:
    return "".join(f"{' ' * depth}{line}\n" for line in text.splitlines())


RULE = Rule(
    code="IS001",
    summary="Branches that run side by side take the same lock.",
    why="A lock keeps other sagas away. A saga does not conflict with itself, so its own branches"
    " both get the lock and run at the same time, over the same thing.",
    example=f"{HEAD}  - parallel: changes\n    branches:\n"
    f"      lines:\n{_indented(FIRST, 8)}      stock:\n{_indented(SECOND, 8)}",
    use_instead=HEAD + _indented(FIRST + SECOND, 2),
)


def check_saga(saga: Saga) -> Iterator[Diagnostic]:
    """Yields a finding for each lock that two branches of a parallel take, at its second place."""
    if not saga.locks:
        return
    for item in items_of(saga):
        if isinstance(item, Parallel):
            yield from _shared(item)


def _shared(fork: Parallel) -> Iterator[Diagnostic]:
    first: dict[str, tuple[int, Name]] = {}
    told: set[str] = set()
    for number, branch in enumerate(fork.branches):
        for name in _locks(branch.items):
            other, place = first.setdefault(name.text, (number, name))
            if other != number and name.text not in told:
                told.add(name.text)
                yield _finding(fork, name, place)


def _locks(items: tuple[Item, ...]) -> Iterator[Name]:
    for item in every_item(items):
        if isinstance(item, Step | Undo):
            yield from item.locks


def _finding(fork: Parallel, second: Name, first: Name) -> Diagnostic:
    return diagnostic(
        "IS001",
        second.span,
        f"Two branches of {fork.name.text!r} take the lock {second.text!r}, but a saga does not"
        " conflict with itself: they run at the same time all the same.",
        help="Put the steps one after another if they must not meet; else take the lock once, in a"
        f" step before {fork.name.text!r}.",
        labels=(
            Label("taken in another branch too", first.span),
            Label("runs them side by side", fork.name.span),
        ),
    )
