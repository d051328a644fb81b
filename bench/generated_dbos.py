"""The generated order saga with handlers that cost nothing.

``python -m bench.generated_dbos CODE STORE SAGAS failing|succeeding IN_FLIGHT`` prints sagas per
second; CODE is the folder that ``sagac generate`` wrote.
"""

from __future__ import annotations

import asyncio
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any


class Handlers:
    """All services in one; the last call before the pivot refuses when told to."""

    def __init__(self, types: Any, *, failing: bool) -> None:
        self.types = types
        self.failing = failing

    async def validate_order(self, request: Any, call: Any) -> None:
        return None

    async def reserve_inventory(self, request: Any, call: Any) -> Any:
        return self.types.ReserveInventoryOutput(call.key)

    async def release_inventory(self, request: Any, call: Any) -> None:
        return None

    async def charge_payment(self, request: Any, call: Any) -> Any:
        return self.types.ChargePaymentOutput(call.key)

    async def refund_payment(self, request: Any, call: Any) -> None:
        return None

    async def tell_customer(self, request: Any, call: Any) -> None:
        return None

    async def create_shipment(self, request: Any, call: Any) -> Any:
        return self.types.NoCarrier() if self.failing else self.types.CreateShipmentOutput(call.key)

    async def query_create_shipment(self, request: Any, call: Any) -> Any:
        return import_module("order_fulfilment.generated.contract").NotYet()

    async def send_confirmation(self, request: Any, call: Any) -> None:
        return None


async def measure(folder: Path, sagas: int, *, failing: bool, in_flight: int) -> float:
    """Sagas per second over ``sagas`` sagas, so many at a time."""
    worker = import_module("order_fulfilment.worker")
    handlers = Handlers(import_module("order_fulfilment.generated.types"), failing=failing)
    services = worker.Services(*[handlers] * 5)
    turns = asyncio.Semaphore(in_flight)

    async def one(number: int) -> None:
        async with turns:
            order = {
                "order_id": str(number),
                "customer_email": "someone@example.com",
                "amount": "19.90",
                "items": [{"sku": "sku-1", "quantity": 2}],
            }
            run = await engine.start_json(worker.SAGA, worker.VERSION, order)
            end = await run.wait()
            assert end.state == ("COMPENSATED" if failing else "COMPLETED")

    async with worker.make_engine(f"sqlite:///{folder}/sagas.sqlite", services) as engine:
        began = time.perf_counter()
        await asyncio.gather(*(one(number) for number in range(sagas)))
        return sagas / (time.perf_counter() - began)


def main(code: str, folder: str, sagas: str, failing: str, in_flight: str) -> None:
    """Measures once and prints sagas per second."""
    sys.path.insert(0, code)
    Path(folder).mkdir(parents=True, exist_ok=True)
    run = measure(Path(folder), int(sagas), failing=failing == "failing", in_flight=int(in_flight))
    print(round(asyncio.run(run), 1))


if __name__ == "__main__":
    main(*sys.argv[1:6])
