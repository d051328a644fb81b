"""What each saga does under each plan."""

from __future__ import annotations

from .case import Case, answer, cancelled, event, reached, resolved

ALL_STEPS = "check reserve charge gift ship mail"
BOTH = "before left1 left2 right1"
LINES = "lines[0].pick lines[0].pack lines[1].pick lines[1].pack"
MORE = "more[0].pick more[0].pack more[1].pick more[1].pack"
PAID = "hold pay wrap seal after"

CASES = [
    # steps
    Case("s-ok", "steps", {}, (ALL_STEPS, ""), output={"ref": "ship done"}),
    Case("s-flaky", "steps", {"reserve": "raise 1", "mail": "raise 1"}, (ALL_STEPS, "")),
    Case("s-check", "steps", {"check": "refuse"}, ("", ""), ("failed", "check", "refused")),
    Case(
        "s-charge",
        "steps",
        {"charge": "refuse"},
        ("check reserve", "reserve"),
        ("failed", "charge", "refused"),
    ),
    Case(
        "s-unknown",
        "steps",
        {"charge": "raise"},
        ("check reserve", "charge reserve"),
        ("failed", "charge", "unknown"),
    ),
    Case(
        "s-slow",
        "steps",
        {"charge": "slow"},
        ("check reserve", "charge reserve"),
        ("failed", "charge", "timeout"),
    ),
    Case(
        "s-pivot",
        "steps",
        {"ship": "refuse", "tell~undo": "raise 2"},
        ("check reserve charge gift", "gift tell charge reserve"),
        ("failed", "ship", "refused"),
    ),
    Case("s-gift", "steps", {"gift": "refuse"}, ("check reserve charge ship mail", "")),
    Case("s-lost", "steps", {"gift": "raise"}, ("check reserve charge ship mail", "gift")),
    Case(
        "s-query-done",
        "steps",
        {"ship": "raise", "ship~query": "done"},
        ("check reserve charge gift mail", ""),
        output={"ref": "found"},
    ),
    Case(
        "s-query-never",
        "steps",
        {"ship": "raise", "ship~query": "never"},
        ("check reserve charge gift", "gift tell charge reserve"),
        ("failed", "ship", "unknown"),
    ),
    Case("s-query-not-yet", "steps", {"ship": "raise 3", "ship~query": "not yet"}, (ALL_STEPS, "")),
    # branches
    Case(
        "b-ok",
        "branches",
        {},
        (f"{BOTH} after", ""),
        output=["left1 done", "left2 done", "right1 done"],
    ),
    Case(
        "b-right",
        "branches",
        {"right1": "refuse", "left1": "raise 1"},
        ("before left1", "left1 before"),
        ("failed", "right1", "refused"),
    ),
    Case(
        "b-after",
        "branches",
        {"after": "refuse", "right1": "raise 1"},
        (BOTH, "right1 left2 left1 before"),
        ("failed", "after", "refused"),
        ordered=False,
    ),
    Case(
        "a-ok",
        "first-of",
        {},
        ("before quick waits after", "waits"),
        output=["done", "not_needed"],
    ),
    Case(
        "a-after",
        "first-of",
        {"after": "refuse"},
        ("before quick waits", "waits quick before"),
        ("failed", "after", "refused"),
        ordered=False,
    ),
    Case(
        "a-none",
        "first-of",
        {"quick": "refuse", "waits": "refuse"},
        ("before", "before"),
        ("failed", "*", "refused"),
    ),
    # elements
    Case(
        "e-ok",
        "elements",
        {},
        (f"{LINES} {MORE} after", ""),
        lines=["a", "b"],
        output=["done", "done", "more[0].pick done", "more[1].pick done"],
    ),
    Case(
        "e-settled",
        "elements",
        {"lines[0].pack": "refuse"},
        (f"lines[0].pick lines[1].pick lines[1].pack {MORE} after", "lines[0].pick"),
        lines=["a", "b"],
        output=["refused", "done", "more[0].pick done", "more[1].pick done"],
    ),
    Case(
        "e-after",
        "elements",
        {"more[1].pack": "refuse"},
        (
            f"{LINES} more[0].pick more[0].pack more[1].pick",
            "more[1].pick more[0].pack more[0].pick lines[0].pack lines[0].pick"
            " lines[1].pack lines[1].pick",
        ),
        ("failed", "more[1].pack", "refused"),
        lines=["a", "b"],
        ordered=False,
    ),
    Case("e-empty", "elements", {}, ("after", ""), output=[]),
    # groups and recover
    Case("r-ok", "recovered", {}, (PAID, ""), output=["pay done"]),
    Case(
        "r-refused",
        "recovered",
        {"pay": "refuse"},
        ("hold invoice wrap seal after", "hold"),
        output=["none"],
    ),
    Case(
        "r-unknown",
        "recovered",
        {"pay": "raise"},
        ("hold wrap seal after", "pay hold"),
        output=["none", "unknown: unknown"],
    ),
    Case(
        "r-group",
        "recovered",
        {"seal": "refuse"},
        ("hold pay wrap", "pack pay hold"),
        ("failed", "seal", "refused"),
    ),
    Case(
        "r-group-first",
        "recovered",
        {"wrap": "refuse"},
        ("hold pay", "pay hold"),
        ("failed", "wrap", "refused"),
    ),
    Case(
        "r-fail",
        "recovered",
        {"fail": "yes", "pay": "refuse"},
        ("hold invoice wrap seal", "hold pack invoice"),
        ("failed", "on_purpose", "on_purpose"),
    ),
    # waits
    Case(
        "w-ok",
        "waiting",
        {},
        ("before", ""),
        output=["one", "None", "two"],
        sends=(
            answer("x", "not me"),
            answer("w-ok", "one"),
            answer("w-ok", "one"),
            answer("w-ok", "two"),
        ),
    ),
    Case(
        "w-other",
        "waiting",
        {},
        ("before", "before"),
        ("failed", "other_won", "other_won"),
        sends=(answer("w-other", "one"), event("Other")),
    ),
    Case(
        "w-after",
        "waiting",
        {"after": "0.1"},
        ("before", ""),
        output=["one", "None", "nobody"],
        sends=(answer("w-after", "one"),),
    ),
    Case(
        "w-cancel",
        "waiting",
        {},
        ("before", "before"),
        ("cancelled", "first", "cancelled"),
        sends=(reached("cool_off"), cancelled()),
    ),
    Case("w-deadline", "hurried", {}, ("before", "before"), ("timed_out", "first", "deadline")),
    # rounds
    Case("p-ok", "rounds", {}, ("poll[0].ask poll[1].ask poll[2].ask", ""), output=3),
    Case(
        "p-exhausted",
        "rounds",
        {"enough": "9"},
        (
            "poll[0].ask poll[1].ask poll[2].ask poll[3].ask",
            "poll[3].ask poll[2].ask poll[1].ask poll[0].ask",
        ),
        ("failed", "poll", "exhausted"),
    ),
    # a saga in a saga
    Case(
        "o-ok",
        "outer",
        {},
        ("before before left1 left2 right1 after last", ""),
        output=["left1 done", "left2 done", "right1 done"],
    ),
    Case(
        "o-inside",
        "outer",
        {"after": "refuse"},
        ("before before left1 left2 right1", "right1 left2 left1 before before"),
        ("failed", "both", "refused"),
        ordered=False,
    ),
    Case(
        "o-last",
        "outer",
        {"last": "refuse"},
        ("before before left1 left2 right1 after", "right1 left2 left1 before before"),
        ("failed", "last", "refused"),
        ordered=False,
    ),
    # locks
    Case(
        "l-first",
        "locking",
        {},
        ("take", ""),
        resource="r",
        sends=(reached("take"), event("Go", {"key": "l-first", "text": ""})),
    ),
    Case(
        "l-other",
        "locking",
        {},
        ("take", ""),
        resource="s",
        sends=(event("Go", {"key": "l-other", "text": ""}),),
    ),
    # a person
    Case(
        "m-once",
        "person",
        {"once": "raise"},
        ("before fails commit mail", ""),
        output="by hand",
        sends=(resolved("once", "done", {"ref": "by hand"}),),
    ),
    Case(
        "m-never",
        "person",
        {"once": "raise"},
        ("before", "before"),
        ("failed", "once", "unknown"),
        sends=(resolved("once", "failed"),),
    ),
    Case(
        "m-retry",
        "person",
        {"once": "raise 1"},
        ("before fails commit mail once", ""),
        output="once done",
        sends=(resolved("once", "retry"),),
    ),
    Case(
        "m-mail",
        "person",
        {"mail": "raise"},
        ("before once fails commit", ""),
        marks=["mail"],
        sends=(resolved("mail", "skip"),),
    ),
    Case(
        "m-undo",
        "person",
        {"fails": "refuse", "before~undo": "raise"},
        ("before once", ""),
        ("failed", "fails", "refused"),
        marks=["before~undo"],
        sends=(resolved("before~undo", "skip"),),
    ),
]
