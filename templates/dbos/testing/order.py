"""What the meaning of a saga says about its calls, and what is left to chance.

A lane is a branch or an element that runs side by side with others, inside the lanes around it:
``prepare.bed/tests[0]/``. Calls of one lane, and of lanes inside each other, follow each other.
In a lane with a ``?`` a join takes the first: who that is differs from run to run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Lanes = Mapping[str, str]
Fails = Mapping[str, str | None]


def check(
    calls: Sequence[str],
    expected: Sequence[str],
    cut: Sequence[str],
    lanes: Lanes,
    fails: Fails,
    undone: bool,
) -> None:
    """Compares the calls of a run with those foreseen. Raises AssertionError.

    ``cut`` are calls that a failure in another lane may be too early for. ``undone``: the saga has
    ended compensated.
    """
    twice = sorted({each for each in calls if calls.count(each) > 1})
    assert not twice, f"made twice: {twice}"
    raced = [each for each in calls if "?" in lanes.get(each, "")]
    _whole(raced, lanes, fails, undone)
    calls = [each for each in calls if each not in raced]
    expected = [each for each in expected if "?" not in lanes.get(each, "")]
    allowed = set(expected) - _needless(calls, expected)
    assert allowed.issuperset(calls), f"not to be made: {sorted(set(calls) - allowed)}"
    left_out = allowed.difference(calls)
    needed = {each for each in left_out if each not in cut or each.removesuffix("~undo") in calls}
    assert not needed, f"missing: {sorted(needed)}"
    made = [each for each in expected if each in calls]
    for lane in sorted({"", *lanes.values()}):
        seen, right = _along(lane, calls, lanes), _along(lane, made, lanes)
        assert seen == right, f"made in this order: {seen}, not in this: {right}"
        forward = [each for each in _own(lane, expected, lanes) if not each.endswith("~undo")]
        begun = [each for each in forward if each in calls]
        assert forward[: len(begun)] == begun, f"left out before the end: {lane}"


def _needless(calls: Sequence[str], expected: Sequence[str]) -> set[str]:
    """Compensations of what was never begun."""
    missing = set(expected).difference(calls)
    return {each for each in expected if each.removesuffix("~undo") in missing - {each}}


def _along(lane: str, calls: Sequence[str], lanes: Lanes) -> list[str]:
    """The calls of a lane and of those around it."""
    return [each for each in calls if lane.startswith(lanes.get(each, ""))]


def _own(lane: str, calls: Sequence[str], lanes: Lanes) -> list[str]:
    return [each for each in calls if lanes.get(each, "") == lane]


def _whole(calls: Sequence[str], lanes: Lanes, fails: Fails, undone: bool) -> None:
    """A lane of a race is in force as a whole or undone as a whole, what came later first."""
    for lane in {lanes[each] for each in calls}:
        own = _own(lane, calls, lanes)
        back = [each.removesuffix("~undo") for each in own if each.endswith("~undo")]
        forth = [each for each in own if each in back]
        assert back == forth[::-1], f"not undone in reverse: {own}"
        refused = {each for each, refusal in fails.items() if refusal is not None}
        stands = [each for each in own if f"{each}~undo" in lanes and each not in {*back, *refused}]
        assert not (stands and (back or undone)), f"left in force: {stands}"
