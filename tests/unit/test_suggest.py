"""Suggestions: the nearest known word, or all of them."""

from __future__ import annotations

import pytest

from sagac.dsl.suggest import SLIP, did_you_mean, nearest

KEYS = ("service", "action", "input", "output", "timeout", "on_timeout")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("servcie", "service"),
        ("Service", "service"),
        ("ouput", "output"),
        ("timeot", "timeout"),
        ("elephant", None),
        ("", None),
        ("x" * 500, None),
    ],
)
def test_nearest(word: str, expected: str | None) -> None:
    assert nearest(word, KEYS) == expected
    assert nearest(word, reversed(KEYS)) == expected


@pytest.mark.parametrize(
    ("word", "slip"),
    [
        ("OrderCanceled", True),
        ("OrdreCancelled", True),
        ("OrderPlaced", False),
        ("OrderCounted", False),
    ],
)
def test_a_slip_is_nearer_than_a_suggestion(word: str, slip: bool) -> None:
    assert nearest(word, ["OrderCancelled"]) == "OrderCancelled"
    assert (nearest(word, ["OrderCancelled"], SLIP) is not None) == slip


def test_very_many_words_are_compared_only_up_to_a_bound() -> None:
    assert nearest("step_x1", (f"step_{n}" for n in range(10**6))) is not None


@pytest.mark.parametrize(
    ("word", "known", "text"),
    [
        ("stp", ("stop", "continue"), "Did you mean 'stop'? Expected one of: stop, continue."),
        ("halt", ("stop", "continue"), "Expected one of: stop, continue."),
        ("yes", ("none",), "Expected: none."),
        ("x", (), ""),
        ("word_7x", tuple(f"word_{n}" for n in range(90)), "Did you mean 'word_7'?"),
    ],
)
def test_did_you_mean(word: str, known: tuple[str, ...], text: str) -> None:
    assert did_you_mean(word, known) == text


def test_long_lists_are_cut() -> None:
    assert did_you_mean("qqq", [f"name{n}" for n in range(100)]).endswith("name47 and 52 more.")
