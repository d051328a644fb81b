"""The generated order saga with handlers that cost nothing.

``python -m bench.generated_dbos CODE STORE IN_FLIGHT`` runs sagas as its stdin says
(``bench.turns``); CODE is the folder that ``sagac generate`` wrote.
"""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from bench import turns


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


async def serve(folder: Path, in_flight: int) -> None:
    """Runs sagas as stdin says."""
    worker = import_module("order_fulfilment.worker")
    handlers = Handlers(import_module("order_fulfilment.generated.types"), failing=False)
    services = worker.Services(*[handlers] * 5)

    async def one(key: str, failing: bool) -> None:
        handlers.failing = failing
        order = {
            "order_id": key,
            "customer_email": "someone@example.com",
            "amount": "19.90",
            "items": [{"sku": "sku-1", "quantity": 2}],
        }
        run = await engine.start_json(worker.SAGA, worker.VERSION, order)
        end = await run.wait()
        assert end.state == ("COMPENSATED" if failing else "COMPLETED")

    async with worker.make_engine(f"sqlite:///{folder}/sagas.sqlite", services) as engine:
        await turns.serve(one, in_flight)


def main(code: str, folder: str, in_flight: str) -> None:
    """Serves until stdin ends."""
    sys.path.insert(0, code)
    Path(folder).mkdir(parents=True, exist_ok=True)
    asyncio.run(serve(Path(folder), int(in_flight)))


if __name__ == "__main__":
    main(*sys.argv[1:4])
