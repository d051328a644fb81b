"""status, trace, dlq, resolve and signal of services that have a Postgres database each."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from sagac.templates.contract.database import connect
from tests.choreography.postgres import Server, missing
from tests.choreography.test_postgres import Twins
from tests.choreography.watched import until

from .test_choreographed import WAITING, Shop
from .test_commands import Said

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
]
STUCK = {"charge_payment": "refuse card_declined", "reserve_inventory~undo": "raise"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server()
    yield started
    started.stop()


class Sagac:
    """sagac with all stores of a town, or with some."""

    def __init__(self, folder: Path, server: Server, name: str) -> None:
        self.folder, self.server, self.name = folder, server, name

    def urls(self, *services: str) -> list[str]:
        return [self.server.url(f"{self.name}_{each}") for each in services]

    async def __call__(self, *words: str, stores: tuple[str, ...] = ()) -> Said:
        everything = ("order", "inventory", "payment", "shipping", "observer")
        named = [("--store", url) for url in self.urls(*(stores or everything))]
        shop = Shop(self.folder, None, None)  # type: ignore[arg-type]  # only a folder is needed
        return await shop.sagac(*words, *(each for pair in named for each in pair))


def town(folder: Path, server: Server, name: str, plan: dict[str, str], saga: str = WAITING) -> Any:
    return Twins(folder, server, name, plan, saga)


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)


def test_a_stuck_order_is_seen_told_and_put_back(tmp_path: Path, server: Server) -> None:
    async def main() -> None:
        plan, sagac = dict(STUCK), Sagac(tmp_path, server, "several")
        twins = town(tmp_path, server, "several", plan)
        async with twins as services:
            await services.start.start({"id": "7"})
            states: list[str] = []
            while states != ["STUCK"]:
                await asyncio.sleep(0.1)
                await twins.observer.settle()
                sql = "select state from observed_sagas"
                states = [state for (state,) in await twins.observer.database.execute(sql)]
            said = await sagac("status", "7", "--format", "json")
            assert said.code == 1
            assert json.loads(said.out)["at"] == ["reserve_inventory~undo"]
            listed = await sagac("dlq", "list")
            id = "small-order/7/reserve_inventory~undo"
            assert listed.out.startswith(f"{id} ")
            assert "inventory" in listed.out
            told = await sagac("trace", "7", stores=("observer",))
            assert "PaymentFailed" in told.out
            alone = await sagac("dlq", "retry", id, "--reason", "x", stores=("observer", "payment"))
            assert (alone.code, alone.out) == (2, "")
            half = await sagac(
                "resolve", "7", "reserve_inventory~undo", "retry", "--reason", "x",
                stores=("observer", "payment"),
            )  # fmt: skip
            assert half.code == 2
            assert "'inventory' is not here (there is: payment)" in half.err
            assert "--store" in half.err
            plan.pop("reserve_inventory~undo")
            done = await sagac("dlq", "retry", id, "--reason", "mended")
            assert (done.code, "inventory: done" in done.err) == (0, True), done.err
            assert await services.end("7") == "COMPENSATED"

    run(main())


def test_a_signal_and_a_cancel_find_their_service(tmp_path: Path, server: Server) -> None:
    async def main() -> None:
        sagac = Sagac(tmp_path, server, "signals")
        twins = town(tmp_path, server, "signals", {})
        async with twins as services:
            for key in ("1", "2"):
                await services.start.start({"id": key})
            sql = "select count(*) from saga_nodes where state = 'open'"
            payment = services.services["payment"].database
            while await payment.execute(sql) != [(2,)]:
                await asyncio.sleep(0.05)
            sent = await sagac("signal", "1", "Paid")
            assert (sent.code, "payment: done" in sent.err) == (0, True), sent.err
            assert await services.end("1") == "COMPLETED"
            cancelled = await sagac("signal", "2", "--cancel")
            assert cancelled.code == 0, cancelled.err
            assert await services.end("2") == "COMPENSATED"

    run(main())


def test_stores_come_from_the_environment_too(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        sagac = Sagac(tmp_path, server, "named")
        twins = town(tmp_path, server, "named", {})
        async with twins as services:
            await services.start.start({"id": "1"})
            await until(lambda: bool(twins.calls))
        monkeypatch.setenv("SAGAC_STORE", " ".join(sagac.urls("inventory", "observer")))
        assert os.environ["SAGAC_STORE"].count("postgresql://") == 2
        shop = Shop(tmp_path, None, None)  # type: ignore[arg-type]  # only a folder is needed
        said = await shop.sagac("status")
        assert said.out.startswith("small-order 1 is "), said

    run(main())


def test_looking_makes_no_tables(tmp_path: Path, server: Server) -> None:
    """A database of a service is not made into an observer's, nor into an orchestrator's."""

    async def main() -> None:
        sagac = Sagac(tmp_path, server, "looking")
        async with town(tmp_path, server, "looking", {}):
            pass
        before = [tables(url) for url in sagac.urls("inventory", "observer")]
        for words in (("status",), ("dlq", "list")):
            said = await sagac(*words, stores=("inventory", "observer"))
            assert said.code == 0, said.err
        assert [tables(url) for url in sagac.urls("inventory", "observer")] == before

    run(main())


def tables(url: str) -> list[str]:
    connection = connect(url)
    sql = "select tablename from pg_tables where schemaname = 'public' order by 1"
    names = [str(name) for (name,) in connection.execute(sql)]
    connection.close()
    return names


def test_a_database_that_is_anothers_is_refused(tmp_path: Path, server: Server) -> None:
    async def main() -> None:
        twins = town(tmp_path, server, "owned", {})
        async with twins as services:
            payment, inventory = (services.services[each] for each in ("payment", "inventory"))
            stranger = type(payment)(
                list(payment.tables.values()), inventory.database.url, twins.bus
            )
            with pytest.raises(ValueError, match="that of the service inventory: give payment"):
                await stranger.open()
            stranger.database.close()

    run(main())
