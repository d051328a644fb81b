"""The keys of the file itself and of what stands above the steps."""

from __future__ import annotations

from .key import Key

FILE = {
    "saga": Key(
        "saga name",
        "The name of the saga: of the generated package, the topics, the state machine.",
        "order-fulfilment",
    ),
    "version": Key(
        "whole number",
        "Raised when the meaning changes; a running saga keeps the version it started with.",
        "3",
    ),
    "description": Key("text", "What the saga is for, in a sentence.", "From order to delivery."),
    "key": Key(
        "value",
        "Identifies one run: the same key starts no second saga. Usually a field of the input.",
        "${input.order_id}",
    ),
    "deadline": Key(
        "duration",
        "If it passes before the point of no return, the saga is compensated with the reason"
        " `deadline`; after that point it no longer counts.",
        "24h",
        without="no deadline",
    ),
    "start": Key(
        "start",
        "Who starts the saga and hears the end, or which event starts it.",
        "{ service: order }",
        without="the service of the first item that has one",
    ),
    "cancel": Key(
        "cancel",
        "The event that cancels; accepted until the point of no return, refused after it.",
        "{ event: OrderCancelled, match: event.order_id == input.order_id }",
        without="no event cancels",
    ),
    "services": Key(
        "services",
        "The participants by name, at least one.",
        "{ payment: { team: payments } }",
    ),
    "types": Key(
        "types",
        "Types that the file uses by name, in PascalCase; they may refer to themselves.",
        "{ Item: { sku: string, quantity: integer } }",
    ),
    "input": Key(
        "fields",
        "What the saga starts with: names and types of its fields.",
        "{ order_id: string, amount: decimal }",
    ),
    "defaults": Key(
        "defaults",
        "The retry and the timeout of what has none of its own.",
        "{ timeout: 10s }",
        default="{ retry: { attempts: 3, backoff: exponential, initial: 1s, jitter: none },"
        " timeout: 30s }",
    ),
    "locks": Key(
        "locks",
        "Semantic locks by name: what two running sagas must not work on at the same time.",
        "{ order: { key: input.order_id } }",
    ),
    "events": Key(
        "declared events",
        "Events from outside that several items share, by name in PascalCase.",
        "{ PickedUp: { from: driver, data: { ride_id: string } } }",
    ),
    "steps": Key(
        "items",
        "What happens, in this order.",
        "[{ step: check_order, service: order, effect: none }]",
    ),
    "output": Key(
        "values",
        "What the saga gives when it is completed, by field.",
        '{ tracking: "${create_shipment.tracking}" }',
    ),
}

START = {
    "service": Key(
        "service",
        "Starts the saga and hears the end.",
        "order",
        without="the service of the first item that has one",
    ),
    "event": Key("event name", "The event that starts the saga.", "OrderPlaced"),
}

CANCEL = {
    "event": Key("event name", "The event that cancels.", "OrderCancelled"),
    "match": Key(
        "expression",
        "Which of these events is meant for this saga: a boolean over `event` and `input`.",
        "event.order_id == input.order_id",
        without="every event of that name that reaches this saga",
    ),
}

SERVICE = {
    "team": Key(
        "team name",
        "The team that owns the service.",
        "payments",
        without="the service is its own team",
    ),
    "description": Key("text", "What the service is for.", "Charges cards."),
    "fence": Key(
        "boolean",
        "Whether the service refuses an action that arrives after its compensation.",
        "false",
        default="true",
    ),
    "actions": Key(
        "actions",
        "Signatures of some or all of its actions; every use is checked against them.",
        "{ charge: { input: { amount: decimal }, fails: [declined] } }",
        without="the signature of an action is what its uses agree on",
    ),
}

ACTION = {
    "input": Key(
        "fields", "What it takes.", "{ amount: decimal }", without="what its uses give it"
    ),
    "output": Key(
        "fields",
        "What it gives; a step that uses it need not repeat it.",
        "{ payment_id: string }",
        without="what the steps that use it say",
    ),
    "fails": Key(
        "refusals",
        "Every refusal it knows; a step may name some of them and no other.",
        "[card_declined]",
        without="what the steps that use it say",
    ),
    "idempotent": Key(
        "boolean",
        "Whether it may be called again under the same key; a step may say otherwise.",
        "false",
        default="true",
    ),
}

EVENT = {
    "from": Key(
        "team name", "Who sends it, a service or somebody outside. For the reader only.", "driver"
    ),
    "data": Key("fields", "What it carries.", "{ ride_id: string }", default="{}"),
}

LOCK = {
    "key": Key(
        "expression",
        "What is locked: usually a text or a whole number; never a list, a record or nothing.",
        "input.order_id",
    ),
    "conflict": Key(
        "word conflict",
        "What happens to a step that finds it taken: `refuse` fails with `locked`, `wait` queues.",
        "wait",
        default="refuse",
    ),
}

DEFAULTS = {
    "retry": Key(
        "retry",
        "The retry of forward actions. A key that is not written keeps the default of the"
        " language; compensations and undo items do not read this.",
        "{ attempts: 5, max: 30s }",
        default="{ attempts: 3, backoff: exponential, initial: 1s, jitter: none }",
    ),
    "timeout": Key(
        "duration",
        "How long one attempt of any call may take, compensations included.",
        "10s",
        default="30s",
    ),
}
