"""Every kind of item, going through and failing: the effects in order, and the end."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from sagac.templates.dbos.engine import End, Engine, SagaExists
from sagac.templates.dbos.engine.store import CallRow, open_store

from .case import Case
from .cases import CASES
from .handlers import Handlers
from .sagas import ALL, Order


class Results:
    """What one run of all cases left behind."""

    def __init__(self) -> None:
        self.ends: dict[str, End] = {}
        self.effects: dict[str, list[str]] = {}
        self.history: dict[str, list[CallRow]] = {}


async def _one(engine: Engine, case: Case) -> End:
    order = Order(case.key, case.plan, case.lines, case.resource)
    async with asyncio.timeout(120):
        run = await engine.start(ALL[case.saga], order)
        for send in case.sends:
            await send(engine, run.id)
        return await run.wait()


async def _all(folder: Path, shared: bool) -> Results:
    results = Results()
    url = f"sqlite:///{folder}/sagas.sqlite"
    engine = Engine(url)
    handlers = Handlers(folder / "effects.sqlite", shared=shared)
    for each in ALL.values():
        engine.register(each, handlers)
    async with engine:
        ends = await asyncio.gather(*(_one(engine, case) for case in CASES))
    results.ends = {case.key: end for case, end in zip(CASES, ends, strict=True)}
    connection = sqlite3.connect(folder / "effects.sqlite")
    rows = connection.execute("select key, step, note from effects order by rowid").fetchall()
    connection.close()
    with open_store(url) as store:
        for case in CASES:
            saga = f"{case.saga}/{case.key}"
            own = [row for row in rows if row[0].startswith(f"{saga}/")]
            assert len({row[0] for row in own}) == len(own), "an effect happened twice"
            results.effects[case.key] = [row[1] for row in own]
            results.history[case.key] = store.history(saga)
            row = store.saga(saga)
            assert row is not None
            assert row.state == results.ends[case.key].state
            assert not store.stuck(saga)
            assert not store.attempts(saga)
            assert all(each.state != "pending" for each in store.mail(saga))
    return results


@pytest.fixture(scope="module", params=[False, True], ids=["own-ledger", "shared-database"])
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Results:
    return asyncio.run(_all(tmp_path_factory.mktemp("items"), request.param))


@pytest.mark.parametrize("case", CASES, ids=[case.key for case in CASES])
def test_the_end_and_the_effects(results: Results, case: Case) -> None:
    case.check(results.ends[case.key], results.effects[case.key])
    assert [row.finished for row in results.history[case.key]] == sorted(
        row.finished for row in results.history[case.key]
    )


def test_one_saga_per_key(tmp_path: Path) -> None:
    async def scenario() -> tuple[End, End, Any]:
        engine = Engine(f"sqlite:///{tmp_path}/sagas.sqlite")
        engine.register(ALL["rounds"], Handlers(tmp_path / "effects.sqlite", shared=False))
        async with engine:
            one = await (await engine.start(ALL["rounds"], Order("1"))).wait()
            two = await (
                await engine.start_json("rounds", 1, {"key": "1", "plan": {}, "lines": []})
            ).wait()
            with pytest.raises(SagaExists, match="rounds/1 exists"):
                await engine.start(ALL["rounds"], Order("1", {"enough": "2"}))
            return one, two, await engine.start(ALL["rounds"], Order("2"))

    one, two, _ = asyncio.run(scenario())
    assert one == two
    assert one.output == 3
