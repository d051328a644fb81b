"""For which reasons an item, and the saga as a whole, may fail for good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

from .facts import ItemFacts, OnUnknown, Position, Role
from .graph import SagaGraph
from .model import (
    Fail,
    Foreach,
    Group,
    Item,
    Join,
    Parallel,
    Recover,
    Refusal,
    Repeat,
    Step,
    SubSaga,
    Wait,
)
from .records import fill
from .structure import sections

TECHNICAL = ("unknown", "timeout", "exhausted", "deadline", "cancelled")
Reasons = tuple[str, ...]
_UNKNOWN: Reasons = ("unknown",)
_SETTLED = (OnUnknown.MANUAL, OnUnknown.RETRY)
_OPTIONAL, _RETRIABLE = Role.OPTIONAL, Role.RETRIABLE


def fill_failures(facts: dict[str, ItemFacts], children: Mapping[str, SagaGraph]) -> None:
    """Fills in the reasons of each item: its own, and those of the whole of it.

    Those of a step without ``recover`` are known already (``step_failures``).
    """
    for each in reversed(facts.values()):  # members stand after what is around them
        item = each.item
        if isinstance(item, Step):
            if item.recover:
                fill(each, may_fail=_whole(each, each.own_failures, facts))
            continue
        own = _own(each, children)
        whole = _whole(each, own, facts)
        if own or whole:
            fill(each, may_fail=whole, own_failures=own)


def step_failures(
    refusals: tuple[Refusal, ...], role: Role | None, on_unknown: OnUnknown
) -> tuple[Reasons, Reasons]:
    """The reasons of a step itself, and those of the whole of it if it has no ``recover``."""
    own = tuple([each.name.text for each in refusals]) if refusals else ()
    if role is not _RETRIABLE and on_unknown not in _SETTLED:
        own += _UNKNOWN
    if role is _OPTIONAL:
        return own, ()
    return own, own if len(own) < 2 else tuple(dict.fromkeys(own))


def saga_reasons(items: Iterable[Item], facts: Mapping[str, ItemFacts]) -> Reasons:
    """Reasons for which a list of items may fail."""
    return united([facts[item.name.text].may_fail for item in items])


def united(reasons: Iterable[Reasons]) -> Reasons:
    """All of ``reasons``, each once, in their order."""
    return tuple(dict.fromkeys(chain.from_iterable(dict.fromkeys(reasons))))


def _own(facts: ItemFacts, children: Mapping[str, SagaGraph]) -> Reasons:
    item = facts.item
    after = facts.position is Position.AFTER
    match item:
        case Wait():
            ends = item.timeout is not None and item.on_timeout == "fail"
            return ("timeout",) if ends and not after else ()
        case Repeat():
            return () if after else ("exhausted",)
        case Fail():
            return (item.name.text,)
        case SubSaga():
            child = children.get(item.name.text)
            reasons = child.may_fail if child is not None else ()
            return tuple(each for each in reasons if not after or each not in TECHNICAL)
    return ()


def _whole(each: ItemFacts, own: Reasons, facts: Mapping[str, ItemFacts]) -> Reasons:
    item = each.item
    if each.role is Role.OPTIONAL:
        return ()
    if isinstance(item, Parallel | Foreach) and item.join == "settled":
        return ()
    lists = [saga_reasons(section.items, facts) for section in sections(item)]
    if isinstance(item, Parallel):
        failing = sum(1 for each in lists if each)
        return united(lists) if failing > _spare(item.join, len(lists)) else ()
    if isinstance(item, Step):
        return _recovered(item.recover, own, lists)
    if isinstance(item, Group):
        return _recovered(item.recover, lists[0], lists[1:])
    return united([own, *lists])


def _spare(join: Join, branches: int) -> int:
    """How many branches may fail before the join does."""
    if join == "any":
        return branches - 1
    return branches - join if isinstance(join, int) else 0


def _recovered(recover: tuple[Recover, ...], own: Reasons, handlers: list[Reasons]) -> Reasons:
    caught = {each.refusal.text for each in recover}
    left = () if "any" in caught else tuple(each for each in own if each not in caught)
    if not own:
        return ()
    return united([left, *handlers])
