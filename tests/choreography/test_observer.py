"""The observer beside real services: it says what their ledgers say, in whatever order it hears."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sagac.templates.choreography.runtime.bus import LocalBus
from sagac.templates.choreography.runtime.message import Message
from sagac.templates.choreography.runtime.observed import Observed, Seen
from sagac.templates.choreography.runtime.observer import Observer, Watched, open_observed

from .watched import ORDER, Watchtown, graph_from

pytestmark = pytest.mark.timeout(60)


class Tape(LocalBus):
    """A bus that remembers what went over it."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Message] = []
        self.deaf: set[str] = set()

    async def publish(self, messages: Sequence[Message]) -> None:
        self.messages += messages
        await super().publish(messages)


async def played(folder: Path, plan: dict[str, str], keys: Sequence[str], tape: Tape) -> Observer:
    """Orders until all have ended; the observer listened."""
    observer = Observer([], str(folder / "observer.sqlite"))
    town = Watchtown(graph_from(ORDER), folder, Watched(tape, observer), plan)
    observer.pictures = {(town.picture.saga, town.picture.version): town.picture}
    await observer.open()
    async with town:
        for key in keys:
            await town.start.start({"id": key})
        for key in keys:
            await town.end(key)
        for each in town.services.values():
            await each.relay.drain()
    await observer.settle()
    return observer


def rows(path: Path) -> list[tuple[Any, ...]]:
    """All that an observer has written, but for when a row was made."""
    opened = open_observed(str(path))
    try:
        found = []
        for table, order in (("observed_events", "id"), ("observed_sagas", "key")):
            found += opened._connection.execute(f"select * from {table} order by {order}")
        return found
    finally:
        opened.close()


def seen(path: Path, key: str) -> Seen:
    opened: Observed = open_observed(str(path))
    try:
        (found,) = opened.sagas(key)
        return found
    finally:
        opened.close()


def effects(saga: Seen) -> list[tuple[str, str, str]]:
    return [(each["step"], each["action"], each["kind"]) for each in saga.effects]


def test_a_completed_and_a_compensated_order(tmp_path: Path) -> None:
    plan = {"charge_payment": "refuse card_declined"}
    asyncio.run(run(tmp_path / "good", {}))
    asyncio.run(run(tmp_path / "bad", plan))
    good = seen(tmp_path / "good" / "observer.sqlite", "42")
    assert (good.state, good.at, good.because) == ("COMPLETED", (), None)
    assert set(good.output) == {"tracking"}
    assert effects(good) == [
        ("reserve_inventory", "reserve_inventory", "do"),
        ("charge_payment", "charge_payment", "do"),
        ("create_shipment", "create_shipment", "do"),
    ]
    bad = seen(tmp_path / "bad" / "observer.sqlite", "small-order/42")
    assert (bad.state, bad.at) == ("COMPENSATED", ())
    assert bad.because is not None
    assert bad.because["step"] == "charge_payment"
    assert bad.because["reason"] == "card_declined"
    assert effects(bad) == [
        ("reserve_inventory", "reserve_inventory", "do"),
        ("reserve_inventory", "release_inventory", "undo"),
    ]


async def run(folder: Path, plan: dict[str, str]) -> None:
    folder.mkdir()
    (await played(folder, plan, ["42"], Tape())).close()


def test_order_and_repetition_do_not_matter(tmp_path: Path) -> None:
    async def again(name: str, messages: list[Message], batch: int, like: Observer) -> None:
        other = Observer(list(like.pictures.values()), str(tmp_path / f"{name}.sqlite"))
        await other.open()
        for at in range(0, len(messages), batch):
            await other.take(messages[at : at + batch])
            if name == "shuffled":
                await other.settle()
        await other.settle()
        other.close()

    async def main() -> None:
        tape, rng = Tape(), random.Random(3)
        keys = [f"{n}-charge_payment" if n % 3 == 0 else str(n) for n in range(12)]
        observer = await played(tmp_path, {}, keys, tape)
        observer.close()
        await again("rebuilt", tape.messages, 1000, observer)
        mixed = [*tape.messages, *rng.choices(tape.messages, k=40)]
        rng.shuffle(mixed)
        await again("shuffled", mixed, 7, observer)
        await again("one-by-one", mixed[::-1], 1, observer)

    asyncio.run(main())
    listened = rows(tmp_path / "observer.sqlite")
    assert len(listened) > 12 * 4
    for name in ("rebuilt", "shuffled", "one-by-one"):
        assert rows(tmp_path / f"{name}.sqlite") == listened


def test_messages_that_are_no_events_of_the_saga_are_passed_over(tmp_path: Path) -> None:
    async def main() -> None:
        observer = await played(tmp_path, {}, ["1"], Tape())
        odd = [
            Message("a", "small-order.X", b"{not json"),
            Message(
                "b", "small-order.X", b'{"saga":"small-order","version":9,"started":1,"event":{}}'
            ),
            Message(
                "c",
                "small-order.X",
                b'{"saga":"small-order","version":2,"started":1,'
                b'"event":{"key":"1","node":"end","iteration":[4],"outcome":"ended"}}',
            ),
            Message("d", "outside.Paid", b"null"),
        ]
        await observer.take(odd)
        await observer.settle()
        observer.close()

    asyncio.run(main())
    assert seen(tmp_path / "observer.sqlite", "1").state == "COMPLETED"


def test_services_tell_only_what_an_observer_listens_for(tmp_path: Path) -> None:
    async def main() -> None:
        tape = Tape()
        (await played(tmp_path, {}, ["1", "2"], tape)).close()
        picture = Watchtown(graph_from(ORDER), tmp_path, tape, {}).picture
        observer = Observer([picture], str(tmp_path / "heard.sqlite"))
        await observer.open()
        assert {each.subject for each in tape.messages} <= set(observer.subjects)
        await observer.take(tape.messages)
        await observer.settle()
        observer.close()

    asyncio.run(main())
    assert rows(tmp_path / "heard.sqlite") == rows(tmp_path / "observer.sqlite")
