"""The five services of the hand-written order saga: who reacts to what."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any

from bench.handwritten_bus import Bus, Event
from bench.handwritten_choreography import DEADLINE, Data, Participant, Step


class Business:
    """Calls that cost nothing; the one at the pivot refuses when told to."""

    def __init__(self, *, failing: bool) -> None:
        self.failing = failing

    async def give(self, request: Data, key: str) -> Data | str:
        return {"id": key}

    async def ship(self, request: Data, key: str) -> Data | str:
        return "no_carrier" if self.failing else {"id": key}

    async def query(self, request: Data, key: str) -> Data | str:
        raise LookupError("not yet")


def _pick(data: Data, *names: str, **more: Any) -> Data:
    return {name: data[name] for name in names} | more


class Order(Participant):
    """Starts sagas and hears their end."""

    name = "order"

    def __init__(self, folder: Path, bus: Bus, business: Business) -> None:
        super().__init__(folder, bus)
        self.steps["validate_order"] = Step(
            "validate_order",
            business.give,
            "OrderValidated",
            lambda given, _: _pick(given, "order_id", "customer_email", "amount", "items"),
            "OrderRejected",
        )
        self.hears |= {
            "PlaceOrder": self.place,
            "ConfirmationSent": partial(self.over, "COMPLETED"),
            "OrderRejected": partial(self.over, "COMPENSATED"),
            "InventoryUnavailable": partial(self.over, "COMPENSATED"),
            "InventoryReleased": partial(self.over, "COMPENSATED"),
        }

    def place(self, event: Event) -> None:
        key = event.data["order_id"]
        sql = "insert into sagas values (?, 'RUNNING', null) on conflict do nothing returning key"
        if not self.db.execute(sql, (key,)).fetchone():
            return
        now = time.time()
        self.tell("OrderPlaced", key, now, {})
        self.begin("validate_order", Event("", "", key, now, event.data, "", ""))

    def over(self, state: str, event: Event) -> None:
        sql = """update sagas set state = ? where key = ? and state = 'RUNNING' returning key"""
        if self.db.execute(sql, (state, event.key)).fetchone():
            self.tell("OrderEnded", event.key, event.started, {"state": state, **event.data})


class Inventory(Participant):
    name = "inventory"

    def __init__(self, folder: Path, bus: Bus, business: Business) -> None:
        super().__init__(folder, bus)
        self.steps["reserve"] = Step(
            "reserve",
            business.give,
            "InventoryReserved",
            lambda given, own: _pick(
                given, "order_id", "customer_email", "amount", reservation_id=own["id"]
            ),
            "InventoryUnavailable",
            undo=business.give,
            undone="InventoryReleased",
        )
        self.hears |= {
            "OrderValidated": partial(self.begin, "reserve"),
            "PaymentFailed": partial(self.take_back, "reserve"),
            "PaymentRefunded": partial(self.take_back, "reserve"),
        }


class Payment(Participant):
    name = "payment"

    def __init__(self, folder: Path, bus: Bus, business: Business) -> None:
        super().__init__(folder, bus)
        self.steps["charge"] = Step(
            "charge",
            business.give,
            "PaymentCharged",
            lambda given, _: _pick(given, "order_id", "customer_email", "reservation_id"),
            "PaymentFailed",
            undo=business.give,
            undone="PaymentRefunded",
        )
        self.hears |= {
            "InventoryReserved": partial(self.begin, "charge"),
            "CustomerTold": partial(self.take_back, "charge"),
        }


class Shipping(Participant):
    """Judges cancel and deadline: its step is the point of no return."""

    name = "shipping"

    def __init__(self, folder: Path, bus: Bus, business: Business) -> None:
        super().__init__(folder, bus)
        self.steps["ship"] = Step(
            "ship",
            business.ship,
            "ShipmentCreated",
            lambda given, own: _pick(given, "customer_email", tracking=own["id"]),
            "ShipmentFailed",
            keeps=("customer_email",),
            query=business.query,
        )
        self.hears |= {
            "OrderPlaced": self.placed,
            "PaymentCharged": self.charged,
            "OrderCancelled": lambda event: self.halt(event.key, event.started, "cancelled"),
        }

    def placed(self, event: Event) -> None:
        row = (event.key, event.started + DEADLINE)
        self.db.execute("insert into sagas values (?, 'OPEN', ?) on conflict do nothing", row)

    def charged(self, event: Event) -> None:
        self.db.execute(
            "insert into sagas values (?, 'DECIDED', null) on conflict (key) do update"
            " set state = 'DECIDED', deadline = null where state = 'OPEN'",
            (event.key,),
        )
        self.begin("ship", event)

    def halt(self, key: str, started: float, why: str) -> None:
        sql = """update sagas set state = 'HALTED', deadline = null
        where key = ? and state = 'OPEN' returning key"""
        if self.db.execute(sql, (key,)).fetchone():
            self.db.execute("insert into halts values (?, ?) on conflict do nothing", (key, why))
            self.tell("OrderHalted", key, started, {"why": why})

    def overdue(self, now: float) -> None:
        sql = "select key, deadline from sagas where deadline <= ?"
        for key, deadline in self.db.execute(sql, (now,)).fetchall():
            with self.tx():
                self.halt(key, deadline - DEADLINE, "timed_out")


class Notification(Participant):
    name = "notification"

    def __init__(self, folder: Path, bus: Bus, business: Business) -> None:
        super().__init__(folder, bus)
        self.steps["tell"] = Step(
            "tell",
            business.give,
            "CustomerTold",
            lambda given, _: _pick(given, "why"),
            forever=True,
        )
        self.steps["confirm"] = Step(
            "confirm",
            business.give,
            "ConfirmationSent",
            lambda given, _: _pick(given, "tracking"),
            forever=True,
        )
        self.hears |= {
            "ShipmentFailed": partial(self.begin, "tell"),
            "ShipmentCreated": partial(self.begin, "confirm"),
        }


KINDS = {kind.name: kind for kind in (Order, Inventory, Payment, Shipping, Notification)}


def make(service: str, folder: Path, bus: Bus, business: Business) -> Participant:
    """The service of that name."""
    kind: Any = KINDS[service]
    participant: Participant = kind(folder, bus, business)
    return participant
