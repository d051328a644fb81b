"""People and other processes: STUCK survives a restart, cancelling is accepted or refused."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sagac.templates.dbos.engine import End, Engine
from sagac.templates.dbos.engine.store import Store, open_store

from .case import event, reached
from .handlers import Handlers
from .sagas import ALL, Order

PATIENCE = 120


def engine_in(folder: Path) -> Engine:
    engine = Engine(f"sqlite:///{folder}/sagas.sqlite")
    for each in ALL.values():
        engine.register(each, Handlers(folder / "effects.sqlite", shared=False))
    return engine


def test_stuck_survives_a_restart_and_waits_for_a_person(tmp_path: Path) -> None:
    plan = {"mail": "raise"}

    async def until_stuck() -> None:
        engine = engine_in(tmp_path)
        async with engine, asyncio.timeout(PATIENCE):
            await engine.start(ALL["person"], Order("1", plan))
            with open_store(engine.url) as store:
                while not store.stuck():
                    await asyncio.sleep(0.02)

    async def go_on() -> End:
        engine = engine_in(tmp_path)
        async with engine, asyncio.timeout(PATIENCE):
            return await (await engine.start(ALL["person"], Order("1", plan))).wait()

    asyncio.run(until_stuck())
    with open_store(f"sqlite:///{tmp_path}/sagas.sqlite") as store:
        (row,) = store.sagas(state="STUCK")
        assert (row.id, row.name, row.key) == ("person/1", "person", "1")
        (stuck,) = store.stuck("person/1")
        assert (stuck.path, stuck.why) == ("mail", "unknown: ConnectionError: no route")
        assert [each.attempts for each in store.attempts("person/1")] in ([], [1])
        with pytest.raises(KeyError):
            store.resolve("person/1", "commit", "retry", "not this one")
        store.resolve("person/1", "mail", "skip", "told by phone")
    end = asyncio.run(go_on())
    assert end.state == "COMPLETED"
    assert [(mark.step, mark.why) for mark in end.marks] == [
        ("mail", "skipped by a person: told by phone")
    ]


def test_cancel_before_and_after_the_point_of_no_return(tmp_path: Path) -> None:
    async def scenario() -> tuple[End, End]:
        engine = engine_in(tmp_path)
        async with engine, asyncio.timeout(PATIENCE):
            with open_store(engine.url) as store:
                early = await engine.start(ALL["steps"], Order("early"))
                late = await engine.start(ALL["person"], Order("late", {"mail": "raise"}))
                while not store.stuck("person/late"):
                    await asyncio.sleep(0.02)
                store.cancel("person/late")
                store.resolve("person/late", "mail", "skip", "enough")
            return await early.wait(), await late.wait()

    url = f"sqlite:///{tmp_path}/sagas.sqlite"
    Store(url).close()
    with open_store(url) as store:
        store.signal("steps/early", "Stop", {"key": "early", "text": ""})
        store.signal("steps/other", "Stop", {"key": "somebody", "text": ""})
    early, late = asyncio.run(scenario())
    assert early.because is not None
    assert (early.state, early.because.kind) == ("COMPENSATED", "cancelled")
    assert late.state == "COMPLETED"
    with open_store(f"sqlite:///{tmp_path}/sagas.sqlite") as store:
        (refused,) = [each for each in store.mail("person/late") if each.kind == "cancel"]
        assert refused.state == "refused"


STOP = event("Stop", {"key": "1", "text": ""})


@pytest.mark.parametrize("again", [False, True], ids=["at once", "after a restart"])
def test_the_cancel_of_a_saga_that_is_used(tmp_path: Path, again: bool) -> None:
    async def first() -> End | None:
        engine = engine_in(tmp_path)
        async with engine, asyncio.timeout(PATIENCE):
            handle = await engine.start(ALL["using"], Order("1"))
            await reached("held/hold")(engine, handle.id)
            await event("Stop", {"key": "other", "text": ""})(engine, handle.id)
            if again:
                return None
            await STOP(engine, handle.id)
            return await handle.wait()

    async def second() -> End:
        engine = engine_in(tmp_path)
        async with engine, asyncio.timeout(PATIENCE):
            handle = await engine.start(ALL["using"], Order("1"))
            await STOP(engine, handle.id)
            return await handle.wait()

    end = asyncio.run(first()) or asyncio.run(second())
    because = end.because and (end.because.kind, end.because.step, end.because.reason)
    assert (end.state, because) == ("COMPENSATED", ("cancelled", "held", "cancelled"))


def test_a_saga_that_was_used_is_cancelled_no_more(tmp_path: Path) -> None:
    async def first() -> None:
        engine = engine_in(tmp_path)
        async with engine, asyncio.timeout(PATIENCE):
            handle = await engine.start(ALL["using"], Order("1"))
            await event("Go", {"key": "1", "text": ""})(engine, handle.id)
            await reached("held/go")(engine, handle.id)
            await STOP(engine, handle.id)

    async def second() -> End:  # what was sent too late lies there when all is read again
        engine = engine_in(tmp_path)
        async with engine, asyncio.timeout(PATIENCE):
            handle = await engine.start(ALL["using"], Order("1"))
            await event("Last")(engine, handle.id)
            return await handle.wait()

    asyncio.run(first())
    assert asyncio.run(second()).state == "COMPLETED"


async def noted(folder: Path, saga: str) -> str:
    """What keeps a saga from going on."""
    while True:
        with open_store(f"sqlite:///{folder}/sagas.sqlite") as store:
            for each in store.attempts(saga):
                assert each.attempts == 0
                return each.error
        await asyncio.sleep(0.02)


def test_a_lock_is_refused_then_waited_for(tmp_path: Path) -> None:
    async def scenario() -> tuple[End, End]:
        engine = engine_in(tmp_path)
        async with engine, asyncio.timeout(PATIENCE):
            first = await engine.start(ALL["locking"], Order("first"))
            await reached("take")(engine, first.id)
            second = await engine.start(ALL["locking"], Order("second"))
            await reached("take")(engine, second.id)
            waits = await noted(tmp_path, second.id)
            assert waits == "waits for the lock thing that locking/first has"
            await event("Go", {"key": "first", "text": ""})(engine, first.id)
            return await first.wait(), await second.wait()

    first, second = asyncio.run(scenario())
    assert first.state == second.state == "COMPLETED"
    with open_store(f"sqlite:///{tmp_path}/sagas.sqlite") as store:
        paths = [each.path for each in store.history("locking/second")]
        assert paths == ["take", "queue"]
        assert store.history("locking/second")[0].reason == "locked"
        assert not store.attempts("locking/second")
