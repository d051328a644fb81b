"""The order saga on DBOS as an expert would write it by hand: generated code is measured by it.

It keeps the same promises: an idempotency key per call, a fence against late actions, retries with
backoff, a timeout per attempt, a deadline, cancelling until the point of no return, and a status
that DBOS's own records answer.

``python -m bench.handwritten_dbos STORE IN_FLIGHT`` runs sagas as its stdin says
(``bench.turns``).
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig, SetWorkflowID

from bench import turns

log = logging.getLogger("orders")

ATTEMPTS = 5
TIMEOUT = 10.0
DEADLINE = 24 * 3600.0


@dataclass(frozen=True)
class Order:
    order_id: str
    customer_email: str
    amount: Decimal
    items: list[tuple[str, int]]


@dataclass(frozen=True)
class Refusal:
    reason: str


class OrderFailed(Exception):
    def __init__(self, step: str, reason: str, *, unknown: bool) -> None:
        super().__init__(f"{step}: {reason}")
        self.step = step
        self.reason = reason
        self.unknown = unknown


class Ledger:
    """One row per idempotency key: the stored answer, or a tombstone that fences the action."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        self.connection.execute("pragma journal_mode=wal")
        self.connection.execute("pragma synchronous=normal")
        self.connection.execute(
            "create table if not exists calls"
            " (key text primary key, state text not null, answer text, at text not null)"
        )
        self.connection.execute("create table if not exists cancels (saga text primary key)")

    def cancels(self) -> set[str]:
        """The sagas that another process wants cancelled."""
        return {row[0] for row in self.connection.execute("select saga from cancels")}

    def look(self, key: str) -> tuple[str, str | None] | None:
        found = self.connection.execute("select state, answer from calls where key = ?", (key,))
        row: tuple[str, str | None] | None = found.fetchone()
        return row

    def done(self, key: str, answer: Any) -> None:
        self.connection.execute(
            "insert into calls values (?, 'done', ?, ?)", (key, json.dumps(answer), _now())
        )

    def bury(self, key: str) -> None:
        self.connection.execute(
            "insert into calls values (?, 'tombstone', null, ?)"
            " on conflict (key) do update set state = 'tombstone'",
            (key, _now()),
        )

    def undone(self, key: str, action: str) -> None:
        self.connection.execute("begin immediate")
        try:
            self.connection.execute("insert into calls values (?, 'done', null, ?)", (key, _now()))
            self.bury(action)
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")


Action = Callable[[dict[str, Any], str], Awaitable[dict[str, Any] | Refusal]]
Query = Callable[[dict[str, Any], str], Awaitable[dict[str, Any] | Refusal | None]]


class Services:
    """Business calls that cost nothing; the last one before the pivot refuses when told to."""

    async def give(self, request: dict[str, Any], key: str) -> dict[str, Any] | Refusal:
        return {"id": key}

    async def query(self, request: dict[str, Any], key: str) -> dict[str, Any] | Refusal | None:
        """What became of a call; None: nothing yet, it may be made again."""
        return None

    async def refuse(self, request: dict[str, Any], key: str) -> dict[str, Any] | Refusal:
        return Refusal("no_carrier")


class Orders:
    """The workflow and the machinery that it needs."""

    def __init__(self, ledger: Ledger, services: Services) -> None:
        self.ledger = ledger
        self.services = services
        self.cancelled: set[str] = set()

    async def watch(self) -> None:
        """Keeps what is to be cancelled in memory, so that calls need not ask for it."""
        while True:
            self.cancelled = self.ledger.cancels()
            await asyncio.sleep(0.1)

    async def order(self, order: Order, started: float) -> dict[str, Any]:
        saga = f"order/{order.order_id}"
        give = self.services.give
        ship = self.services.refuse if order.amount < 0 else give
        undo: list[tuple[str, dict[str, Any], Callable[[], Any]]] = []
        known: dict[str, Any] = {}
        goods = {"order_id": order.order_id, "items": order.items}
        money = {"order_id": order.order_id, "amount": str(order.amount)}
        try:
            await self.act(saga, "validate_order", give, goods, started)
            undo.append(("reserve_inventory", goods, lambda: known.get("reservation")))
            known["reservation"] = (
                await self.act(saga, "reserve_inventory", give, goods, started)
            )["id"]
            undo.append(("charge_payment", money, lambda: known.get("payment")))
            known["payment"] = (await self.act(saga, "charge_payment", give, money, started))["id"]
            mail = {"customer_email": order.customer_email}
            undo.append(("tell_customer", mail, lambda: None))
            parcel = {"order_id": order.order_id, "reservation": known["reservation"]}
            shipment = await self.act(
                saga, "create_shipment", ship, parcel, started, query=self.services.query
            )
        except OrderFailed as failure:
            if undo and undo[-1][0] == failure.step and not failure.unknown:
                undo.pop()
            for step, request, own in reversed(undo):
                await self.take_back(saga, step, request | {"own": own()}, failure.reason)
            return {"state": "COMPENSATED", "step": failure.step, "reason": failure.reason}
        thanks = {"customer_email": order.customer_email, "tracking": shipment["id"]}
        await self.act(saga, "send_confirmation", give, thanks, None)
        return {"state": "COMPLETED", "tracking": shipment["id"]}

    async def act(
        self,
        saga: str,
        step: str,
        action: Action,
        request: dict[str, Any],
        started: float | None,
        query: Query | None = None,
    ) -> dict[str, Any]:
        """One durable call; ``started`` None: past the point of no return, for ever."""

        async def perform() -> dict[str, Any]:
            key = f"{saga}/{step}"
            attempt = 0
            while True:
                attempt += 1
                if started is not None and (reason := self.off(saga, started)):
                    return await self.called_off(key, query, request, reason)
                try:
                    async with asyncio.timeout(TIMEOUT):
                        return await self.once(key, action, request)
                except Exception:
                    log.exception("%s failed at attempt %d", key, attempt)
                    if started is not None and attempt >= ATTEMPTS:
                        settled = await self.settle(key, query, request)
                        if settled is not None:
                            return settled
                    await asyncio.sleep(random.uniform(0, min(0.2 * 2 ** (attempt - 1), 30)))

        outcome = await DBOS.run_step_async({"name": step}, perform)
        if "failed" in outcome:
            raise OrderFailed(step, outcome["failed"], unknown=outcome.get("unknown", False))
        answer: dict[str, Any] = outcome["answer"]
        return answer

    async def once(self, key: str, action: Action, request: dict[str, Any]) -> dict[str, Any]:
        if (entry := self.ledger.look(key)) is not None:
            state, stored = entry
            return (
                {"answer": json.loads(stored or "{}")} if state == "done" else {"failed": "fenced"}
            )
        answer = await action(request, key)
        if isinstance(answer, Refusal):
            return {"failed": answer.reason}
        self.ledger.done(key, answer)
        return {"answer": answer}

    async def settle(
        self, key: str, query: Query | None, request: dict[str, Any]
    ) -> dict[str, Any] | None:
        """An outcome that nobody knows; None: call again."""
        if query is None:
            return {"failed": "unknown", "unknown": True}
        try:
            async with asyncio.timeout(TIMEOUT):
                answer = await query(request, key)
        except Exception:
            return None
        if isinstance(answer, Refusal):
            self.ledger.bury(key)
            return {"failed": answer.reason}
        if answer is not None:
            self.ledger.done(key, answer)
            return {"answer": answer}
        return None

    async def called_off(
        self, key: str, query: Query | None, request: dict[str, Any], reason: str
    ) -> dict[str, Any]:
        """Cancelled or too late. A crash may have interrupted this very call, so it counts as
        unknown and is undone; what cannot be undone is asked for, and fenced if it is not done."""
        if query is None:
            return {"failed": reason, "unknown": True}
        settled = await self.settle(key, query, request)
        if settled is None:
            self.ledger.bury(key)
        return settled or {"failed": reason}

    async def take_back(self, saga: str, step: str, request: dict[str, Any], reason: str) -> None:
        async def perform() -> dict[str, Any]:
            action, key, attempt = f"{saga}/{step}", f"{saga}/{step}~undo", 0
            while True:
                attempt += 1
                try:
                    async with asyncio.timeout(TIMEOUT):
                        if self.ledger.look(key) is None:
                            await self.services.give(request | {"reason": reason}, key)
                            self.ledger.undone(key, action)
                    return {"undone": True, "attempts": attempt}
                except Exception:
                    log.exception("%s failed at attempt %d", key, attempt)
                    await asyncio.sleep(min(0.2 * 2 ** (attempt - 1), 300))

        await DBOS.run_step_async({"name": f"{step}~undo"}, perform)

    def off(self, saga: str, started: float) -> str | None:
        if saga in self.cancelled:
            return "cancelled"
        return "deadline" if time.time() > started + DEADLINE else None


class _Connection(sqlite3.Connection):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.execute("pragma journal_mode=wal")
        self.execute("pragma synchronous=normal")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


async def serve(folder: Path, in_flight: int) -> None:
    """Runs sagas as stdin says."""
    config: DBOSConfig = {
        "name": "orders",
        "application_version": "1",
        "executor_id": "1",
        "log_level": "ERROR",
        "system_database_url": f"sqlite:///{folder}/orders.sqlite",
        "db_engine_kwargs": {"connect_args": {"factory": _Connection}},
    }
    orders = Orders(Ledger(folder / "ledger.sqlite"), Services())

    async def workflow(data: dict[str, Any], started: float) -> dict[str, Any]:
        return await orders.order(Order(**data), started)

    DBOS(config=config)
    order = DBOS.workflow(name="order.v1")(workflow)
    DBOS.launch()

    async def one(key: str, failing: bool) -> None:
        amount = Decimal("-1" if failing else "19.90")
        data = asdict(Order(key, "someone@example.com", amount, [("sku-1", 2)]))
        with SetWorkflowID(f"order/{key}"):
            handle = await DBOS.start_workflow_async(order, data, time.time())
        end = await handle.get_result()
        assert end["state"] == ("COMPENSATED" if failing else "COMPLETED")

    watch = asyncio.create_task(orders.watch())
    try:
        await turns.serve(one, in_flight)
    finally:
        watch.cancel()
        DBOS.destroy(destroy_registry=True)
        orders.ledger.connection.close()


def main(folder: str, in_flight: str) -> None:
    """Serves until stdin ends."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    asyncio.run(serve(Path(folder), int(in_flight)))


if __name__ == "__main__":
    main(*sys.argv[1:3])
