"""What a person answers past the pivot, and the rarer forms of items."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sagac.templates.dbos.engine import End, Engine
from sagac.templates.dbos.engine.store import Store, open_store

from .handlers import Handlers
from .sagas import ALL, Order

PATIENCE = 120
Talk = Callable[[Store, str], Awaitable[None]]


def run(folder: Path, name: str, order: Order, talk: Talk | None = None) -> End:
    async def scenario() -> End:
        engine = Engine(f"sqlite:///{folder}/sagas.sqlite")
        for each in ALL.values():
            engine.register(each, Handlers(folder / "effects.sqlite", shared=False))
        async with engine, asyncio.timeout(PATIENCE):
            started = await engine.start(ALL[name], order)
            if talk is not None:
                with open_store(engine.url) as store:
                    await talk(store, started.id)
            return await started.wait()

    return asyncio.run(scenario())


def effects(folder: Path) -> list[str]:
    connection = sqlite3.connect(folder / "effects.sqlite")
    rows = connection.execute("select step from effects order by rowid").fetchall()
    connection.close()
    return [row[0] for row in rows]


async def resolve(store: Store, saga: str, why: str, action: Any, output: Any = None) -> None:
    """Answers the only stuck call once its reason begins with ``why``."""
    while not (stuck := [each for each in store.stuck(saga) if each.why.startswith(why)]):
        await asyncio.sleep(0.02)
    store.resolve(saga, stuck[0].path, action, "by hand", output)
    while any(each == stuck[0] for each in store.stuck(saga)):
        await asyncio.sleep(0.02)


def test_retry_after_the_pivot_waits_and_asks_again(tmp_path: Path) -> None:
    async def talk(store: Store, saga: str) -> None:
        await resolve(store, saga, "timeout", "retry")
        await resolve(store, saga, "timeout", "retry")
        await resolve(store, saga, "timeout", "done", {"text": "no key"})
        await resolve(store, saga, "timeout; the answer", "done", {"key": "k", "text": "phoned"})
        await resolve(store, saga, "exhausted", "retry")
        await resolve(store, saga, "exhausted", "skip")
        await resolve(store, saga, "refused", "retry")
        await resolve(store, saga, "refused", "done", ["by", "hand"])

    end = run(tmp_path, "after-pivot", Order("1", {"after": "refuse"}), talk)
    assert (end.state, end.output) == ("COMPLETED", ["phoned", "by", "hand"])
    assert [mark.step for mark in end.marks] == ["poll~exhausted2"]
    done = [each for each in effects(tmp_path) if each.startswith("poll")]
    assert done == [f"poll[{index}].ask" for index in range(4)]


def test_an_early_event_is_ignored_or_kept(tmp_path: Path) -> None:
    async def talk(store: Store, saga: str) -> None:
        store.signal(saga, "Answer", {"key": "", "text": "early"})
        store.signal(saga, "Begin", None)
        while not any(each.state == "taken" for each in store.mail(saga)):
            await asyncio.sleep(0.02)
        while not any(each.path == "begin" for each in store.history(saga)):
            await asyncio.sleep(0.02)
        store.signal(saga, "Answer", {"key": "", "text": "fresh "})

    assert run(tmp_path, "ignoring", Order("1"), talk).output == "fresh early"


def test_a_join_of_two_out_of_three(tmp_path: Path) -> None:
    plan = {"votes[1].vote": "refuse"}
    end = run(tmp_path, "quorum", Order("1", plan, ["a", "b", "c"]))
    assert (end.state, end.output) == ("COMPLETED", ["done", "refused", "done"])
    assert not [each for each in effects(tmp_path) if each.endswith("~undo")]


def test_a_join_that_cannot_be_reached(tmp_path: Path) -> None:
    plan = {"votes[1].vote": "refuse", "votes[2].vote": "refuse"}
    end = run(tmp_path, "quorum", Order("1", plan, ["a", "b", "c"]))
    assert (end.state, end.because and end.because.reason) == ("COMPENSATED", "refused")
    assert effects(tmp_path) == ["votes[0].vote", "votes[0].vote~undo"]


def test_the_members_of_a_group_are_undone_side_by_side(tmp_path: Path) -> None:
    async def talk(store: Store, saga: str) -> None:
        while "one~undo" not in effects(tmp_path):
            await asyncio.sleep(0.02)
        await resolve(store, saga, "unknown", "skip")

    plan = {"after": "refuse", "two~undo": "raise"}
    end = run(tmp_path, "side-by-side", Order("1", plan), talk)
    assert (end.state, [mark.step for mark in end.marks]) == ("COMPENSATED", ["two~undo"])


def test_a_compensation_that_is_given_up_leaves_a_mark(tmp_path: Path) -> None:
    plan = {"after": "refuse", "given_up~undo": "raise"}
    end = run(tmp_path, "going-on", Order("1", plan))
    assert (end.state, [mark.step for mark in end.marks]) == ("COMPENSATED", ["given_up~undo"])
    assert effects(tmp_path) == ["before", "given_up", "before~undo"]
