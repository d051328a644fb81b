"""Slips in values: each brings one finding, where it was made, that says what to write."""

from __future__ import annotations

import pytest

from .test_slips import BASE, findings

# What is written, what was meant, and the place and a word of the finding and of its help.
SLIPS: list[tuple[str, str, str, tuple[int, int], str, str]] = [
    ("duration in words", "timeout: 30s", "timeout: 2 Minutes", (44, 16), "The text '2 Minutes' is not a duration.", "Write `2m`; "),
    ("duration in a word", "timeout: 30s", "timeout: 30sec", (44, 16), "The text '30sec' is not a duration.", "Write `30s`; "),
    ("no duration at all", "timeout: 30s", "timeout: soon", (44, 16), "The text 'soon' is not a duration.", "Write a number and a unit"),
    ("effect as a boolean", "effect: none", "effect: false", (24, 13), "'effect' cannot be 'false'.", "Write `effect: none` if it changes nothing"),
    ("services as a list", "  order:        { team: storefront }\n  inventory:    { team: warehouse }\n  payment:      { team: payments }", "  [order, inventory, payment]", (8, 3), "Expected services (a mapping of names to their teams), found a list.", "Write `{ order: {}, inventory: {}, payment: {} }`."),
    ("branches as a list", "      stock:\n        - step: tell_stock\n          service: inventory\n          input: [order_id]\n          compensate: untell_stock\n      buyer:\n        - step", "        - step: tell_stock\n          service: inventory\n          input: [order_id]\n          compensate: untell_stock\n        - step", (57, 9), "Expected branches (a mapping of names to items), found a list.", "Write `{ NAME: [...], ... }`."),
    ("computed durations", "input.amount > 100", "input.amount > 100 + 14d", (48, 35), "This is not an expression: invalid decimal literal.", "Durations are not computed"),
    ("a field of a list", "input.amount > 100", "sum(input.items.quantity) > 100", (48, 17), "This is [Item], which has no fields such as `quantity`.", "Write `[each.quantity for each in input.items]`."),
    ("a key that is a text", "key: ${input.order_id}", "key: input.order_id", (3, 6), "This key is the same for every start, so the saga can run only once, ever.", "Write `${input.order_id}`: without `${...}` it is only a text."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("meant", "written", "place", "message", "help"),
    [case[1:] for case in SLIPS],
    ids=[case[0] for case in SLIPS],
)
def test_one_slip(
    meant: str, written: str, place: tuple[int, int], message: str, help: str
) -> None:
    assert BASE.count(meant) >= 1
    found = findings(BASE.replace(meant, written, 1))
    first = found[0]
    assert (first.span[:2], first.message) == (place, message)
    assert (first.help or "").startswith(help)
    assert len(found) == 1


def test_an_expression_without_quotes_hides_nothing_around_it() -> None:
    slip = "input: { id: ${charge_payment.payment_id} }\n      timeout: 30 s\n"
    text = BASE.replace("input: [order_id, charge_payment.payment_id]\n      timeout: 30s\n", slip)
    text = text.replace("amount: ${input.amount}", "amount: ${input.amout}")
    assert [each.code for each in findings(text)] == ["NA004", "SY001", "SY009"]


def test_the_action_of_a_group_is_taken_over() -> None:
    group = "  - group: both\n    compensate: give_back\n    steps:\n"
    group += "      - { step: one, service: order, input: [order_id] }\n"
    (found,) = findings(
        BASE.replace("  - step: create_shipment", f"{group}  - step: create_shipment")
    )
    assert found.help == "Write `{ service: NAME, action: give_back }`."
