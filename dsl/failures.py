"""For which reasons an item, and the saga as a whole, may fail for good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .facts import ItemFacts, OnUnknown, Position, Role
from .graph import SagaGraph
from .model import Fail, Foreach, Group, Item, Join, Parallel, Recover, Repeat, Step, SubSaga, Wait
from .records import fill
from .structure import Section, sections

TECHNICAL = ("unknown", "timeout", "exhausted", "deadline", "cancelled")
Reasons = tuple[str, ...]


def fill_failures(facts: Mapping[str, ItemFacts], children: Mapping[str, SagaGraph]) -> None:
    """Fills in the reasons of each item: its own, and those of the whole of it."""
    whole: dict[str, Reasons] = {}
    for name, each in reversed(list(facts.items())):  # members stand after what is around them
        own = _own(each, children)
        whole[name] = _whole(each, own, whole)
        if own or whole[name]:
            fill(each, may_fail=whole[name], own_failures=own)


def saga_reasons(items: Iterable[Item], facts: Mapping[str, ItemFacts]) -> Reasons:
    """Reasons for which a list of items may fail."""
    return united(facts[item.name.text].may_fail for item in items)


def united(reasons: Iterable[Reasons]) -> Reasons:
    """All of ``reasons``, each once, in their order."""
    return tuple(dict.fromkeys(reason for each in reasons for reason in each))


def _own(facts: ItemFacts, children: Mapping[str, SagaGraph]) -> Reasons:
    item = facts.item
    after = facts.position is Position.AFTER
    match item:
        case Step():
            return _step(facts)
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


def _step(facts: ItemFacts) -> Reasons:
    refusals = tuple([each.name.text for each in facts.refusals])
    if facts.role is Role.RETRIABLE:
        return refusals
    settled = facts.on_unknown in (OnUnknown.MANUAL, OnUnknown.RETRY)
    return refusals if settled else (*refusals, "unknown")


def _whole(facts: ItemFacts, own: Reasons, whole: Mapping[str, Reasons]) -> Reasons:
    item = facts.item
    if facts.role is Role.OPTIONAL:
        return ()
    if isinstance(item, Parallel | Foreach) and item.join == "settled":
        return ()
    if isinstance(item, Step) and not item.recover:
        return own if len(own) < 2 else tuple(dict.fromkeys(own))
    lists = [_members(section, whole) for section in sections(item)]
    if isinstance(item, Parallel):
        failing = sum(1 for each in lists if each)
        return united(lists) if failing > _spare(item.join, len(lists)) else ()
    if isinstance(item, Step):
        return _recovered(item.recover, own, lists)
    if isinstance(item, Group):
        return _recovered(item.recover, lists[0], lists[1:])
    return united([own, *lists])


def _members(section: Section, whole: Mapping[str, Reasons]) -> Reasons:
    return united(whole.get(item.name.text, ()) for item in section.items)


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
