"""What people write who come from other tools, and keys that slip out of their places."""

from __future__ import annotations

from collections.abc import Container

# A key of other tools, and what it is called here.
MEANT = {
    "actions": "steps",
    "after": "needs",
    "args": "input",
    "arguments": "input",
    "cases": "when",
    "condition": "if",
    "count": "attempts",
    "delay": "initial",
    "depends_on": "needs",
    "do": "steps",
    "each": "in",
    "else": "otherwise",
    "errors": "fails",
    "failures": "fails",
    "file": "use",
    "fail": "fails",
    "items": "steps",
    "max_attempts": "attempts",
    "name": "saga",
    "on_error": "recover",
    "on_fail": "recover",
    "on_rollback": "compensate",
    "over": "in",
    "params": "input",
    "participants": "services",
    "raises": "fails",
    "refusals": "fails",
    "result": "output",
    "retries": "retry",
    "returns": "output",
    "reverse": "compensate",
    "revert": "compensate",
    "rollback": "compensate",
    "tasks": "steps",
    "then": "steps",
    "throws": "fails",
    "tries": "attempts",
    "undo": "compensate",
    "undo_with": "compensate",
    "when": "if",
    "while": "until",
}
# Keys that stand inside another.
INSIDE = {
    "attempts": "retry",
    "backoff": "retry",
    "jitter": "retry",
    "on_failure": "compensate",
    "team": "services",
}
# Keys that never stand with nothing below them.
HOLDERS = (
    "compensate",
    "input",
    "output",
    "retry",
    "defaults",
    "branches",
    "types",
    "services",
    "events",
)


def meant_key(key: str, known: Container[str], written: Container[str]) -> bool:
    """Whether the kind ``key`` stands for a key of an item: ``fail`` for ``fails``."""
    meant = MEANT.get(key)
    return meant in known and meant not in written
