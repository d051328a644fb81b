"""The words of the language: the keys of a file and of every kind of item."""

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
ROLES = ("compensatable", "pivot", "retriable", "optional")
ON_UNKNOWN = ("compensate", "query", "manual", "fail")
RACE = ("event", "after", "match", "output", "steps")
ONLY_WITH_EVENT = ("match", "output", "timeout", "on_timeout", "early")
# What a person calls an item of a kind; ``saga`` is the name of the whole file, too.
CALLED = {kind: f"a {kind}" for kind in KINDS} | {"undo": "an undo item", "saga": "a sub-saga"}
