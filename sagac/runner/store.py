"""The store of the generated orchestrator, read and written without starting the engine.

The engine part is copied into every output; here the same modules are imported from the templates,
without the package around them, which would import the whole engine.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, cast

from sagac.cli.support import UsageProblem
from sagac.templates import ROOT

if TYPE_CHECKING:
    from sagac.templates.dbos.engine.store import SagaRow, Store

_PACKAGE = "sagac_store.dbos.engine"

# the engine part finds what all styles share three levels up
_FOLDERS = {
    "sagac_store": ROOT,
    "sagac_store.dbos": ROOT / "dbos",
    _PACKAGE: ROOT / "dbos" / "engine",
}


def open_store(url: str) -> Store:
    """The store at ``url``. Raises UsageProblem if there is none."""
    if _PACKAGE not in sys.modules:
        for name, folder in _FOLDERS.items():
            sys.modules[name] = package = ModuleType(name)
            package.__path__ = [str(folder)]
    module = import_module(f"{_PACKAGE}.store")
    try:
        return cast("Store", module.open_store(url))
    except FileNotFoundError as missing:
        raise UsageProblem(f"there is no store {missing}: no saga has been run here") from None
    except Exception as problem:
        if not of_the_database(problem):
            raise
        text = " ".join(str(problem).split())
        raise UsageProblem(f"the store cannot be opened: {text}") from None


def of_the_database(problem: Exception) -> bool:
    """Whether a driver raised it; psycopg is imported only where it is used."""
    driver = type(problem).__module__.partition(".")[0]
    return driver in ("sqlite3", "psycopg")


def find_saga(store: Store, key: str) -> SagaRow:
    """The saga with that key, or with that id (``saga/key``).

    Raises UsageProblem if there is none, or several sagas have one with that key.
    """
    rows = [row for row in store.sagas() if key in (row.id, row.key)]
    if len(rows) != 1:
        raise unclear(key, [row.id for row in rows])
    return rows[0]


def unclear(key: str, ids: list[str]) -> UsageProblem:
    """What to say if a key does not name one saga."""
    if not ids:
        return UsageProblem(f"there is no saga with the key {key!r} here")
    several = ", ".join(ids)
    return UsageProblem(f"several sagas have the key {key!r}; say which one: {several}")
