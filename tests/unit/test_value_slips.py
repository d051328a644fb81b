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
    ("a list as in JSON Schema", "  items: [Item]", "  items: { type: array, items: Item }", (18, 10), "This is a type of JSON Schema.", "Write a list as `[Item]`, or plain JSON Schema"),
    ("a duration put together", "  - step: create_shipment", "  - wait: pause\n    for: ${input.amount}d\n  - step: create_shipment", (69, 10), "A duration is not put together from a number and a unit.", "Give the field the type `duration`"),
    ("a lock that is its key", "steps:\n", "locks:\n  order: input.order_id\nsteps:\n", (21, 10), "Expected a lock (a mapping), found the text 'input.order_id'.", "Write `{ key: input.order_id }`."),
    ("a loop whose element has no name", "  - step: create_shipment", "  - foreach: each_item\n    in: input.items\n    steps:\n      - step: take\n        service: order\n        input: { item: \"${each_item.sku}\" }\n        compensate: put_back\n  - step: create_shipment", (73, 27), "`each_item` cannot be read here: `each_item` is the loop around this: it is not done yet.", "Name the element of the loop (`as: NAME`)"),
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


def test_a_text_that_an_enum_of_the_input_may_be_wants_quotes() -> None:
    text = BASE.replace(
        "  amount: decimal\n", "  amount: decimal\n  kind: { enum: [fire, water] }\n"
    )
    (found,) = findings(text.replace("if: input.amount > 100", "if: input.kind == fire"))
    assert (found.code, found.help) == ("NA001", "A text stands in quotes: write `'fire'`.")
