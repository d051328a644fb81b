"""Slips of people: each brings one finding, where it was made, that says what to write."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sagac.dsl.compile import compile
from sagac.dsl.diagnostics import Diagnostic, Severity

SPECS = Path(__file__).parents[2] / "specs"
BASE = """\
saga: order-fulfilment
version: 3
key: ${input.order_id}
deadline: 24h
start: { service: order }

services:
  order:        { team: storefront }
  inventory:    { team: warehouse }
  payment:      { team: payments }

types:
  Item: { sku: string, quantity: integer }

input:
  order_id: string
  amount: decimal
  items: [Item]

steps:
  - step: validate_order
    service: order
    input: [order_id, items]
    effect: none
    fails: [invalid_order]

  - step: reserve_inventory
    service: inventory
    input: [order_id, items]
    output: { reservation_id: string }
    fails: [out_of_stock]
    compensate: release_inventory

  - step: charge_payment
    service: payment
    input:
      order_id: ${input.order_id}
      amount: ${input.amount}
    output: { payment_id: string }
    fails: [card_declined]
    compensate:
      action: refund_payment
      input: [order_id, charge_payment.payment_id]
      timeout: 30s

  - choose: gift
    when:
      - if: input.amount > 100
        steps:
          - step: add_gift
            service: inventory
            input: [order_id]
            compensate: remove_gift

  - parallel: tell
    branches:
      stock:
        - step: tell_stock
          service: inventory
          input: [order_id]
          compensate: untell_stock
      buyer:
        - step: tell_buyer
          service: order
          input: [order_id]
          compensate: untell_buyer

  - step: create_shipment
    service: inventory
    role: pivot
    input: [order_id, reserve_inventory.reservation_id]
    output: { tracking: string }

output: { tracking: "${create_shipment.tracking}" }
"""

# What is written, what was meant, and the place and a word of the finding and of its help.
SLIPS: list[tuple[str, str, str, tuple[int, int], str, str]] = [
    ('over-indented key', '    service: inventory\n    input: [order_id, items]\n    output', '      service: inventory\n    input: [order_id, items]\n    output', (28, 7), "'service' is indented deeper than 'step', which has its value already.", "Begin it in column 5, below 'step'."),
    ('over-indented later key', '    fails: [out_of_stock]', '      fails: [out_of_stock]', (31, 7), "'fails' is indented deeper than 'output', which has its value already.", "Begin it in column 5, below 'output'."),
    ('under-indented key', '    fails: [out_of_stock]', '   fails: [out_of_stock]', (31, 4), "'fails' is not indented as the keys of the item above, so it belongs to none.", 'Begin it in column 5.'),
    ('under-indented to dash', '    fails: [out_of_stock]', '  fails: [out_of_stock]', (31, 3), "'fails' is not indented as the keys of the item above, so it belongs to none.", 'Begin it in column 5.'),
    ('missing colon', '    fails: [out_of_stock]', '    fails [out_of_stock]', (31, 10), "A ':' is missing after 'fails'.", 'Write `fails: ...`.'),
    ('missing colon steps', 'steps:\n', 'steps\n', (20, 6), "A ':' is missing after 'steps'.", 'Write `steps: ...`.'),
    ('missing colon first key', '  - step: charge_payment', '  - step charge_payment', (34, 9), "A ':' is missing after 'step'.", 'Write `step: ...`.'),
    ('missing dash', '  - step: charge_payment', '    step: charge_payment', (34, 5), "A '-' is missing before 'step': a new item begins here.", 'Write `- step: ...`.'),
    ('missing dash 1st', '  - step: validate_order', '    step: validate_order', (21, 5), "A '-' is missing before 'step'.", 'Write `- step: ...`.'),
    ('missing dash space', '  - step: charge_payment', '  -step: charge_payment', (34, 3), "A space is missing after the '-'.", 'Write `- step: ...`.'),
    ('dash too deep', '  - step: charge_payment', '    - step: charge_payment', (34, 5), "This '-' stands deeper than the dashes of the list above.", 'Put all dashes of a list into one column.'),
    ('dash too shallow', '  - step: charge_payment', ' - step: charge_payment', (34, 2), 'The indentation does not fit: this line belongs to nothing above it.', 'Put the keys of one mapping, and the dashes of one list, into the same column.'),
    ('tab indent', '    fails: [out_of_stock]', '\tfails: [out_of_stock]', (31, 1), 'YAML takes no tabs: this one indents the line.', 'Indent with spaces.'),
    ('tab indent mix', '    fails: [out_of_stock]', '  \t fails: [out_of_stock]', (31, 3), 'YAML takes no tabs: this one indents the line.', 'Indent with spaces.'),
    ('tab after dash', '  - step: charge_payment', '  -\tstep: charge_payment', (34, 4), 'YAML takes no tabs: this one indents the line.', 'Indent with spaces.'),
    ('tab item', '  - step: charge_payment', '\t- step: charge_payment', (34, 1), 'YAML takes no tabs: this one indents the line.', 'Indent with spaces.'),
    ('tab in nested', '      action: refund_payment', '\t\taction: refund_payment', (42, 1), 'YAML takes no tabs: this one indents the line.', 'Indent with spaces.'),
    ('no space after colon', '    service: payment', '    service:payment', (35, 12), "A space is missing after the ':'.", 'Write `service: ...`.'),
    ('no space flow', '{ team: payments }', '{ team:payments }', (10, 19), "Unknown key 'team:payments' in a service.", 'Expected one of: team, description, fence, actions.'),
    ('no space top', 'version: 3', 'version:3', (2, 8), "A space is missing after the ':'.", 'Write `version: ...`.'),
    ('unclosed dquote mid', '    service: payment', '    service: "payment', (35, 14), 'This quoted text goes on to line 74: its end quote is missing.', 'Put a " at its end, on the same line.'),
    ('unclosed squote mid', '    service: payment', "    service: 'payment", (35, 14), 'This quoted text is never closed.', 'Put the same quote at its end.'),
    ('unclosed bracket', '    fails: [card_declined]', '    fails: [card_declined', (40, 12), "A ',' or the ']' of this list is missing.", "Separate the items by ',', end with ']'."),
    ('unclosed brace', '    output: { payment_id: string }', '    output: { payment_id: string', (39, 13), "A ',' or the '}' of this mapping is missing.", "Separate the entries by ',', end with '}'."),
    ('extra bracket', '    fails: [card_declined]', '    fails: [card_declined]]', (40, 27), "This ']' closes nothing.", 'Remove it, or open it before.'),
    ('wrong bracket', '    fails: [card_declined]', '    fails: [card_declined}', (40, 26), "This '}' closes nothing.", 'Remove it, or open it before.'),
    ('missing comma', '{ sku: string, quantity: integer }', '{ sku: string quantity: integer }', (13, 31), "A ',' or the '}' of this mapping is missing.", "Separate the entries by ',', end with '}'."),
    ('missing comma list', '[order_id, items]', '[order_id items]', (23, 13), "A list of names holds `order_id` or `STEP.FIELD`, not the text 'order_id items'.", 'For anything else write a mapping, `field: ${...}`.'),
    ('list under wrong parent', 'steps:\n  - step: validate_order', 'steps:\n  validate:\n  - step: validate_order', (21, 3), 'Expected a list of steps, found a mapping.', 'Begin each item of the list with a dash and a space: `- `.'),
    ('dup key', '    service: payment', '    service: payment\n    service: order', (36, 5), "The key 'service' is written twice.", ''),
    ('key of another item', '    service: payment', '    service: payment\n    branches: []', (36, 5), "Unknown key 'branches' in a step.", 'Expected one of: step, service, action, input, output, fails, effect, role, retry, timeout, heartbeat, idempotent, on_unknown, compensate, recover, events, locks, description, if, needs.'),
    ('on_failure in step', '    fails: [card_declined]', '    fails: [card_declined]\n    on_failure: continue', (41, 5), "Unknown key 'on_failure' in a step.", "It stands inside 'compensate'"),
    ('fail for fails', '    fails: [card_declined]', '    fail: [card_declined]', (40, 5), "Unknown key 'fail' in a step.", "Did you mean 'fails'? Expected one of: step, service, action, input, output, fails, effect, role, retry, timeout, heartbeat, idempotent, on_unknown, compensate, recover, events, locks, description, if, needs."),
    ('fail for fails word', '    fails: [card_declined]', '    fail: card_declined', (40, 5), "Unknown key 'fail' in a step.", "Did you mean 'fails'? Expected one of: step, service, action, input, output, fails, effect, role, retry, timeout, heartbeat, idempotent, on_unknown, compensate, recover, events, locks, description, if, needs."),
    ('compensation', '    compensate: release_inventory', '    compensation: release_inventory', (32, 5), "Unknown key 'compensation' in a step.", "Did you mean 'compensate'? Expected one of: step, service, action, input, output, fails, effect, role, retry, timeout, heartbeat, idempotent, on_unknown, compensate, recover, events, locks, description, if, needs."),
    ('compensated_by', '    compensate: release_inventory', '    undo: release_inventory', (32, 5), "Unknown key 'undo' in a step.", "Did you mean 'compensate'? Expected one of: step, service, action, input, output, fails, effect, role, retry, timeout, heartbeat, idempotent, on_unknown, compensate, recover, events, locks, description, if, needs."),
    ('rollback', '    compensate: release_inventory', '    rollback: release_inventory', (32, 5), "Unknown key 'rollback' in a step.", "Did you mean 'compensate'? Expected one of: step, service, action, input, output, fails, effect, role, retry, timeout, heartbeat, idempotent, on_unknown, compensate, recover, events, locks, description, if, needs."),
    ('when without if', '      - if: input.amount > 100\n        steps:', '      - steps:', (48, 9), "The key 'if' is missing in a case.", 'Add `if: ...`.'),
    ('case items not steps', '        steps:\n          - step: add_gift', '        items:\n          - step: add_gift', (49, 9), "Unknown key 'items' in a case.", "Did you mean 'steps'? Expected one of: if, steps."),
    ('nested steps not list', '        steps:\n          - step: add_gift', '        steps:\n            step: add_gift', (50, 13), 'Expected a list of steps, found a mapping.', 'Begin each item of the list with a dash and a space: `- `.'),
    ('branch not list', '        - step: tell_stock\n          service: inventory\n          input: [order_id]\n          compensate: untell_stock', '          step: tell_stock\n          service: inventory\n          input: [order_id]\n          compensate: untell_stock', (58, 11), 'Expected a list of steps, found a mapping.', 'Begin each item of the list with a dash and a space: `- `.'),
    ('input name: type str', '  items: [Item]', '  items: Item[]', (18, 10), 'There is no type `Item[]`.', "Did you mean 'Item'? Expected one of: string, integer, number, boolean, decimal, datetime, date, duration, uuid, bytes, any, Item."),
    ('expr no dollar', '      amount: ${input.amount}', '      amount: {input.amount}', (38, 15), 'This is a mapping with one key, not an expression.', 'Write `${input.amount}`.'),
    ('expr mustache', '      amount: ${input.amount}', '      amount: {{input.amount}}', (38, 16), 'A key must be a text, not a list or a mapping.', 'For an expression write ${...}.'),
    ('input bare str', '    input: [order_id, items]', '    input: order_id, items', (23, 12), "Expected an input: a list of names, or fields (a mapping of names to values), found the text 'order_id, items'.", ''),
    ('name key', '  - step: charge_payment', '  - name: charge_payment', (34, 5), "This item does not say what it is: 'name' is no kind of item.", 'Begin it with a kind'),
    ('saga missing', 'saga: order-fulfilment\n', '', (1, 1), "The key 'saga' is missing in a saga.", 'Add `saga: ...`.'),
    ('name for saga', 'saga: order-fulfilment\n', 'name: order-fulfilment\n', (1, 1), "Unknown key 'name' in a saga.", "Did you mean 'saga'? Expected one of: saga, version, description, key, deadline, start, cancel, services, types, input, defaults, locks, events, steps, output."),
    ('compensate empty map', '      action: refund_payment\n      input: [order_id, charge_payment.payment_id]\n      timeout: 30s\n', '', (41, 16), 'Expected the name of an action, found nothing.', 'Write it here, or indent it below.'),
    ('compensate unindented', '      action: refund_payment\n      input: [order_id, charge_payment.payment_id]\n      timeout: 30s\n', '    action: refund_payment\n    input: [order_id, charge_payment.payment_id]\n    timeout: 30s\n', (41, 16), 'Expected the name of an action, found nothing.', 'Write it here, or indent it below.'),
    ('input unindented', '      order_id: ${input.order_id}\n      amount: ${input.amount}\n', '    order_id: ${input.order_id}\n    amount: ${input.amount}\n', (37, 5), "'order_id' is not indented, so it does not belong to 'input'.", "Indent it below 'input'."),
    ('item end semicolon', '    service: payment', '    service: payment;', (35, 14), "'payment;' cannot be the name of a service: it must be snake_case, made of letters a-z, digits and single separators.", "Write 'payment'."),
    ('trailing comma', '    service: payment', '    service: payment,', (35, 14), "'payment,' cannot be the name of a service: it must be snake_case, made of letters a-z, digits and single separators.", "Write 'payment'."),
    ('equal', '    service: payment', '    service = payment', (35, 13), "Between 'service' and its value stands a ':', not a '='.", 'Write `service: ...`.'),
    ('types unindented', '  Item: { sku: string, quantity: integer }', 'Item: { sku: string, quantity: integer }', (13, 1), "'Item' is not indented, so it does not belong to 'types'.", "Indent it below 'types'."),
    ('services unindented', '  payment:      { team: payments }', 'payment:      { team: payments }', (10, 1), "'payment' is not indented, so it does not belong to 'services'.", "Indent it below 'services'."),
    ('fails str', '    fails: [card_declined]', '    fails: card_declined', (40, 12), "Expected a list of refusals, or a mapping of them to their data, found the text 'card_declined'.", 'Write `[card_declined]`.'),
    ('fails dash', '    fails: [card_declined]', '    fails: - card_declined', (40, 12), 'A list may not start here.', "Put the first '-' on a line of its own, below the key."),
    ('output list', '    output: { payment_id: string }', '    output: [payment_id]', (39, 13), 'Expected fields (a mapping of names to types), found a list.', 'Write `{ payment_id: string }`, each with its type.'),
    ('output str', '    output: { payment_id: string }', '    output: payment_id', (39, 13), "Expected fields (a mapping of names to types), found the text 'payment_id'.", 'Write `{ payment_id: string }`, each with its type.'),
    ('two heads', '  - step: charge_payment\n', '  - step: charge_payment\n    wait: other\n', (35, 5), "This item is a step already: 'wait' would make it another.", 'Begin a new item with `- wait: ...`.'),
    ('two heads, the first wrong', '  - step: charge_payment\n', '  - group: payment\n    step: charge_payment\n', (35, 5), "This item is a group already: 'step' would make it another.", 'Begin a new item with `- step: ...`.'),
    ('two heads, the second wrong', '  - parallel: tell\n', '  - parallel: tell\n    step: other\n', (56, 5), "This item is a parallel already: 'step' would make it another.", 'Begin a new item with `- step: ...`.'),
    ('a loop and its step in one', '  - parallel: tell\n', '  - foreach: pack\n    in: ${input.items}\n    as: item\n    step: pack_item\n    service: inventory\n    input: { sku: "${item.sku}" }\n    compensate: unpack_item\n\n  - parallel: tell\n', (58, 5), "This item is a foreach already: 'step' would make it another.", 'Begin a new item with `- step: ...`.'),
    ('a step and its loop in one', '  - parallel: tell\n', '  - step: pack_item\n    service: inventory\n    input: { sku: "${item.sku}" }\n    mode: parallel\n    foreach: pack\n    in: ${input.items}\n    as: item\n    compensate: unpack_item\n\n  - parallel: tell\n', (59, 5), "This item is a step already: 'foreach' would make it another.", 'Begin a new item with `- foreach: ...`.'),
    ('a loop with steps and a step in one', '  - parallel: tell\n', '  - foreach: pack\n    in: ${input.items}\n    as: item\n    step: other\n    steps: [{ step: pack_item, service: inventory, input: { sku: "${item.sku}" }, compensate: unpack_item }]\n\n  - parallel: tell\n', (58, 5), "This item is a foreach already: 'step' would make it another.", 'Begin a new item with `- step: ...`.'),
    ('a loop in one line, and its step', '  - parallel: tell\n', '  - foreach: item in ${input.items}\n    step: pack_item\n    service: inventory\n    input: { sku: "${item.sku}" }\n    compensate: unpack_item\n\n  - parallel: tell\n', (56, 5), "This item is a foreach already: 'step' would make it another.", 'Write `foreach: NAME`, `in: ${input.items}` and `as: item`, and its items as a list under `steps:`.'),
    ('a loop in one line', '  - parallel: tell\n', '  - foreach: item in input.items\n    steps: [{ step: pack_item, service: inventory, input: { sku: "${item.sku}" }, compensate: unpack_item }]\n\n  - parallel: tell\n', (55, 14), 'The head of a foreach is its name only.', 'Write `foreach: NAME`, `in: input.items` and `as: item`, and its items as a list under `steps:`.'),
    ('a loop in one line, and a step without keys', '  - parallel: tell\n', '  - foreach: item in input.items\n    step: pack_item\n\n  - parallel: tell\n', (56, 5), "This item is a foreach already: 'step' would make it another.", 'Write `foreach: NAME`, `in: input.items` and `as: item`'),
    ('a loop that ends in a step', '  - parallel: tell\n', '  - foreach: pack\n    in: input.items\n    as: item\n    step: pack_item\n\n  - parallel: tell\n', (58, 5), "This item is a foreach already: 'step' would make it another.", 'Begin a new item with `- step: ...`.'),
    ('a group that ends in a step', '  - parallel: tell\n', '  - group: packing\n    step: pack_item\n\n  - parallel: tell\n', (56, 5), "This item is a group already: 'step' would make it another.", 'Begin a new item with `- step: ...`.'),
    ('a parallel that ends in a step', '  - parallel: tell\n', '  - parallel: packing\n    step: pack_item\n\n  - parallel: tell\n', (56, 5), "This item is a parallel already: 'step' would make it another.", 'Begin a new item with `- step: ...`.'),
    ('a step that ends in a loop', '  - parallel: tell\n', '  - step: pack_item\n    service: inventory\n    input: [order_id]\n    compensate: unpack_item\n    foreach: pack\n\n  - parallel: tell\n', (59, 5), "This item is a step already: 'foreach' would make it another.", 'Begin a new item with `- foreach: ...`.'),
    ('a choice without its cases and a step in one', '  - parallel: tell\n', '  - choose: packing\n    service: order\n    step: pack_item\n    input: [order_id]\n    compensate: unpack_item\n\n  - parallel: tell\n', (57, 5), "This item is a choose already: 'step' would make it another.", 'Begin a new item with `- step: ...`.'),
    ('head twice', '  - step: charge_payment\n', '  - step: charge_payment\n    step: other\n', (35, 5), "The key 'step' is written twice.", ''),
    ('dash before a key', '    service: payment\n', '  - service: payment\n', (35, 5), "This '-' begins a new item, but 'service' belongs to the step above.", "Remove the '-', and begin 'service' below 'step'."),
    ('dash before every key', '    service: inventory\n    input: [order_id, items]\n    output: { reservation_id: string }\n', '  - service: inventory\n  - input: [order_id, items]\n  - output: { reservation_id: string }\n', (28, 5), "This '-' begins a new item, but 'service' belongs to the step above.", "Remove the '-', and"),
    ('input indented', 'input:\n  order_id: string\n  amount: decimal\n  items: [Item]\n', '  input:\n    order_id: string\n    amount: decimal\n    items: [Item]\n', (15, 3), "'input' is indented, so it stands inside 'types'.", 'Begin it in column 1'),
    ('input indented, its fields not', 'input:\n', '  input:\n', (15, 3), "'input' is indented, so it stands inside 'types'.", 'Begin it in column 1'),
    ('types indented', 'types:\n  Item', '  types:\n    Item', (12, 3), "'types' is indented, so it stands inside 'services'.", 'Begin it in column 1'),
    ('output under the last step', 'output: { tracking: "${', '    output: { tracking: "${', (74, 5), "The key 'output' is written twice.", ''),
    ('retries', '    fails: [card_declined]', '    fails: [card_declined]\n    retries: 3', (41, 5), "Unknown key 'retries' in a step.", 'Write `retry: { attempts: 3 }`.'),
    ('then', '        steps:\n          - step: add_gift', '        then:\n          - step: add_gift', (49, 9), "Unknown key 'then' in a case.", "Did you mean 'steps'?"),
    ('count', '    fails: [card_declined]', '    fails: [card_declined]\n    retry: { count: 3 }', (41, 14), "Unknown key 'count' in a retry.", "Did you mean 'attempts'?"),
    ('services as a list', '  order:        { team: storefront }\n  inventory:    { team: warehouse }\n  payment:      { team: payments }\n', '  - order\n  - inventory\n  - payment\n', (8, 3), 'Expected services (a mapping of names to their teams), found a list.', 'Write `{ order: {}, inventory: {}, payment: {} }`.'),
]  # fmt: skip


def findings(text: str) -> tuple[Diagnostic, ...]:
    def load(path: str) -> str:
        return SPECS.joinpath(Path(path).name).read_text("utf-8")

    found = compile(text, "specs/o.saga.yaml", load).diagnostics
    return tuple(each for each in found if each.severity is not Severity.INFO)  # advice


def test_the_base_is_right() -> None:
    assert not findings(BASE)


@pytest.mark.parametrize(
    ("meant", "written", "place", "message", "help"),
    [case[1:] for case in SLIPS],
    ids=[case[0] for case in SLIPS],
)
def test_one_slip(
    meant: str, written: str, place: tuple[int, int], message: str, help: str
) -> None:
    assert BASE.count(meant) >= 1
    (only,) = findings(BASE.replace(meant, written, 1))
    assert (only.span[:2], only.message) == (place, message)
    assert (only.help or "").startswith(help)


def test_steps_inside_the_input_are_one_finding() -> None:
    before, steps = BASE.split("steps:\n", 1)
    steps, after = steps.split("\noutput:")
    inside = "".join(f"  {line}\n" if line else "\n" for line in steps.split("\n"))
    (only,) = findings(f"{before}  steps:\n{inside}\noutput:{after}")
    assert only.message == "'steps' is indented, so it stands inside 'input'."


def test_fields_may_be_called_as_keys_of_a_saga() -> None:
    fields = "  version: integer\n  output: string\n  types: { a: string }\n  events: [string]\n"
    assert not findings(BASE.replace("  amount: decimal\n", f"  amount: decimal\n{fields}"))


def damaged(line: str) -> list[str]:
    """A line with one slip in its indentation, its colon, its dash."""
    said = line.lstrip(" ")
    if not said or said.startswith("#"):
        return []
    indent = line[: len(line) - len(said)]
    found = [f" {line}"]
    if indent:
        found += [line[1:], "\t" * (len(indent) // 2) + said]
    if said.startswith("- "):
        found += [f"{indent}  {said[2:]}", f"{indent}-{said[2:]}"]
    if re.match(r"(- )?[a-z_]+: ", said):
        found.append(re.sub(r"^((?:- )?[a-z_]+): +", r"\1 ", said).join((indent, "")))
        found.append(re.sub(r"^((?:- )?[a-z_]+): +", r"\1:", said).join((indent, "")))
    return found


@pytest.mark.parametrize("name", ["order-fulfilment", "trip-booking", "ride-hailing"])
def test_any_line_with_a_slip_is_one_finding(name: str) -> None:
    lines = SPECS.joinpath(f"{name}.saga.yaml").read_text("utf-8").split("\n")
    for number, line in enumerate(lines):
        for broken in damaged(line):
            found = findings("\n".join([*lines[:number], broken, *lines[number + 1 :]]))
            assert len(found) <= 1, (number + 1, broken, [each.message for each in found])
