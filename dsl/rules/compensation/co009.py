"""CO009 compensation-gives-up."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic
from sagac.dsl.model import Group, Item, Retry, Saga, Step, Undo
from sagac.dsl.rules.places import items_of
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="CO009",
    summary="A compensation is tried a few times only.",
    why="Once the attempts are used up the saga is STUCK, half undone, until a person decides. An"
    " outage of minutes is enough for that; without a bound the undo waits until it is over.",
    example="""\
- step: charge_card
  service: payment
  input: [id]
  compensate:
    action: refund_card
    input: [id]
    retry: { attempts: 5, initial: 1s }
""",
    use_instead="""\
- step: charge_card
  service: payment
  input: [id]
  compensate:
    action: refund_card
    input: [id]
    retry: { attempts: forever, initial: 1s, max: 5m }
""",
    local=True,
)
UNDONE = (Step, Group)


def check_saga(saga: Saga) -> Iterator[Diagnostic]:
    """Yields a finding for each undo with a number of attempts.

    Who writes `on_failure: continue` has said what is to happen when it gives up.
    """
    for item in items_of(saga):
        name, retry, on_failure = _undo(item)
        if retry is None or on_failure == "continue":
            continue
        if retry.attempts is not None and "attempts" in retry.written:
            yield _finding(item, name, retry)


def _undo(item: Item) -> tuple[str, Retry | None, str | None]:
    if isinstance(item, Undo):
        return item.name.text, item.retry, item.on_failure
    if isinstance(item, UNDONE) and item.compensate is not None:
        undo = item.compensate
        return undo.action.text, undo.retry, undo.on_failure
    return "", None, None


def _finding(item: Item, name: str, retry: Retry) -> Diagnostic:
    times = "a single attempt" if retry.attempts == 1 else f"{retry.attempts} attempts"
    return diagnostic(
        "CO009",
        retry.span or item.name.span,
        f"The compensation {name!r} gives up after {times}: the saga is then STUCK, half undone,"
        " until a person decides.",
        help="Write `attempts: forever` (the default of a compensation) with a `max` pause, or say"
        " `on_failure: continue` if the rest is to be undone without it.",
    )
