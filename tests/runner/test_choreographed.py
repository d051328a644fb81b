"""status, trace, dlq, resolve and signal of choreographed sagas, as a user types them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from sagac.dsl.graph import SagaGraph
from sagac.templates.choreography.runtime.bus import LocalBus
from sagac.templates.choreography.runtime.message import Message
from sagac.templates.choreography.runtime.observer import Observer, Watched
from tests.choreography.test_observer import seen
from tests.choreography.used import PLAIN, graph_with
from tests.choreography.watched import ORDER, Watchtown, graph_from, until

from .test_commands import Said

pytestmark = pytest.mark.timeout(120)
WAITING = (
    ORDER.replace(
        "saga: small-order", "saga: small-order\ndeadline: 1h\ncancel: { event: OrderCancelled }"
    )
    .replace("input: { id: string }", "input: { id: string }\nevents: { Paid: { data: {} } }")
    .replace(
        "  - step: create_shipment", "  - wait: payment\n    event: Paid\n  - step: create_shipment"
    )
)
LONG = PLAIN.replace("hasty.saga.yaml", "patient.saga.yaml")
DECLINED = {"charge_payment": "refuse card_declined"}


class Shop:
    """A folder where services run and sagac is called."""

    def __init__(self, folder: Path, town: Watchtown, observer: Observer) -> None:
        self.folder, self.town, self.observer = folder, town, observer

    async def sagac(self, *arguments: str) -> Said:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "sagac", *arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=self.folder,
        )  # fmt: skip
        out, err = await child.communicate()
        assert b"Traceback" not in err, err.decode()
        return Said(child.returncode or 0, out.decode(), err.decode())

    async def is_(self, state: str, key: str = "7") -> None:
        path = self.folder / ".sagac" / "observer.sqlite"
        await until(lambda: seen(path, key).state == state)

    async def start(self, key: str = "7") -> None:
        await self.town.start.start({"id": key})
        await asyncio.sleep(0.1)


@asynccontextmanager
async def shop_in(
    folder: Path, plan: dict[str, str], text: str | SagaGraph = ORDER
) -> AsyncIterator[Shop]:
    place = folder / ".sagac"
    (place / "services").mkdir(parents=True)
    (folder / "sagac.toml").touch()
    observer = Observer([], str(place / "observer.sqlite"))
    graph = graph_from(text) if isinstance(text, str) else text
    town = Watchtown(graph, place / "services", Watched(LocalBus(), observer), plan)
    town.handlers.path = folder / "effects.sqlite"
    town.handlers.__post_init__()
    (place / "services" / "effects.sqlite").unlink()
    observer.pictures = {(town.picture.saga, town.picture.version): town.picture}
    await observer.open()
    async with town:
        yield Shop(folder, town, observer)
    observer.close()


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)


def test_status_in_the_words_of_all_styles(tmp_path: Path) -> None:
    async def main() -> None:
        async with shop_in(tmp_path, {}, WAITING) as shop:
            await shop.start()
            await shop.is_("WAITING")
            said = await shop.sagac("status")
            assert said.code == 0
            assert "small-order 7 is in PAYMENT, waiting for Paid since" in said.out
            assert (await shop.sagac("signal", "7", "Shipped")).code == 2
            sent = await shop.sagac("signal", "7", "Paid", "--id", "one")
            assert sent.code == 0, sent
            again = await shop.sagac("signal", "7", "Paid", "--id", "one")
            assert "ignored" in again.err or "has ended" in again.err
            await shop.is_("COMPLETED")
            said = await shop.sagac("status", "7", "--format", "json")
            state = json.loads(said.out)
            assert state["state"] == "COMPLETED"
            assert [each["kind"] for each in state["effects"]] == ["do", "do", "do"]
            assert set(state["output"]) == {"tracking"}
            assert (await shop.sagac("signal", "7", "Paid")).code == 1
            assert "there is no saga with the key '8'" in (await shop.sagac("status", "8")).err

    run(main())


def test_a_saga_that_is_used_is_cancelled_by_its_own_event(tmp_path: Path) -> None:
    async def main() -> None:
        async with shop_in(tmp_path, {}, graph_with(LONG)) as shop:
            await shop.start()
            await shop.is_("WAITING")
            assert (await shop.sagac("signal", "7", "Enough")).code == 0
            await shop.is_("COMPENSATED")
            assert "is COMPENSATED (cancelled)" in (await shop.sagac("status", "7")).out
            effects = shop.town.handlers.effects("7")
            assert effects == ["open", "pack/take", "pack/take~undo", "open~undo"]

    run(main())


def test_a_cancel_is_judged_by_its_service(tmp_path: Path) -> None:
    async def main() -> None:
        async with shop_in(tmp_path, {}, WAITING) as shop:
            await shop.start()
            await shop.is_("WAITING")
            assert (await shop.sagac("signal", "7", "--cancel")).code == 0
            await shop.is_("COMPENSATED")
            said = await shop.sagac("status", "7")
            assert "is COMPENSATED (cancelled)" in said.out
            assert (await shop.sagac("signal", "7", "--cancel")).code == 1

    run(main())


def test_a_stuck_compensation_in_status_trace_and_dlq(tmp_path: Path) -> None:
    plan = {**DECLINED, "reserve_inventory~undo": "raise"}

    async def main() -> None:
        async with shop_in(tmp_path, plan) as shop:
            await shop.start()
            await shop.is_("STUCK")
            said = await shop.sagac("status", "7")
            assert said.code == 1
            assert "is STUCK in the undo of RESERVE_INVENTORY" in said.out
            assert "inventory is stuck in reserve_inventory~undo: ConnectionError" in said.out
            listed = await shop.sagac("dlq", "list", "--format", "json")
            assert listed.code == 1
            (dead,) = json.loads(listed.out)
            assert (dead["service"], dead["at_step"]) == ("inventory", "reserve_inventory~undo")
            assert dead["attempts"] == 2
            wrong = await shop.sagac("resolve", "7", "charge_payment", "done", "--reason", "x")
            assert (wrong.code, "is not stuck" in wrong.err) == (2, True)
            plan.pop("reserve_inventory~undo")
            retried = await shop.sagac("dlq", "retry", dead["id"], "--reason", "back again")
            assert retried.code == 0, retried
            await shop.is_("COMPENSATED")
            assert (await shop.sagac("dlq", "list")).out == "no dead letters\n"

    run(main())


def test_the_trace_of_a_compensated_order(tmp_path: Path) -> None:
    async def main() -> None:
        async with shop_in(tmp_path, DECLINED) as shop:
            await shop.start()
            await shop.is_("COMPENSATED")
            said = await shop.sagac("trace", "7")
            assert said.code == 0
            lines = [" ".join(each.split()) for each in said.out.splitlines()]
            assert any("payment PaymentFailed: card_declined" in each for each in lines), said.out
            wanted = "inventory calls release_inventory: InventoryReleased after"
            assert any(wanted in each for each in lines), said.out
            assert "payment does not begin charge_payment" not in said.out
            assert not any(each.startswith("MISSING") for each in lines)
            data = json.loads((await shop.sagac("trace", "7", "--format", "json")).out)
            events = [each["event"] for each in data["conversation"]]
            order = ["InventoryReserved", "PaymentFailed", "InventoryReleased"]
            assert [each for each in events if each in order] == order
            drawn = (await shop.sagac("trace", "7", "--format", "mermaid")).out
            assert drawn.index("InventoryReserved") < drawn.index("PaymentFailed")
            picture = await shop.sagac("trace", "7", "-o", "seen.svg")
            assert picture.code == 0, picture
            assert "PaymentFailed" in (shop.folder / "seen.svg").read_text(encoding="utf-8")

    run(main())


def test_what_is_missing_is_marked(tmp_path: Path) -> None:
    async def main() -> None:
        async with shop_in(tmp_path, DECLINED) as shop:
            inventory = shop.town.services["inventory"]
            await inventory.transport.subscribe("nobody", [], inventory.receive)

            async def down(message: Message) -> None:
                """Inventory misses what payment says."""

            heard = shop.town.services["inventory"].transport._transport._heard  # type: ignore[attr-defined]
            heard["small-order.PaymentFailed"] = [
                down if each == inventory.receive else each
                for each in heard["small-order.PaymentFailed"]
            ]
            await shop.start()
            await shop.is_("COMPENSATING")
            path = shop.folder / ".sagac" / "observer.sqlite"
            with sqlite3.connect(path) as database:
                database.execute("update observed_events set at = at - 240")
            said = await shop.sagac("status")
            assert "inventory has not answered PaymentFailed for 4 min" in said.out
            said = await shop.sagac("trace", "7")
            assert "MISSING: inventory has not answered PaymentFailed for 4 min" in said.out
            drawn = (await shop.sagac("trace", "7", "--format", "mermaid")).out
            assert "inventory has not answered PaymentFailed for 4 min" in drawn
            assert time.time() > seen(path, "7").at[0].since + 239

    run(main())


def test_a_letter_is_kept_with_its_reason_and_left(tmp_path: Path) -> None:
    async def main() -> None:
        async with shop_in(tmp_path, {}) as shop:
            await shop.town.services["payment"].receive(Message("odd-1", "small-order.X", b"{"))
            listed = await shop.sagac("dlq", "list")
            assert listed.code == 1
            assert "payment" in listed.out
            assert "no event of a saga" in listed.out
            shown = json.loads((await shop.sagac("dlq", "show", "odd")).out)
            assert shown["body"] == "{"
            assert (await shop.sagac("dlq", "retry", "odd-1", "--reason", "try")).code == 1
            assert (await shop.sagac("dlq", "skip", "odd-1", "--reason", "no use")).code == 0
            assert (await shop.sagac("dlq", "list")).code == 0
            left = json.loads((await shop.sagac("dlq", "list", "--all", "--format", "json")).out)
            assert left[0]["left"]["why"] == "no use"
            assert left[0]["decisions"][0]["why"] == "try"
            assert (await shop.sagac("dlq", "show", "nothing")).code == 2

    run(main())


def test_a_decision_waits_for_a_service_that_is_down(tmp_path: Path) -> None:
    plan = {**DECLINED, "reserve_inventory~undo": "raise"}

    async def main() -> None:
        async with shop_in(tmp_path, plan) as shop:
            await shop.start()
            await shop.is_("STUCK")
            inventory = shop.town.services.pop("inventory")
            await inventory.close()
            said = await shop.sagac(
                "resolve", "7", "reserve_inventory", "skip", "--reason", "written off"
            )
            assert said.code == 0
            assert "does not run now" in said.err
            shop.town.services["inventory"] = type(inventory)(
                list(inventory.tables.values()), inventory.database.url, inventory.transport
            )
            await shop.town.services["inventory"].open()
            await shop.is_("COMPENSATED")
            state = json.loads((await shop.sagac("status", "7", "--format", "json")).out)
            assert state["marks"][0]["why"].endswith("written off")
            mark = "marked STUCK: the undo of RESERVE_INVENTORY was given up (skipped by a person"
            assert mark in (await shop.sagac("status", "7")).out

    run(main())


def test_both_styles_are_listed_together(tmp_path: Path) -> None:
    pytest.importorskip("dbos", reason="orchestrated sagas run on DBOS")

    async def main() -> None:
        async with shop_in(tmp_path, {}) as shop:
            await shop.start("one")
            await shop.is_("COMPLETED", "one")
            (tmp_path / "small.saga.yaml").write_text(ORDER, encoding="utf-8")
            (tmp_path / "small.json").write_text('{"id": "two"}', encoding="utf-8")
            ran = await shop.sagac("run", "small.saga.yaml", "--input", "small.json")
            assert ran.code == 0, ran
            states = json.loads((await shop.sagac("status", "--format", "json")).out)
            assert {each["key"]: each["state"] for each in states} == {
                "one": "COMPLETED", "two": "COMPLETED",
            }  # fmt: skip
            one, two = states
            assert [(e["step"], e["action"]) for e in one["effects"]] == [
                (e["step"], e["action"]) for e in two["effects"]
            ]
            named = await shop.sagac("status", "--store", str(tmp_path / ".sagac"))
            assert named.out.count("COMPLETED") == 2

    run(main())
