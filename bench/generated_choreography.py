"""Generated services of the order saga, with handlers that cost nothing.

``python -m bench.generated_choreography CODE SERVICE FOLDER BROKER failing|succeeding`` serves one.
"""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import Any

from bench.generated_dbos import Handlers

PACKAGE = "order_fulfilment.generated.choreography"


def use(code: Path) -> None:
    """Imports from ``code`` from here on, whatever had been imported from elsewhere."""
    for name in [each for each in sys.modules if each.partition(".")[0] == "order_fulfilment"]:
        del sys.modules[name]
    sys.path.insert(0, str(code))
    invalidate_caches()


def tables(service: str, *, failing: bool) -> Any:
    """What a service plays."""
    types = import_module("order_fulfilment.generated.types")
    return import_module(PACKAGE).tables(service, Handlers(types, failing=failing))


def make(service: str, folder: Path, bus: Any, *, failing: bool) -> Any:
    """A service on ``bus``."""
    part = import_module(f"{PACKAGE}.runtime.service")
    database = str(folder / f"{service}.sqlite")
    return part.Service(tables(service, failing=failing), database, bus)


def serve(code: str, service: str, folder: str, broker: str, case: str) -> None:
    """Runs one service until it is told to stop."""
    sys.path.insert(0, code)
    bus = import_module(f"{PACKAGE}.runtime.nats").NatsBus
    failing = case == "failing"
    played = tables(service, failing=failing)
    process = import_module(f"{PACKAGE}.runtime.process")
    asyncio.run(
        process.serve(lambda: make(service, Path(folder), bus(broker, played), failing=failing))
    )


if __name__ == "__main__":
    serve(*sys.argv[1:6])
