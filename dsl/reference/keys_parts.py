"""The keys of the parts of items: retries, compensations, events, cases, ways out of a race."""

from __future__ import annotations

from .key import Key

RETRY = {
    "attempts": Key(
        "attempts",
        "How often an action is tried, the first call included.",
        "5",
        default="3",
    ),
    "backoff": Key(
        "word backoff",
        "How the pause grows: it stays (`constant`), grows by `initial` each time (`linear`) or"
        " doubles (`exponential`).",
        "linear",
        default="exponential",
    ),
    "initial": Key("duration", "The pause after the first attempt.", "200ms", default="1s"),
    "max": Key(
        "duration",
        "The longest pause.",
        "30s",
        without="no limit; `5m` for what is retried for ever",
    ),
    "jitter": Key(
        "word jitter",
        "`full` waits a random part of the pause, so that callers do not come back together.",
        "full",
        default="none",
    ),
}

COMPENSATE = {
    "action": Key("name", "The action that takes the effect back.", "refund_payment"),
    "service": Key(
        "service",
        "Who does it. A group has no service of its own and must name one.",
        "treasury",
        without="the service of the step",
    ),
    "input": Key(
        "input",
        "What the action gets. The step's own output is optional here: after an unknown outcome"
        " nobody knows it.",
        "[order_id, charge_payment.payment_id]",
        without="the step's input, and its output if it is known (of these what the service"
        " declares for the action, if it does); of a group: nothing",
    ),
    "retry": Key(
        "retry",
        "How the compensation is retried. Only `attempts` written here bounds it; a compensation"
        " whose attempts are spent is STUCK.",
        "{ attempts: 10, max: 1m }",
        default="{ attempts: forever, backoff: exponential, initial: 1s, max: 5m, jitter: none }",
    ),
    "timeout": Key(
        "duration",
        "How long one attempt may take.",
        "45s",
        without="`defaults.timeout`, else `30s`",
    ),
    "when": Key(
        "expression",
        "Compensates only if this holds. Own output is optional in it.",
        "charge_payment.payment_id is not None",
        without="always",
    ),
    "on_failure": Key(
        "word on_failure",
        "What follows when the attempts are spent: `stop` (STUCK, the undo waits for a person) or"
        " `continue` (STUCK is recorded, the rest is undone).",
        "continue",
        default="stop",
    ),
}

EVENTS = {
    "done": Key("event name", "Published when it is done.", "PaymentCharged"),
    "failed": Key("event name", "Published when it has failed.", "PaymentFailed"),
    "undone": Key("event name", "Published when it has been undone.", "PaymentRefunded"),
    "skipped": Key("event name", "Published when it is skipped.", "PaymentNotNeeded"),
}

CASE = {
    "if": Key("expression", "The case is taken if this holds: a boolean.", "input.amount > 1000"),
    "steps": Key(
        "items or none",
        "What happens then; `[]` is nothing.",
        "[{ fail: too_expensive }]",
    ),
}

RACE = {
    "event": Key("event name", "The event that wins by coming first.", "PickedUp"),
    "after": Key("duration or expression", "The time that wins if no event came before it.", "20m"),
    "match": Key(
        "expression",
        "Which of these events is meant: a boolean over `event` and whatever is known here.",
        "event.ride_id == input.ride_id",
        without="every event of that name that reaches this saga",
    ),
    "output": Key(
        "fields",
        "The type of the event's data, in place; inside this branch it is read as `WAIT.FIELD`.",
        "{ odometer: integer }",
        without="the `data` that `events` declares for it",
    ),
    "steps": Key(
        "items or none",
        "What happens if this wins.",
        "[{ fail: driver_left }]",
        default="[]",
    ),
}
