"""What must hold after a storm: for each order, for all services, for the observer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .fleet import SERVICES, Fleet

FORWARD = ("reserve_inventory", "charge_payment", "create_shipment", "send_confirmation")
BACK = {
    "validate_order": (),
    "reserve_inventory": (),
    "charge_payment": ("reserve_inventory", "release_inventory"),
    "create_shipment": (
        "reserve_inventory", "charge_payment", "tell_customer", "refund_payment",
        "release_inventory",
    ),
}  # fmt: skip
SPENT = ("reserve_inventory", "charge_payment", "refund_payment", "release_inventory")


def expected(order: str) -> tuple[str, tuple[str, ...]]:
    """How an order must end, and the effects that it must have, in their order."""
    _, refused, trouble = order.split("-")
    if trouble == "spent":
        return "COMPENSATED", SPENT
    if not refused:
        return "COMPLETED", FORWARD
    left = ("release_inventory",) if trouble == "left" else ()
    return "COMPENSATED", tuple(step for step in BACK[refused] if step not in left)


def check(fleet: Fleet, orders: Sequence[str]) -> Iterator[str]:
    """What does not hold."""
    yield from check_orders(fleet, orders)
    for service in SERVICES:
        waiting = fleet.read(service, "select subject from saga_outbox")
        if waiting:
            yield f"{service}: {len(waiting)} messages are left in the outbox"
        sql = "select key, node, state from saga_nodes where due is not null"
        if due := fleet.read(service, sql):
            yield f"{service}: still has to do: {due[:3]}"
    if fleet.stuck() or fleet.letters():
        yield f"dead letters that nobody provoked: {fleet.stuck()} {fleet.letters()}"


def check_orders(fleet: Fleet, orders: Sequence[str]) -> Iterator[str]:
    """What does not hold of single orders."""
    ledger, observed, effects = fleet.ledger(), fleet.observed(), fleet.effects()
    if set(ledger) != set(orders):
        yield f"orders that are unknown, or too many: {sorted(set(ledger) ^ set(orders))[:5]}"
    for order in orders:
        state, steps = expected(order)
        if ledger.get(order) != state:
            yield f"{order}: is {ledger.get(order)}, not {state}"
        if observed.get(order) != ledger.get(order):
            yield f"{order}: is {observed.get(order)} for the observer, {ledger.get(order)}"
        if tuple(effects.get(order, ())) != steps:
            yield f"{order}: the effects are {effects.get(order)}, not {list(steps)}"
