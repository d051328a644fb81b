"""Code laid out to a width."""

from __future__ import annotations

from sagac.generators.layout import call, text

LONG = "a_rather_long_name_of_a_step.field"


def test_a_long_condition_is_broken_as_formatters_do() -> None:
    value = f"{LONG} if {LONG} is not None and {LONG} else 'none of it'"
    assert text([call("Input", value=value)]).splitlines() == [
        "Input(",
        f"    value={LONG}",
        f"    if {LONG} is not None and {LONG}",
        "    else 'none of it',",
        ")",
    ]


def test_a_long_text_is_left_alone() -> None:
    value = repr("if this is long else " * 8)
    assert text([call("Input", value=value)]).splitlines() == [
        "Input(",
        f"    value={value},",
        ")",
    ]
