"""One service as a process: starts, listens, works, and stops without losing its place.

``SAGA_DATABASE`` is the service's database (an SQLite file or a Postgres URL), ``SAGA_BROKER`` the
broker's URL. ``SAGA_HEALTH`` is ``HOST:PORT`` or a port for health, readiness and metrics, and
``SAGA_LOG=json`` writes logs as JSON lines. SIGTERM and SIGINT let calls that run come to an end
and send what is in the outbox.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress

from .bus import Transport
from .health import Health, of_service
from .logs import log_json
from .nodes import Table
from .service import Service

log = logging.getLogger("saga")

_AGAIN = 1.0


def main(
    tables: Sequence[Table], make_bus: Callable[[str, Sequence[Table]], Transport], broker: str
) -> None:
    """Runs the service of ``tables`` until it is told to stop; ``broker`` is the default URL."""
    name = tables[0].service
    database = os.environ.get("SAGA_DATABASE", f"{name}.sqlite")
    url = os.environ.get("SAGA_BROKER", broker)
    if os.environ.get("SAGA_LOG") == "json":
        log_json(name)
    asyncio.run(serve(lambda: Service(tables, database, make_bus(url, tables))))


async def serve(make: Callable[[], Service]) -> None:
    """Until SIGTERM or SIGINT. A broker that is not there yet is waited for."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, told.set)
    service = await _opened(make, told)
    if service is None:
        return
    health = health_of(service)
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


async def _opened(make: Callable[[], Service], told: asyncio.Event) -> Service | None:
    while not told.is_set():
        service = make()
        try:
            await service.open()
        except Exception:
            log.warning("%s cannot start yet; again in %s s", service.name, _AGAIN, exc_info=True)
            with suppress(Exception):
                await service.transport.close()
            service.database.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(told.wait(), _AGAIN)
        else:
            return service
    return None


def health_of(service: Service) -> Health | None:
    """Its health on the port of ``SAGA_HEALTH``, if one is given."""
    host, _, port = os.environ.get("SAGA_HEALTH", "").rpartition(":")
    return of_service(service, host or "127.0.0.1", int(port)) if port else None
