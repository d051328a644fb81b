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
from contextlib import suppress

from .bus import Transport
from .health import of_observer
from .logs import log_json
from .nodes import Table
from .observer import Observer, keep_settled
from .picture import Picture

log = logging.getLogger("saga")

_AGAIN = 1.0

Follow = Callable[[Observer, str], Awaitable[None]]


def main(pictures: Sequence[Picture], follow: Follow, broker: str) -> None:
    """Runs until it is told to stop. ``follow`` is that of ``observer_nats``, or ``hearing``."""
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
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        if health is not None:
            await health.close()
        await observer.settle()
        observer.close()


def hearing(make_bus: Callable[[str, Sequence[Table]], Transport]) -> Follow:
    """For a broker without a stream to read: the observer subscribes as a service does."""

    async def follow(observer: Observer, url: str) -> None:
        tables = [_table(each) for each in observer.pictures.values()]
        while True:
            bus = make_bus(url, tables)
            try:
                await bus.subscribe("observer", observer.subjects, observer.receive)
                await asyncio.Event().wait()
            except Exception:
                log.warning("the broker does not answer; again in %s s", _AGAIN, exc_info=True)
            finally:
                with suppress(Exception):
                    await bus.close()
            await asyncio.sleep(_AGAIN)

    return follow


def _table(picture: Picture) -> Table:
    """A service that plays nothing and hears everything."""
    names = tuple(sorted(set(picture.names.values())))
    return Table(picture.saga, picture.version, "observer", {}, (), hears=names)
