"""IS004 lost-update."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.graph import SagaGraph
from sagac.dsl.lost_updates import LostUpdate, lost_updates
from sagac.dsl.rules.rule import Rule

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


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    """Yields a finding for each write that rests on a read without a lock, with that read."""
    for lost in lost_updates(graph):
        yield _finding(lost)


def _finding(lost: LostUpdate) -> Diagnostic:
    name, read = lost.writer.name.text, lost.reader.name.text
    locked = "the lock is taken after the read" if lost.late else "no lock is held"
    return diagnostic(
        "IS004",
        lost.place,
        f"{name!r} writes `{lost.field}` back as {read!r} has read it, and {locked}: what another"
        " saga writes in between is lost.",
        help=f"Take a lock in {read!r} (`locks: [NAME]`); or let {lost.service!r} change the value"
        " itself, given the difference.",
        labels=(
            Label("read here", lost.reader.name.span),
            Label("written back here", lost.writer.name.span),
        ),
    )
