"""All services of a saga in one process, without a server: messages go from outbox to inbox.

Each service has its own database in ``folder`` (``services/NAME.sqlite``), the observer one beside
them (``observer.sqlite``). The same handlers run with a broker; only who carries differs.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .bus import LocalBus, Transport
from .nodes import Table
from .observer import Observer, Watched
from .picture import Picture
from .service import Service


class Together:
    """The services of a saga; use it as an asynchronous context.

    ``wrap`` may put something between the services and the bus, as tests do.
    """

    def __init__(
        self,
        tables: Iterable[Sequence[Table]],
        pictures: Sequence[Picture],
        folder: str | Path,
        wrap: Callable[[Transport], Transport] = lambda bus: bus,
    ) -> None:
        place = Path(folder)
        (place / "services").mkdir(parents=True, exist_ok=True)
        self.observer = Observer(pictures, str(place / "observer.sqlite"))
        self.bus = Watched(wrap(LocalBus()), self.observer)
        self.services = {
            each[0].service: Service(
                each, str(place / "services" / f"{each[0].service}.sqlite"), self.bus
            )
            for each in tables
            if each
        }

    async def start(self, input: Any) -> str:
        """Starts a saga and returns its key; ``input`` is of the saga's input class."""
        first = next(each for each in self.services.values() if "start" in each.newest.nodes)
        return await first.start(input)

    async def __aenter__(self) -> Self:
        await self.observer.open()
        for each in self.services.values():
            await each.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for each in self.services.values():
            await each.close()
        await self.bus.close()
        self.observer.close()


def main(tables: Iterable[Sequence[Table]], pictures: Sequence[Picture]) -> None:
    """Serves until SIGTERM or SIGINT; ``SAGA_FOLDER`` is where the databases lie."""
    asyncio.run(_serve(Together(tables, pictures, os.environ.get("SAGA_FOLDER", "sagas"))))


async def _serve(together: Together) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, told.set)
    async with together:
        print("ready", flush=True)
        await told.wait()
