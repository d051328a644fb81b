"""A database that cannot write now, a broker that is not there yet: neither loses anything."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from sagac.templates.choreography.runtime import observing
from sagac.templates.choreography.runtime.message import Message

from .test_desk import desk, town_in

pytestmark = pytest.mark.timeout(60)


def started(saga: str, version: int, size: int) -> Message:
    """The start of the saga 7, in a message that takes so much room in the inbox."""
    event = {"key": "7", "node": "start", "outcome": "done", "values": {"input.id": "7"}}
    told = {"saga": saga, "version": version, "started": 1.0, "event": event}
    return Message("m" * size, f"{saga}.Started", json.dumps(told).encode(), {})


def test_a_full_disk_makes_no_dead_letter(tmp_path: Path) -> None:
    async def main() -> None:
        async with town_in(tmp_path, {}) as town:
            payment = town.services["payment"]
            message = started(payment.newest.saga, payment.newest.version, 100_000)
            pages = (await payment.database.execute("pragma page_count"))[0][0]
            await payment.database.execute(f"pragma max_page_count = {pages}")
            with pytest.raises(sqlite3.OperationalError, match="full"):
                await payment.receive(message)
            await payment.receive(message)  # on a new connection, which has no such limit
            assert await payment.database.execute("select id from saga_inbox") == [(message.id,)]
        opened = desk(tmp_path, "payment")
        assert opened.letters() == []
        opened.close()

    asyncio.run(main())


def test_the_observer_waits_for_its_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observing, "_AGAIN", 0.0)
    tries: list[int] = []

    async def read() -> None:
        tries.append(len(tries))
        if len(tries) == 1:
            raise ConnectionRefusedError
        await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.ensure_future(observing.without_end("the stream", read))
        while len(tries) < 2:
            assert not task.done()
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(main())
