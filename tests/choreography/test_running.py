"""The generated order saga, run: its own runtime, five services with a database each, one bus."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from .generated import imported
from .test_generated import spec
from .test_machine import SPECS

ORDER = next(each for each in SPECS if each.name == "order-fulfilment.saga.yaml")
PACKAGE = "running_saga"
SERVICES = ("order", "inventory", "payment", "shipping", "notification")


class Handlers:
    """The handlers of all services: typed answers, and a note of every call."""

    def __init__(self, refuse: str | None) -> None:
        self.types: Any = import_module(f"{PACKAGE}.generated.types")
        self.refuse = refuse
        self.calls: list[tuple[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        if name == "database":
            raise AttributeError(name)

        async def act(request: Any, call: Any) -> Any:
            self.calls.append((name, request))
            return self.answer(name, call)

        return act

    def answer(self, name: str, call: Any) -> Any:
        if name == self.refuse:
            return self.types.CardDeclined()
        match name:
            case "reserve_inventory":
                return self.types.ReserveInventoryOutput(f"reserved-{call.saga_key}")
            case "charge_payment":
                return self.types.ChargePaymentOutput("paid")
            case "create_shipment":
                return self.types.CreateShipmentOutput("parcel-7")
        return None


async def play(folder: Path, handlers: Handlers) -> Mapping[str, Any]:
    """How the saga ends: the row of its end."""
    runtime = f"{PACKAGE}.generated.choreography.runtime"
    return await play_on(folder, handlers, import_module(f"{runtime}.bus").LocalBus())


async def play_on(folder: Path, handlers: Handlers, bus: Any) -> Mapping[str, Any]:
    """The same on a bus."""
    runtime = f"{PACKAGE}.generated.choreography.runtime"
    service = import_module(f"{runtime}.service").Service
    tables = import_module(f"{PACKAGE}.generated.choreography").tables
    running = {
        name: service(tables(name, handlers), str(folder / f"{name}.sqlite"), bus)
        for name in SERVICES
    }
    version = import_module(f"{PACKAGE}.generated.choreography.v3.types")
    item = handlers.types.Item("hat", 2)
    input = version.OrderFulfilmentInput("order-1", "a@example.org", Decimal(10), [item])
    for each in running.values():
        await each.open()
    try:
        key = await running["order"].start(input)
        return await asyncio.wait_for(ended(running["order"], key), 30)
    finally:
        for each in running.values():
            await each.close()


async def ended(order: Any, key: str) -> Mapping[str, Any]:
    while True:
        async with order.alone(order.newest, key) as turn:
            if turn.machine.course.ended:
                start, end = (turn.machine.rows.get(each, ()) for each in ("start", "end"))
                state = start.state if start.state == "undone" else end.state
                return {"state": state, "output": end.own}
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("refuse", [None, "charge_payment"])
def test_an_order(tmp_path: Path, refuse: str | None) -> None:
    with imported(spec(ORDER), tmp_path, PACKAGE):
        handlers = Handlers(refuse)
        end = asyncio.run(play(tmp_path, handlers))
        names = [name for name, _ in handlers.calls]
        requests = dict(handlers.calls)
        if refuse is None:
            assert end == {"state": "done", "output": {"tracking": "parcel-7"}}
            assert names[-1] == "send_confirmation"
            wanted = handlers.types.SendConfirmationInput("a@example.org", "parcel-7")
            assert requests["send_confirmation"] == wanted
        else:
            assert end["state"] == "undone"
            assert names[-1] == "release_inventory"
            undone = requests["release_inventory"]
            assert undone.reservation_id == "reserved-order-1"
            assert undone.items == [handlers.types.Item("hat", 2)]
        assert len(names) == len(set(names))
