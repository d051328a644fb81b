"""What services cannot do without a coordinator: findings with the mend, instead of code."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.facts import OnUnknown, Position, Reach, Role
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Foreach, Group, Item, Name, Parallel, Step, SubSaga, Wait
from sagac.dsl.reach import reads
from sagac.generators.python.catalogue import family

_FLAT = (Step, Wait, SubSaga, Foreach, Parallel)


def check(graph: SagaGraph) -> tuple[Diagnostic, ...]:
    """All that stands in the way of a choreography of ``graph``; empty if nothing does."""
    found: list[Diagnostic] = []
    for rule in (_locks, _children, _group_undo, _whole, _keys, _optional):
        found += rule(graph)
    return tuple(dict.fromkeys(found))


def _locks(graph: SagaGraph) -> Iterator[Diagnostic]:
    """CH001: a lock lies with one service, which says who has it."""
    first: dict[str, tuple[str, Name]] = {}
    for each in family(graph):
        for facts in each.facts.values():
            for lock in getattr(facts.item, "locks", ()):
                service, taken = first.setdefault(lock.text, (facts.service, lock))
                if service != facts.service:
                    yield diagnostic(
                        "CH001",
                        lock.span,
                        f"The lock `{lock}` is taken by `{facts.service}` here and by `{service}`"
                        " elsewhere; no service would know of both.",
                        help=f"Let one step of `{service}` take it before them, or run the saga"
                        " with `--style orchestration`.",
                        labels=(Label(f"taken by {service}", taken.span),),
                    )


def _children(graph: SagaGraph) -> Iterator[Diagnostic]:
    """CH004: a saga that is used has no person of its own."""
    for each in family(graph):
        for facts in each.facts.values():
            item = facts.item
            child = each.children.get(item.name.text) if isinstance(item, SubSaga) else None
            if child is None:
                continue
            if facts.position is Position.AFTER and child.may_fail:
                yield diagnostic(
                    "CH004",
                    item.name.span,
                    f"`{item.name}` stands after the point of no return, and the saga that it uses"
                    f" may fail ({', '.join(child.may_fail)}); its services would go back.",
                    help="Use it before the pivot, or let all its steps be `role: retriable`.",
                )


def _group_undo(graph: SagaGraph) -> Iterator[Diagnostic]:
    """CH005: the service that undoes a group has begun it, and has not seen what it gave."""
    for each in family(graph):
        for name, facts in each.facts.items():
            if not isinstance(facts.item, Group):
                continue
            for reach in facts.undo_reads:
                inner = each.facts.get(reach.root)
                if inner is not None and name in inner.parents:
                    yield diagnostic(
                        "CH005",
                        reach.span,
                        f"The compensation of `{name}` reads what its member `{reach.root}` gave;"
                        f" `{facts.service}`, where the group begins, has not heard of that.",
                        help=f"Let `{reach.root}` have a compensation of its own, or find it by a"
                        " key that was known before the group.",
                    )


def _whole(graph: SagaGraph) -> Iterator[Diagnostic]:
    """CH006: events carry single values, so these are what can be read."""
    for each in family(graph):
        for reach in _reads(each):
            wanted = _too_wide(each, reach)
            if wanted is not None:
                read = ".".join((reach.root, *reach.path))
                yield diagnostic(
                    "CH006",
                    reach.span,
                    f"`{read}` stands for several values; events carry those that are named.",
                    help=wanted,
                )


def _too_wide(graph: SagaGraph, reach: Reach) -> str | None:
    """What to write instead of a record of values; None if it is one value."""
    item = graph.facts[reach.root].item if reach.root in graph.facts else None
    depth = len(reach.path)
    if item is None:
        wide = reach.root in ("input", "saga") and not depth
        return f"Name its fields: `{reach.root}.FIELD`." if wide else None
    if not isinstance(item, _FLAT):
        return None
    if isinstance(item, Foreach) and depth:
        inner = graph.facts.get(reach.path[0])
        if inner is not None and isinstance(inner.item, Foreach):
            return (
                f"What `{inner.item.name}` gave is known inside `{item.name}` only: use it there."
            )
    least = 1
    if isinstance(item, Parallel) or (
        isinstance(item, Foreach) and reach.path[:1] != ("outcomes",)
    ):
        least = 2
    return "Name its fields, each by itself." if depth < least else None


def _keys(graph: SagaGraph) -> Iterator[Diagnostic]:
    """CH007: a saga that is used runs under the key of the one that uses it."""
    for child in family(graph)[1:]:
        for reach in _reads(child):
            if (reach.root, *reach.path) == ("saga", "key"):
                yield diagnostic(
                    "CH007",
                    reach.span,
                    f"`{child.saga.name}` reads its own `saga.key`; in a choreography a saga that"
                    " is used has none of its own.",
                    help="Read what the key is made of: `input.FIELD`.",
                )


def _optional(graph: SagaGraph) -> Iterator[Diagnostic]:
    """CH008: what was perhaps done must be undone before the saga goes on, by the same service."""
    for each in family(graph):
        for facts in each.facts.values():
            undo = facts.compensation
            unsure = facts.role is Role.OPTIONAL and facts.on_unknown is OnUnknown.COMPENSATE
            if unsure and undo is not None and undo.service != facts.service:
                yield diagnostic(
                    "CH008",
                    undo.span,
                    f"`{facts.item.name}` is optional and undone by `{undo.service}`; when nobody"
                    f" knows its outcome, `{facts.service}` cannot go on before that is done.",
                    help=f"Let `{facts.service}` undo it, or say `on_unknown: query`.",
                )


def _items(graph: SagaGraph) -> Iterator[Item]:
    for each in family(graph):
        yield from (facts.item for facts in each.facts.values())


def _reads(graph: SagaGraph) -> Iterator[Reach]:
    for facts in graph.facts.values():
        yield from facts.reads
        for value in facts.input.values():
            yield from reads(value)
        undo = facts.compensation
        if undo is not None:
            for each in (*undo.input.values(), undo.when):
                yield from reads(each)
    yield from reads(graph.saga.output)
    for lock in graph.saga.locks.values():
        yield from reads(lock.key)
