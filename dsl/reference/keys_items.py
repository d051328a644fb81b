"""The kinds of item and their keys."""

from __future__ import annotations

from .key import Key

# What each kind is, in a sentence: the first key names the item.
KINDS = {
    "step": "One action of one service.",
    "undo": "Nothing going forward; its action when what stands below it has failed.",
    "parallel": "Branches side by side, then a join.",
    "choose": "The first case whose condition holds.",
    "foreach": "The items once per element of a list.",
    "repeat": "The items again until a condition holds, for a bounded number of rounds.",
    "wait": "Waits for time, for an event from outside, or for the first of several.",
    "saga": "Another saga file as one item.",
    "group": "A sequence that is undone, or recovered, as one.",
    "fail": "Refuses on purpose: the saga compensates. The name is the reason.",
}

COMMON = {
    "description": Key("text", "What the item is for; shown in pictures and stubs.", "Charges."),
    "if": Key(
        "expression",
        "The item is skipped unless this holds: a boolean. What it gives is optional afterwards.",
        "input.amount > 0",
        without="it always runs",
    ),
    "needs": Key(
        "names",
        "Items of the same list that come before this one, in place of the one above it; `[]`"
        " starts with the list.",
        "[reserve_stock, check_customer]",
        without="the item above it",
    ),
}

_SERVICE = Key("service", "Who does it.", "payment")
_DECIDES = Key(
    "service",
    "Who decides it.",
    "order",
    without="that of the item above it; of the first in a list that of what is around it, at the"
    " top the one that starts the saga",
)
_ACTION = Key("name", "The action.", "charge", without="called like the item")
_INPUT = Key(
    "input",
    "What the action gets: a list of names (`order_id` is `input.order_id`) or a value per field.",
    "[order_id, reserve_stock.reservation_id]",
    default="{}",
)
_TIMEOUT = Key(
    "duration",
    "How long one attempt may take.",
    "45s",
    without="`defaults.timeout`, else `30s`",
)
_EVENTS = Key(
    "events",
    "Names of the events that it publishes in a choreography.",
    "{ done: PaymentCharged, undone: PaymentRefunded }",
    without="the item's name in PascalCase with `Done`, `Failed`, `Undone`, `Skipped`",
)
_LOCKS = Key("names", "Locks of the file that it takes.", "[order]", default="[]")
_PIVOT = Key(
    "pivot",
    "`pivot` makes the whole of it the point of no return.",
    "pivot",
    without="no pivot",
)
_RECOVER = Key(
    "recover",
    "What runs instead of failing, by refusal; `unknown` is an unknown outcome, `any` is every"
    " refusal, and `unknown`, that is not named. The saga goes on after it.",
    "{ sold_out: [{ step: order_more, service: stock, effect: none }] }",
    default="{}",
)

STEP = {
    "service": _SERVICE,
    "action": _ACTION,
    "input": _INPUT,
    "output": Key(
        "fields",
        "What the action gives; later items read it as `STEP.FIELD`.",
        "{ payment_id: string }",
        without="what the service declares for the action, else nothing",
    ),
    "fails": Key(
        "refusals",
        "Refusals that the business knows, by name or with the data they carry. They are never"
        " retried and mean that there was no effect.",
        "{ out_of_stock: { skus: [string] } }",
        default="[]",
    ),
    "effect": Key(
        "word effect",
        "`none`: it changes nothing, so there is nothing to undo.",
        "none",
        without="it has an effect",
    ),
    "role": Key(
        "word role",
        "What it may do and whether it can be undone, see the table of roles.",
        "pivot",
        without="by position: `compensatable` before the pivot, `retriable` after it",
    ),
    "retry": Key(
        "retry",
        "How technical failures are retried. What is not written is that of `defaults.retry`."
        " Only `attempts` written here bounds a retriable step.",
        "{ attempts: 10 }",
        without="`defaults.retry`, else 3 attempts; a retriable step is tried for ever",
    ),
    "timeout": _TIMEOUT,
    "heartbeat": Key(
        "duration",
        "A long call that has not been heard of for so long counts as lost.",
        "5s",
        without="the timeout alone decides",
    ),
    "idempotent": Key(
        "boolean",
        "Whether the action may be called again under the same key. If `false` it is called"
        " once and may have no `retry` of its own.",
        "false",
        without="what the service declares for the action, else `true`",
    ),
    "on_unknown": Key(
        "word on_unknown",
        "What follows when nobody knows whether it took effect, see the table of outcomes.",
        "query",
        without="by role, see the table of outcomes",
    ),
    "compensate": Key(
        "compensate",
        "What takes the effect back: the name of an action of the same service, or a mapping.",
        "release_stock",
    ),
    "recover": _RECOVER,
    "events": _EVENTS,
    "locks": _LOCKS._replace(
        doc="Locks of the file that it takes, held until the saga has ended; it may fail with"
        " `locked`."
    ),
}

UNDO = {
    "service": _SERVICE,
    "action": _ACTION,
    "input": _INPUT._replace(
        doc="What the action gets; `saga.failure` can be read.",
        example="[customer_email, saga.failure.reason]",
    ),
    "retry": Key(
        "retry",
        "How the action is retried. Only `attempts` written here bounds it.",
        "{ attempts: 10, max: 1m }",
        default="{ attempts: forever, backoff: exponential, initial: 1s, max: 5m, jitter: none }",
    ),
    "timeout": _TIMEOUT,
    "events": _EVENTS,
    "on_failure": Key(
        "word on_failure",
        "What follows when the attempts are spent: `stop` (STUCK, the undo waits for a person) or"
        " `continue` (STUCK is recorded, the rest is undone).",
        "continue",
        default="stop",
    ),
    "locks": _LOCKS,
}

PARALLEL = {
    "branches": Key(
        "branches",
        "Lists of items by the name of their branch, at least one.",
        "{ hotel: [{ step: book_hotel, service: hotel, compensate: cancel_hotel }] }",
    ),
    "join": Key(
        "join",
        "How many branches it takes to go on: `all`, `any`, a number up to that of the branches,"
        " an expression, or `settled` (waits for all, failed ones are undone alone).",
        "any",
        default="all",
    ),
    "undo_order": Key(
        "word undo_order",
        "Whether branches are undone together or, the last to finish first, in sequence.",
        "sequence",
        default="parallel",
    ),
}

CHOOSE = {
    "when": Key(
        "cases",
        "The cases; the first whose condition holds is taken.",
        "[{ if: input.amount > 1000, steps: [{ fail: too_expensive }] }]",
    ),
    "otherwise": Key(
        "items or none",
        "What happens if no case holds.",
        "[{ fail: no_case }]",
        without="nothing happens then",
    ),
    "service": _DECIDES,
}

FOREACH = {
    "in": Key("expression", "The list.", "input.items"),
    "as": Key(
        "name",
        "What the element is called inside.",
        "item",
        without="nothing inside can name the element",
    ),
    "steps": Key(
        "items", "What happens for each element.", "[{ step: pack, service: stock, effect: none }]"
    ),
    "mode": Key(
        "word mode",
        "One element after another, or side by side.",
        "parallel",
        default="sequence",
    ),
    "limit": Key(
        "whole number or expression",
        "How many elements run at a time, under `mode: parallel`.",
        "5",
        without="all at once",
    ),
    "join": Key(
        "join",
        "How many elements must be done, as of `parallel`.",
        "settled",
        default="all",
    ),
    "undo_order": Key(
        "word undo_order",
        "How elements that ran side by side are undone: together, or the last to finish first."
        " Elements that ran one after another are always undone last first.",
        "sequence",
        default="parallel",
    ),
    "service": _DECIDES,
}

REPEAT = {
    "steps": Key(
        "items",
        "What happens in each round.",
        "[{ step: ask, service: bank, effect: none, output: { done: boolean } }]",
    ),
    "until": Key("expression", "Ends the loop if it holds after a round: a boolean.", "ask.done"),
    "max": Key(
        "whole number",
        "The most rounds; if `until` does not hold after them it fails with `exhausted`.",
        "20",
    ),
    "every": Key("duration", "The pause between rounds.", "30s", without="no pause"),
    "role": _PIVOT,
}

WAIT = {
    "for": Key(
        "duration or expression",
        "Waits so long. An expression gives a duration, or seconds as a number.",
        "14d",
    ),
    "event": Key("event name", "Waits for this event from outside.", "Approved"),
    "match": Key(
        "expression",
        "Which of these events is meant: a boolean over `event` and whatever is known here.",
        "event.order_id == input.order_id",
        without="every event of that name that reaches this saga",
    ),
    "output": Key(
        "fields",
        "The type of the event's data, in place; it is read as `WAIT.FIELD`.",
        "{ approved_by: string }",
        without="the `data` that `events` declares for it, else not typed",
    ),
    "timeout": Key(
        "duration or expression", "How long it waits for the event.", "3d", without="no end"
    ),
    "on_timeout": Key(
        "word on_timeout",
        "`fail` fails with `timeout`; `continue` goes on, and the event's data is optional.",
        "continue",
        default="fail",
    ),
    "first": Key(
        "races",
        "A race: the first of several events, or of a time, decides what happens.",
        "[{ event: PickedUp, steps: [] }, { after: 20m, steps: [{ fail: no_pickup }] }]",
    ),
    "early": Key(
        "word early",
        "What becomes of an event that came before the wait began: it counts (`keep`) or is"
        " dropped (`ignore`).",
        "ignore",
        default="keep",
    ),
    "service": _DECIDES._replace(doc="Who waits."),
    "effect": Key(
        "word effect", "`none`, the only value: a wait changes nothing.", "none", default="none"
    ),
    "role": _PIVOT,
}

SAGA = {
    "use": Key("text", "The file, relative to this one, with `/`.", "kit-packing.saga.yaml"),
    "input": Key(
        "input",
        "What the other saga starts with, checked against its `input`.",
        "[order_id]",
        default="{}",
    ),
    "role": _PIVOT,
}

GROUP = {
    "steps": Key(
        "items", "What happens, in order.", "[{ step: check, service: order, effect: none }]"
    ),
    "compensate": Key(
        "group compensate",
        "One action in place of the compensations of the members.",
        "{ service: stock, action: restore_snapshot, input: [order_id] }",
        without="each member is undone on its own",
    ),
    "undo_order": Key(
        "word undo_order",
        "Whether the members are undone last first or together.",
        "parallel",
        default="sequence",
    ),
    "recover": _RECOVER,
    "role": _PIVOT,
}

FAIL = {"data": Key("values", "What the failure carries, by field.", '{ sku: "${input.sku}" }')}
