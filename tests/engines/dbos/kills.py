"""The sagas of the kill tests. Each kills the process once; the others are hit wherever they are."""

from __future__ import annotations

from .case import Case, answer
from .cases import ALL_STEPS, BOTH, MORE

KILLS = [
    Case("k-step", "steps", {"reserve": "kill"}, (ALL_STEPS, "")),
    Case("k-after", "steps", {"charge": "kill after"}, (ALL_STEPS, "")),
    Case("k-pivot", "steps", {"ship": "kill after"}, (ALL_STEPS, "")),
    Case("k-mail", "steps", {"mail": "kill"}, (ALL_STEPS, "")),
    Case(
        "k-undo",
        "steps",
        {"ship": "refuse", "charge~undo": "kill", "tell~undo": "kill after"},
        ("check reserve charge gift", "gift tell charge reserve"),
        ("failed", "ship", "refused"),
    ),
    Case(
        "k-branches",
        "branches",
        {"after": "refuse", "left2": "kill", "right1~undo": "kill after", "left1~undo": "kill"},
        (BOTH, "right1 left2 left1 before"),
        ("failed", "after", "refused"),
        ordered=False,
    ),
    Case(
        "k-any",
        "first-of",
        {"after": "kill after", "waits~undo": "kill"},
        ("before quick waits after", "waits"),
        output=["done", "not_needed"],
    ),
    Case(
        "k-elements",
        "elements",
        {"lines[0].pack": "refuse", "lines[1].pick": "kill after", "lines[0].pick~undo": "kill"},
        (f"lines[0].pick lines[1].pick lines[1].pack {MORE} after", "lines[0].pick"),
        lines=["a", "b"],
        output=["refused", "done", "more[0].pick done", "more[1].pick done"],
    ),
    Case(
        "k-recover",
        "recovered",
        {"pay": "refuse", "hold~undo": "kill after", "seal": "refuse", "pack~undo": "kill"},
        ("hold invoice wrap", "hold pack invoice"),
        ("failed", "seal", "refused"),
    ),
    Case(
        "k-wait",
        "waiting",
        {"before": "kill"},
        ("before", ""),
        output=["one", "None", "two"],
        sends=(answer("k-wait", "one"), answer("k-wait", "two")),
    ),
    Case(
        "k-rounds",
        "rounds",
        {"enough": "9", "poll[1].ask": "kill after", "poll[2].ask~undo": "kill"},
        (
            "poll[0].ask poll[1].ask poll[2].ask poll[3].ask",
            "poll[3].ask poll[2].ask poll[1].ask poll[0].ask",
        ),
        ("failed", "poll", "exhausted"),
    ),
    Case(
        "k-outer",
        "outer",
        {"last": "refuse", "left1": "kill after", "right1~undo": "kill"},
        ("before before left1 left2 right1 after", "right1 left2 left1 before before"),
        ("failed", "last", "refused"),
        ordered=False,
    ),
]
