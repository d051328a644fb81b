"""What the generated tests hold to be right: the order of calls in lanes, what may be cut off."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from sagac.templates import ROOT

LANES = {"a1": "p.a/", "a2": "p.a/", "b1": "p.b/", "b2": "p.b/"}
LANES |= {f"{call}~undo": lane for call, lane in LANES.items()}
FORTH = ["x", "a1", "a2", "b1", "b2", "y"]
BACK = ["a2~undo", "a1~undo", "b2~undo", "b1~undo", "x~undo"]
RACE = {call: lane.replace("p.", "?p.") for call, lane in LANES.items()}


def _module() -> Any:
    path = ROOT / "dbos" / "testing" / "order.py"
    spec = importlib.util.spec_from_file_location("order", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


check = _module().check


@pytest.mark.parametrize(
    "calls",
    [
        "x a1 a2 b1 b2 y",
        "x b1 a1 b2 a2 y",
        "x a1 b1 b2 a2 y b2~undo a2~undo b1~undo a1~undo x~undo",
    ],
)
def test_lanes_come_in_any_order(calls: str) -> None:
    made = calls.split()
    expected = [*FORTH, *(BACK if "x~undo" in made else [])]
    check(made, expected, [], LANES, {}, "x~undo" in made)


@pytest.mark.parametrize(
    "calls", ["x a1 x~undo", "x a1 b1 b1~undo x~undo", "x b1 a1 b2 b2~undo b1~undo x~undo"]
)
def test_a_failure_cuts_the_other_lane_off(calls: str) -> None:
    expected = ["x", "a1", "b1", "b2", "b2~undo", "b1~undo", "x~undo"]
    cut = ["b1", "b2", "b2~undo", "b1~undo"]
    check(calls.split(), expected, cut, LANES, {"a1": "no"}, True)


@pytest.mark.parametrize(
    ("calls", "message"),
    [
        ("x a2 a1 b1 b2 y", "in this order"),
        ("a1 x a2 b1 b2 y", "in this order"),
        ("x a1 a2 b1 y b2", "in this order"),
        ("x a1 a2 b1 b2", "missing: .'y'."),
        ("x a1 a1 a2 b1 b2 y", "made twice: .'a1'."),
        ("x a1 a2 b1 b2 y z", "not to be made: .'z'."),
        ("x a1 a2 b1 b2 y x~undo", "not to be made: .'x~undo'."),
    ],
)
def test_what_is_wrong_forwards(calls: str, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        check(calls.split(), FORTH, [], LANES, {}, False)


@pytest.mark.parametrize(
    ("calls", "message"),
    [
        ("x a1 b1 b2 b2~undo x~undo", "missing: .'b1~undo'."),
        ("x a1 b1 b2 b1~undo b2~undo x~undo", "in this order"),
        ("x a1 b2 b2~undo x~undo", "left out before the end"),
        ("x a1 b1 x~undo b1~undo", "in this order"),
        ("x a1 b1~undo x~undo", "not to be made: .'b1~undo'."),
        ("x a1 b1 b1~undo", "missing: .'x~undo'."),
    ],
)
def test_what_is_wrong_on_the_way_back(calls: str, message: str) -> None:
    expected = ["x", "a1", "b1", "b2", "b2~undo", "b1~undo", "x~undo"]
    cut = ["b1", "b2", "b2~undo", "b1~undo"]
    with pytest.raises(AssertionError, match=message):
        check(calls.split(), expected, cut, LANES, {"a1": "no"}, True)


@pytest.mark.parametrize(
    ("calls", "undone", "right"),
    [
        ("x a1 b1 a2 y b1~undo", False, True),
        ("x a1 b1 a2 y", False, True),
        ("x a1 a2 b1 b2 a2~undo y", False, False),
        ("x a1 a2 b1 a1~undo a2~undo y", False, False),
        ("x a1 b1 a1~undo b1~undo x~undo", True, True),
        ("x a1 b1 a1~undo x~undo", True, False),
    ],
)
def test_a_lane_of_a_race_is_whole(calls: str, undone: bool, right: bool) -> None:
    expected = [*FORTH[:-1], *BACK] if undone else FORTH
    try:
        check(calls.split(), expected, [], RACE, {}, undone)
    except AssertionError:
        assert not right
    else:
        assert right
