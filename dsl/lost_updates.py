"""Steps that write back what they have computed from an earlier read, without a lock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .facts import ItemFacts, Reach
from .graph import SagaGraph
from .held_locks import held
from .model import Item, Step
from .reach import reads
from .span import Span
from .syntax import Binary, Value
from .values import walk

WRITING = frozenset(
    ["set", "update", "write", "save", "store", "put", "replace", "overwrite", "change", "adjust"]
)
# What is asked for to be used, not to be written back: a price is charged, not overwritten.
PRICES = frozenset(["total", "price", "amount", "cost", "fee", "sum", "rate"])


class LostUpdate(NamedTuple):
    """A write that rests on a read; ``late``: a lock is taken, but only after the read."""

    reader: Item
    writer: Item
    service: str
    field: str
    place: Span  # where the write uses what was read
    late: bool


def lost_updates(graph: SagaGraph) -> Iterator[LostUpdate]:
    """Each write that rests on a read of the same thing without a lock, with that read."""
    readers = {
        name: facts
        for name, facts in graph.facts.items()
        if isinstance(facts.item, Step) and not facts.effect and facts.output_type.fields
    }
    if not readers:
        return
    locks = held(graph)
    for facts in graph.facts.values():
        item = facts.item
        if not isinstance(item, Step) or not facts.effect:
            continue
        for field, reach in _written_back(facts, readers):
            if not locks.get(reach.root):
                reader = readers[reach.root].item
                late = bool(item.locks)
                yield LostUpdate(reader, item, facts.service, field, reach.span, late)
                break


def _written_back(facts: ItemFacts, readers: dict[str, ItemFacts]) -> Iterator[tuple[str, Reach]]:
    """The fields of a step's request that come from a read of the same thing, and that read."""
    for field, value in facts.input.items():
        for reach in reads(value):
            reader = readers.get(reach.root)
            if reader is None or reader.service != facts.service or not reach.path:
                continue
            if _names_the_same(field, reach.path[-1]) and _same_thing(facts, reader):
                computed = _computed(value, reach.root)
                if _overwrites(facts.action, field) or (computed and field not in PRICES):
                    yield field, reach


def _same_thing(facts: ItemFacts, reader: ItemFacts) -> bool:
    """Whether both requests tell by the same value what they are about."""
    told = {_paths(value) for value in reader.input.values()} - {frozenset()}
    return any(_paths(value) in told for value in facts.input.values())


def _paths(value: Value) -> frozenset[tuple[str, tuple[str, ...]]]:
    return frozenset((each.root, each.path) for each in reads(value))


def _computed(value: Value, root: str) -> bool:
    """Whether a value is calculated from what ``root`` gave."""
    return any(
        isinstance(each, Binary) and any(found.root == root for found in reads(each))
        for each in walk(value)
    )


def _names_the_same(written: str, read: str) -> bool:
    """Whether a field is the one that was read: ``balance``, ``new_balance``."""
    return written == read or written.endswith(f"_{read}")


def _overwrites(action: str, field: str) -> bool:
    """Whether an action puts a new value in the place of the old one: ``set_balance``."""
    verb, *what = action.lower().split("_")
    return verb in WRITING and bool(set(what) & set(field.lower().split("_")))
