"""IS004 lost-update."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.facts import ItemFacts, Reach
from sagac.dsl.graph import SagaGraph
from sagac.dsl.held_locks import held
from sagac.dsl.model import Step
from sagac.dsl.reach import reads
from sagac.dsl.rules.rule import Rule
from sagac.dsl.rules.values import walk
from sagac.dsl.syntax import Binary, Value

HEAD = """\
saga: example
version: 1
key: ${input.id}
services: { bank: {} }
input: { id: string, account: string, amount: decimal }
locks: { account: { key: input.account, conflict: wait } }
steps:
  - step: read_balance
    service: bank
    input: [account]
    output: { balance: decimal }
    effect: none
LOCK  - step: write_balance
    service: bank
    input:
      account: ${input.account}
      balance: ${read_balance.balance - input.amount}
    compensate: write_balance_back
"""

RULE = Rule(
    code="IS004",
    summary="A step writes back what it has computed from an earlier read, and no lock is held.",
    why="Between the read and the write another saga may write the same thing. Its change is then"
    " overwritten as if it had never been.",
    example=HEAD.replace("LOCK", ""),
    use_instead=HEAD.replace("LOCK", "    locks: [account]\n"),
)
WRITING = frozenset(
    ["set", "update", "write", "save", "store", "put", "replace", "overwrite", "change", "adjust"]
)


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each write that rests on a read without a lock, with that read."""
    readers = {
        name: facts
        for name, facts in graph.facts.items()
        if isinstance(facts.item, Step) and not facts.effect and facts.output_type.fields
    }
    if not readers:
        return
    locks = held(graph)
    for facts in graph.facts.values():
        if not isinstance(facts.item, Step) or not facts.effect:
            continue
        for field, reach in _written_back(facts, readers):
            if not locks.get(reach.root):
                yield _finding(facts, readers[reach.root], field, reach, bool(facts.item.locks))
                break


def _written_back(facts: ItemFacts, readers: dict[str, ItemFacts]) -> Iterator[tuple[str, Reach]]:
    """The fields of a step's request that come from a read of the same thing, and that read."""
    for field, value in facts.input.items():
        for reach in reads(value):
            reader = readers.get(reach.root)
            if reader is None or reader.service != facts.service or not reach.path:
                continue
            same = field == reach.path[-1]
            if _same_thing(facts, reader) and (
                _computed(value, reach.root) or (same and _overwrites(facts.action))
            ):
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


def _overwrites(action: str) -> bool:
    return action.lower().split("_")[0] in WRITING


def _finding(
    facts: ItemFacts, reader: ItemFacts, field: str, reach: Reach, late: bool
) -> Diagnostic:
    name, read = facts.item.name.text, reader.item.name.text
    locked = "the lock is taken after the read" if late else "no lock is held"
    return diagnostic(
        "IS004",
        reach.span,
        f"{name!r} writes `{field}` back as {read!r} has read it, and {locked}: what another saga"
        " writes in between is lost.",
        help=f"Take a lock in {read!r} (`locks: [NAME]`); or let {facts.service!r} change the value"
        " itself, given the difference.",
        labels=(
            Label("read here", reader.item.name.span),
            Label("written back here", facts.item.name.span),
        ),
    )
