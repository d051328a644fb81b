"""What a person decides reaches the services by their databases; metrics and logs beside it."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sagac.templates.choreography.runtime.bus import LocalBus
from sagac.templates.choreography.runtime.desk import Desk
from sagac.templates.choreography.runtime.health import of_observer, of_service
from sagac.templates.choreography.runtime.logs import JsonLines
from sagac.templates.choreography.runtime.message import Message
from sagac.templates.choreography.runtime.observer import Observer, Watched

from .test_observer import effects, seen
from .watched import ORDER, Watchtown, graph_from, until

pytestmark = pytest.mark.timeout(60)


@asynccontextmanager
async def town_in(
    folder: Path, plan: dict[str, str], text: str = ORDER
) -> AsyncIterator[Watchtown]:
    observer = Observer([], str(folder / "observer.sqlite"))
    town = Watchtown(graph_from(text), folder, Watched(LocalBus(), observer), plan)
    observer.pictures = {(town.picture.saga, town.picture.version): town.picture}
    await observer.open()
    async with town:
        yield town
    observer.close()


def desk(folder: Path, service: str) -> Desk:
    return Desk(str(folder / f"{service}.sqlite"))


async def stuck_in(folder: Path, service: str) -> str:
    opened = desk(folder, service)
    await until(lambda: bool(opened.stuck()))
    (found,) = opened.stuck("7")
    opened.close()
    return found.why


async def state_is(folder: Path, wanted: str) -> None:
    path = folder / "observer.sqlite"
    await until(lambda: seen(path, "7").state == wanted)


def test_a_stuck_compensation_is_retried_by_a_person(tmp_path: Path) -> None:
    plan = {"charge_payment": "refuse card_declined", "reserve_inventory~undo": "raise"}

    async def main() -> None:
        async with town_in(tmp_path, plan) as town:
            await town.start.start({"id": "7"})
            assert "ConnectionError: no route" in await stuck_in(tmp_path, "inventory")
            await state_is(tmp_path, "STUCK")
            saga = seen(tmp_path / "observer.sqlite", "7")
            assert [(each.path, each.service) for each in saga.at] == [
                ("reserve_inventory~undo", "inventory")
            ]
            plan.pop("reserve_inventory~undo")
            opened = desk(tmp_path, "inventory")
            decided = opened.decide(
                "resolve", "small-order", "7", "reserve_inventory~undo",
                who="ada", why="the depot is back", data={"action": "retry"},
            )  # fmt: skip
            assert decided is not None
            assert await town.end("7") == "COMPENSATED"
            await until(lambda: opened.answer(decided).state == "done")
            kept = opened.answer(decided)
            assert (kept.who, kept.why) == ("ada", "the depot is back")
            opened.close()

    asyncio.run(main())
    assert effects(seen(tmp_path / "observer.sqlite", "7"))[-1] == (
        "reserve_inventory", "release_inventory", "undo",
    )  # fmt: skip


def test_what_was_skipped_is_a_mark_and_no_effect(tmp_path: Path) -> None:
    plan = {"charge_payment": "refuse card_declined", "reserve_inventory~undo": "raise"}

    async def main() -> None:
        async with town_in(tmp_path, plan) as town:
            await town.start.start({"id": "7"})
            await stuck_in(tmp_path, "inventory")
            opened = desk(tmp_path, "inventory")
            data = {"action": "skip"}
            target = "reserve_inventory~undo"
            opened.decide("resolve", "small-order", "7", target, who="ada", why="gone", data=data)
            opened.close()
            await town.end("7")
            await state_is(tmp_path, "COMPENSATED")

    asyncio.run(main())
    saga = seen(tmp_path / "observer.sqlite", "7")
    assert [each["step"] for each in saga.marks] == ["reserve_inventory~undo"]
    assert "gone" in saga.marks[0]["why"]
    assert effects(saga) == [("reserve_inventory", "reserve_inventory", "do")]


def test_an_unknown_outcome_waits_for_a_person(tmp_path: Path) -> None:
    async def main() -> None:
        async with town_in(tmp_path, {"charge_payment": "raise"}) as town:
            await town.start.start({"id": "7"})
            await stuck_in(tmp_path, "payment")
            await state_is(tmp_path, "STUCK")
            opened = desk(tmp_path, "payment")
            wrong = opened.decide(
                "resolve", "small-order", "7", "nothing", who="a", why="b", data={"action": "retry"}
            )
            data = {"action": "done"}
            opened.decide(
                "resolve", "small-order", "7", "charge_payment", who="a", why="b", data=data
            )
            assert await town.end("7") == "COMPLETED"
            assert wrong is not None
            await until(lambda: opened.answer(wrong).state == "refused")
            opened.close()

    asyncio.run(main())


def test_a_dead_letter_is_worked_on_again_or_left(tmp_path: Path) -> None:
    async def main() -> None:
        async with town_in(tmp_path, {}) as town:
            payment = town.services["payment"]
            table = next(iter(payment.tables.values()))
            broken = payment.tables
            payment.tables = {}
            await town.start.start({"id": "7"})
            opened = desk(tmp_path, "payment")
            await until(lambda: bool(opened.letters()))
            (letter,) = opened.letters()
            assert letter.key == "7"
            assert "no version 2 of small-order here" in letter.why
            payment.tables = broken
            assert table.saga == "small-order"
            await payment.receive(Message("odd", "small-order.PaymentCharged", b"{", {}))
            assert opened.leave("odd", "ada", "a test of the network team")
            assert not opened.leave("odd", "ada", "again")
            opened.decide("letter", "small-order", "7", letter.id, who="ada", why="fixed")
            assert await town.end("7") == "COMPLETED"
            await until(lambda: not opened.letters())
            (left,) = opened.letters(everything=True)
            assert left.settled is not None
            assert left.settled["who"] == "ada"
            opened.close()

    asyncio.run(main())


def test_a_letter_that_still_cannot_be_read_stays(tmp_path: Path) -> None:
    async def main() -> None:
        async with town_in(tmp_path, {}) as town:
            await town.services["payment"].receive(Message("odd", "small-order.X", b"{", {}))
            opened = desk(tmp_path, "payment")
            decided = opened.decide("letter", "", "", "odd", who="ada", why="try")
            assert decided is not None
            await until(lambda: opened.answer(decided).state == "refused")
            assert [each.id for each in opened.letters()] == ["odd"]
            opened.close()

    asyncio.run(main())


def test_a_late_copy_does_not_reopen_what_was_left(tmp_path: Path) -> None:
    async def main() -> None:
        async with town_in(tmp_path, {}) as town:
            payment = town.services["payment"]
            known, odd = payment.tables, Message("odd", "small-order.X", b"{", {})
            payment.tables = {}
            await town.start.start({"id": "7"})
            await payment.receive(odd)
            opened = desk(tmp_path, "payment")
            await until(lambda: len(opened.letters()) == 2)
            for each in opened.letters():
                assert opened.leave(each.id, "ada", "never mind")
            (lost,) = (each for each in opened.letters(everything=True) if each.id != "odd")
            copy = Message(lost.id, lost.subject, lost.body.encode(), lost.headers)
            await payment.receive(copy)
            await payment.receive(odd)
            assert opened.letters() == []
            payment.tables = known
            await payment.receive(copy)  # it could be worked on, but somebody decided
            assert await payment.database.execute("select * from saga_nodes") == []
            opened.decide("letter", "small-order", "7", "odd", who="ada", why="try again")
            await until(lambda: [each.id for each in opened.letters()] == ["odd"])
            opened.decide("letter", "small-order", "7", lost.id, who="ada", why="after all")
            assert await town.end("7") == "COMPLETED"
            await until(lambda: [e.id for e in opened.letters(everything=True)] == ["odd"])
            opened.close()

    asyncio.run(main())


async def get(port: int, path: str) -> tuple[int, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    head, _, body = answer.partition("\r\n\r\n")
    return int(head.split()[1]), body


def test_health_and_metrics(tmp_path: Path) -> None:
    async def main() -> None:
        plan = {"charge_payment": "raise"}
        async with town_in(tmp_path, plan) as town:
            await town.start.start({"id": "7"})
            await stuck_in(tmp_path, "payment")
            health = of_service(town.services["payment"])
            port = await health.open()
            assert await get(port, "/health") == (200, "ok\n")
            assert (await get(port, "/ready"))[0] == 200
            assert (await get(port, "/nothing"))[0] == 404
            status, text = await get(port, "/metrics")
            assert status == 200
            for line in (
                'saga_sagas_here{service="payment"} 1',
                'saga_stuck{service="payment"} 1',
                'saga_dead_letters{service="payment"} 0',
                'saga_step_seconds_count{saga="small-order",step="charge_payment",outcome="failed"} 2',
                'saga_step_retries_total{saga="small-order",step="charge_payment"} 1',
                'saga_outbox_age_seconds{service="payment"} 0.0',
            ):
                assert line in text.splitlines(), text
            await health.close()
            await watched(tmp_path, town)

    asyncio.run(main())


async def watched(folder: Path, town: Watchtown) -> None:
    observer = Observer([town.picture], str(folder / "observer.sqlite"))
    await observer.settle()
    health = of_observer(observer)
    port = await health.open()
    _, text = await get(port, "/metrics")
    assert 'saga_sagas{saga="small-order",state="STUCK"} 1' in text.splitlines()
    await health.close()
    observer.close()


def test_logs_are_json_with_the_saga_the_key_and_the_step(tmp_path: Path) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines("payment"))
    logger = logging.getLogger("saga")
    logger.addHandler(handler)

    async def main() -> None:
        async with town_in(tmp_path, {"charge_payment": "raise 1"}) as town:
            await town.start.start({"id": "7"})
            await town.end("7")

    try:
        asyncio.run(main())
    finally:
        logger.removeHandler(handler)
    (line,) = [json.loads(each) for each in stream.getvalue().splitlines()]
    assert line["level"] == "warning"
    wanted = {"service": "payment", "saga": "small-order", "key": "7", "step": "charge_payment"}
    assert wanted.items() <= line.items()
    assert line["attempt"] == 1
