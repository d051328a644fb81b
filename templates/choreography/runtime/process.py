"""One service as a process: starts, listens, works, and stops without losing its place.

``SAGA_DATABASE`` is the service's database (an SQLite file or a Postgres URL), ``SAGA_BROKER`` the
broker's URL. ``SAGA_HEALTH`` is ``HOST:PORT`` or a port for health, readiness and metrics, and
``SAGA_LOG=json`` writes logs as JSON lines. SIGTERM and SIGINT let calls that run come to an end
and send what is in the outbox.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Sequence

from .bus import Transport
from .health import of_service
from .logs import log_json
from .nodes import Table
from .service import Service


def main(
    tables: Sequence[Table], make_bus: Callable[[str, Sequence[Table]], Transport], broker: str
) -> None:
    """Runs the service of ``tables`` until it is told to stop; ``broker`` is the default URL."""
    name = tables[0].service
    database = os.environ.get("SAGA_DATABASE", f"{name}.sqlite")
    url = os.environ.get("SAGA_BROKER", broker)
    if os.environ.get("SAGA_LOG") == "json":
        log_json(name)
    asyncio.run(serve(Service(tables, database, make_bus(url, tables))))


async def serve(service: Service) -> None:
    """Until SIGTERM or SIGINT."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, told.set)
    host, _, port = os.environ.get("SAGA_HEALTH", "").rpartition(":")
    health = of_service(service, host or "127.0.0.1", int(port)) if port else None
    await service.open()
    if health is not None:
        await health.open()
    print(f"{service.name} is ready", flush=True)
    try:
        await told.wait()
    finally:
        if health is not None:
            await health.close()
        await service.close()
        await service.transport.close()
