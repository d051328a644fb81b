"""The observer as a process: hears all events, keeps the rows up to date, says how it is.

``SAGA_DATABASE`` is its database (an SQLite file or a Postgres URL), ``SAGA_BROKER`` the broker's
URL, ``SAGA_HEALTH`` and ``SAGA_LOG`` are those of a service.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Sequence

from .bus import stop
from .health import of_observer
from .logs import log_json
from .observer import Observer, keep_settled
from .picture import Picture

log = logging.getLogger("saga")

_AGAIN = 1.0

Follow = Callable[[Observer, str], Awaitable[None]]


def main(pictures: Sequence[Picture], follow: Follow, broker: str) -> None:
    """Runs until it is told to stop. ``follow`` is that of ``observer_nats``, say."""
    if os.environ.get("SAGA_LOG") == "json":
        log_json("observer")
    database = os.environ.get("SAGA_DATABASE", "observer.sqlite")
    url = os.environ.get("SAGA_BROKER", broker)
    asyncio.run(observe(Observer(pictures, database), lambda observer: follow(observer, url)))


async def observe(observer: Observer, follow: Callable[[Observer], Awaitable[None]]) -> None:
    """Until SIGTERM or SIGINT."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, told.set)
    await observer.open()
    host, _, port = os.environ.get("SAGA_HEALTH", "").rpartition(":")
    health = of_observer(observer, host or "127.0.0.1", int(port)) if port else None
    if health is not None:
        await health.open()
    work = [asyncio.ensure_future(follow(observer)), asyncio.create_task(keep_settled(observer))]
    print("the observer is ready", flush=True)
    try:
        await told.wait()
    finally:
        await stop(work)
        if health is not None:
            await health.close()
        await observer.settle()
        observer.close()


async def without_end(stream: str, read: Callable[[], Awaitable[None]]) -> None:
    """Reads until it is cancelled, and again after whatever went wrong."""
    while True:
        try:
            await read()
        except Exception:
            log.warning("%s cannot be read; again in %s s", stream, _AGAIN, exc_info=True)
        await asyncio.sleep(_AGAIN)
