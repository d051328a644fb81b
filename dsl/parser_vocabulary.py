"""The words of the language: the keys of a file, of every kind of item and of their parts.

The parser reads by these tables, and the JSON Schema and the reference are made from them; what
each key means is said in ``reference``, under the same names.
"""

from __future__ import annotations

TOP_REQUIRED = ("saga", "version", "key", "services", "input", "steps")
TOP = (
    "saga",
    "version",
    "description",
    "key",
    "deadline",
    "start",
    "cancel",
    "services",
    "types",
    "input",
    "defaults",
    "locks",
    "events",
    "steps",
    "output",
)

COMMON = ("description", "if", "needs")
KINDS: dict[str, tuple[str, ...]] = {
    "step": (
        "service",
        "action",
        "input",
        "output",
        "fails",
        "effect",
        "role",
        "retry",
        "timeout",
        "heartbeat",
        "idempotent",
        "on_unknown",
        "compensate",
        "recover",
        "events",
        "locks",
    ),
    "undo": (
        "service",
        "action",
        "input",
        "retry",
        "timeout",
        "events",
        "on_failure",
        "locks",
    ),
    "parallel": ("branches", "join", "undo_order"),
    "choose": ("when", "otherwise", "service"),
    "foreach": ("in", "as", "steps", "mode", "limit", "join", "undo_order", "service"),
    "repeat": ("steps", "until", "max", "every", "role"),
    "wait": (
        "for",
        "event",
        "match",
        "output",
        "timeout",
        "on_timeout",
        "first",
        "early",
        "service",
        "effect",
        "role",
    ),
    "saga": ("use", "input", "role"),
    "group": ("steps", "compensate", "undo_order", "recover", "role"),
    "fail": ("data",),
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "step": ("service",),
    "undo": ("service",),
    "parallel": ("branches",),
    "choose": ("when",),
    "foreach": ("in", "steps"),
    "repeat": ("steps", "until", "max"),
    "saga": ("use",),
    "group": ("steps",),
}
# The key that holds the items of an item.
CONTENT = {
    "parallel": "branches",
    "choose": "when",
    "foreach": "steps",
    "repeat": "steps",
    "group": "steps",
}
# The mappings that are no items: what a declaration or a part of an item may hold.
PARTS: dict[str, tuple[str, ...]] = {
    "start": ("service", "event"),
    "cancel": ("event", "match"),
    "service": ("team", "description", "fence", "actions"),
    "action": ("input", "output", "fails", "idempotent"),
    "event": ("from", "data"),
    "lock": ("key", "conflict"),
    "defaults": ("retry", "timeout"),
    "retry": ("attempts", "backoff", "initial", "max", "jitter"),
    "compensate": ("action", "service", "input", "retry", "timeout", "when", "on_failure"),
    "events": ("done", "failed", "undone", "skipped"),
    "case": ("if", "steps"),
    "race": ("event", "after", "match", "output", "steps"),
}
PART_REQUIRED: dict[str, tuple[str, ...]] = {
    "cancel": ("event",),
    "lock": ("key",),
    "case": ("if", "steps"),
    "compensate": ("action",),
}
GROUP_COMPENSATE_REQUIRED = ("service", "action")  # a group has no service of its own
# The words that a key takes, by the key.
WORDS: dict[str, tuple[str, ...]] = {
    "role": ("compensatable", "pivot", "retriable", "optional"),
    "on_unknown": ("compensate", "query", "manual", "fail"),
    "effect": ("none",),
    "backoff": ("constant", "linear", "exponential"),
    "jitter": ("none", "full"),
    "on_failure": ("stop", "continue"),
    "conflict": ("refuse", "wait"),
    "undo_order": ("parallel", "sequence"),
    "mode": ("sequence", "parallel"),
    "on_timeout": ("fail", "continue"),
    "early": ("keep", "ignore"),
    "join": ("all", "any", "settled"),  # or a number
    "attempts": ("forever",),  # or a number
}
COMPOSITE_ROLES = ("pivot",)  # of an item that is no step
ONE_OF: dict[str, tuple[str, ...]] = {
    "wait": ("for", "event", "first"),
    "race": ("event", "after"),
}
ONLY_WITH_EVENT: dict[str, tuple[str, ...]] = {
    "wait": ("match", "output", "timeout", "on_timeout", "early"),
    "race": ("match", "output"),
}
# What a person calls an item of a kind; ``saga`` is the name of the whole file, too.
CALLED = {kind: f"a {kind}" for kind in KINDS} | {"undo": "an undo item", "saga": "a sub-saga"}
