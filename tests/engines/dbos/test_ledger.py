"""What is undone is fenced: its action refuses from then on, whether it has run or not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sagac.templates.contract.database import Database
from sagac.templates.contract.ledger import Ledger


@pytest.mark.parametrize("shared", [False, True], ids=["alone", "in a transaction"])
def test_what_is_undone_is_fenced(tmp_path: Path, shared: bool) -> None:
    async def run() -> list[bool | None]:
        ledger = await Ledger.open(Database(str(tmp_path / "calls.sqlite")))
        await ledger.done("ran", {"id": "1"})
        fenced = ("ran", "never", "ran")
        if shared:
            async with ledger.database.transaction() as tx:
                await ledger.undone("ran~undo", fenced, tx)
        else:
            await ledger.undone("ran~undo", fenced)
            await ledger.undone("ran~undo", fenced)  # its answer was lost, and it came again
        found = [await ledger.look(each) for each in ("ran~undo", "ran", "never", "other")]
        ledger.database.close()
        return [None if each is None else each.done for each in found]

    assert asyncio.run(run()) == [True, False, False, None]
