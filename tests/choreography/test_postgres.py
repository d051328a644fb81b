"""Services and their observer with everything in Postgres; two processes share each database."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sagac.templates.choreography.runtime.bus import LocalBus
from sagac.templates.choreography.runtime.desk import Desk
from sagac.templates.choreography.runtime.message import Message
from sagac.templates.choreography.runtime.observer import Observer, Watched, open_observed
from sagac.templates.choreography.runtime.service import Service
from sagac.templates.contract.contract import Call

from .postgres import Server, missing
from .watched import ORDER, Watchtown, graph_from, until

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server()
    yield started
    started.stop()


class Twins:
    """A town whose services are in Postgres, each served twice, with an observer there."""

    def __init__(
        self, folder: Path, server: Server, name: str, plan: dict[str, str], saga: str = ORDER
    ) -> None:
        self.observer = Observer([], server.url(f"{name}_observer"))
        self.bus = Watched(LocalBus(), self.observer)
        self.town = Watchtown(graph_from(saga), folder, self.bus, plan)
        picture = self.town.picture
        self.observer.pictures = {(picture.saga, picture.version): picture}
        self.calls: Counter[tuple[str, str, int]] = Counter()
        self._count_calls()
        self.others: list[Service] = []
        for service, first in self.town.services.items():
            tables, url = list(first.tables.values()), server.url(f"{name}_{service}")
            self.town.services[service] = Service(tables, url, self.bus)
            self.others.append(Service(tables, url, self.bus))

    def _count_calls(self) -> None:
        handlers = self.town.handlers
        act = handlers.act

        async def counted(output: dict[str, Any] | None, effect: bool, call: Call) -> Any:
            self.calls[call.key, call.step, call.attempt] += 1
            return await act(output, effect, call)

        handlers.act = counted  # type: ignore[method-assign]

    async def __aenter__(self) -> Watchtown:
        await self.observer.open()
        both = [*self.town.services.values(), *self.others]
        await asyncio.gather(*(each.open() for each in both))  # the tables are made once
        return self.town

    async def __aexit__(self, *problem: object) -> None:
        for each in (*self.others, *self.town.services.values()):
            await each.close()
        self.observer.close()


def test_a_stuck_order_goes_on_when_a_person_says_so(tmp_path: Path, server: Server) -> None:
    plan = {"charge_payment": "refuse card_declined", "reserve_inventory~undo": "raise"}

    async def main() -> None:
        twins = Twins(tmp_path, server, "stuck", plan)
        async with twins as town:
            desk = Desk(server.url("stuck_inventory"))
            await town.start.start({"id": "7"})
            await until(lambda: bool(desk.stuck("7")))
            await twins.observer.settle()
            plan.pop("reserve_inventory~undo")
            desk.decide(
                "resolve", "small-order", "7", "reserve_inventory~undo",
                who="ada", why="back", data={"action": "retry"},
            )  # fmt: skip
            assert await town.end("7") == "COMPENSATED"
            await until(lambda: desk.decisions("7")[0].state != "pending")
            assert [each.state for each in desk.decisions("7")] == ["done"]
            for each in town.services.values():
                await until_quiet(each)
            await twins.observer.settle()
            found = open_observed(server.url("stuck_observer"))
            (saga,) = found.sagas("7")
            assert saga.state == "COMPENSATED"
            assert [each["kind"] for each in saga.effects] == ["do", "undo"]
            sql = "select state, dirty from observed_sagas"
            assert await twins.observer.database.execute(sql) == [("COMPENSATED", 0)]
            assert not desk.letters(everything=True)
            found.close()
            desk.close()

    asyncio.run(main())


def test_two_processes_of_each_service_do_each_thing_once(tmp_path: Path, server: Server) -> None:
    """Both hear every message, at the same time."""
    keys = [f"{n}-{'create_shipment' if n % 3 == 0 else ''}" for n in range(24)]

    async def main() -> None:
        twins = Twins(tmp_path, server, "twins", {})
        async with twins as town:
            starts = (town.start, next(e for e in twins.others if e.name == town.start.name))
            both = [each.start({"id": key}) for key in keys for each in starts]
            await asyncio.gather(*both)
            for key in keys:
                assert await town.end(key) == ("COMPENSATED" if "_" in key else "COMPLETED")
            for each in town.services.values():
                await until_quiet(each)
        assert set(twins.calls.values()) == {1}
        wanted = {"reserve_inventory", "charge_payment", "create_shipment"}
        for key in keys:
            called = {step for path, step, _ in twins.calls if path.split("/")[1] == key}
            undone = {"reserve_inventory~undo", "charge_payment~undo"} if "_" in key else set()
            assert called == wanted | undone

    asyncio.run(main())


async def until_quiet(service: Service) -> None:
    """Its outbox is empty, it has nothing to do, and it has no dead letter."""
    while (
        await service.database.execute("select 1 from saga_outbox")
        or await service.database.execute("select 1 from saga_nodes where due is not null")
    ):  # fmt: skip
        await asyncio.sleep(0.05)
    assert await service.database.execute("select why from saga_letters") == []


WAITING = ORDER.replace(
    "  - step: charge_payment",
    """\
  - wait: paid
    service: payment
    event: Paid
    match: event.id == input.id
    output: { id: string }
    timeout: 1h
  - step: charge_payment""",
)


def test_an_event_that_comes_while_the_wait_is_opened_is_heard(
    tmp_path: Path, server: Server
) -> None:
    """Before, while and after: the order in which both are committed does not matter."""
    keys = [str(n) for n in range(30)]

    async def main() -> None:
        twins = Twins(tmp_path, server, "waits", {}, WAITING)
        async with twins as town, asyncio.timeout(60):

            async def order(number: int, key: str) -> None:
                await town.start.start({"id": key})
                await asyncio.sleep(number % 10 / 50)
                paid = Message(f"paid-{key}", "outside.Paid", b'{"id": ""}', {"saga-key": key})
                await twins.bus.publish([paid])

            await asyncio.gather(*(order(n, key) for n, key in enumerate(keys)))
            for key in keys:
                assert await town.end(key) == "COMPLETED"
            sql = "select key, taken from saga_mail order by id"
            taken = await town.services["payment"].database.execute(sql)
            assert sorted(taken) == sorted((key, key) for key in keys)

    asyncio.run(main())


def test_the_database_crashes_and_comes_back(tmp_path: Path, server: Server) -> None:
    keys = [f"{n}-{'charge_payment' if n % 2 else ''}" for n in range(10)]

    async def main() -> None:
        twins = Twins(tmp_path, server, "crash", {})
        async with twins as town, asyncio.timeout(100):
            await asyncio.gather(*(town.start.start({"id": key}) for key in keys[:5]))
            await asyncio.sleep(0.05)
            await asyncio.to_thread(server.crash)
            await asyncio.sleep(0.3)
            await asyncio.to_thread(server.start)
            await asyncio.gather(*(town.start.start({"id": key}) for key in keys[5:]))
            for key in keys:
                assert await town.end(key) == ("COMPENSATED" if "_" in key else "COMPLETED")
            for each in town.services.values():
                await until_quiet(each)

    asyncio.run(main())
