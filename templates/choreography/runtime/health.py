"""``/health``, ``/ready`` and ``/metrics`` of a process, on a port of its own.

health: the process runs; ready: its database answers and what it has to send does not pile up.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from .meters import head, sample

if TYPE_CHECKING:
    from .observer import Observer
    from .service import Service

log = logging.getLogger("saga")

_PATIENCE = 5.0  # seconds for a request
_LARGEST = 8192  # bytes of one
_OLD = 60.0  # seconds after which what is in the outbox says that the broker is away

Answer = tuple[int, str, str]  # status, type, text
Page = Callable[[], Awaitable[Answer]]

_PLAIN = "text/plain; version=0.0.4; charset=utf-8"
_REASONS = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}


class Health:
    """A small HTTP server; ``pages`` by their path."""

    def __init__(self, pages: Mapping[str, Page], host: str = "127.0.0.1", port: int = 0) -> None:
        self._pages = pages
        self._host, self._port = host, port
        self._server: asyncio.Server | None = None

    async def open(self) -> int:
        """Begins to listen and returns the port. Raises OSError if it is taken."""
        self._server = await asyncio.start_server(self._serve, self._host, self._port)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stops."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            async with asyncio.timeout(_PATIENCE):
                request = await reader.readuntil(b"\r\n\r\n")
                writer.write(await self._answer(request[:_LARGEST]))
                await writer.drain()
        with suppress(ConnectionError):
            writer.close()
            await writer.wait_closed()

    async def _answer(self, request: bytes) -> bytes:
        method, _, rest = request.decode("latin-1").partition(" ")
        path = rest.partition(" ")[0].partition("?")[0]
        status, kind, text = 404, "text/plain", "there is /health, /ready and /metrics\n"
        if method not in ("GET", "HEAD"):
            status, text = 405, "only GET\n"
        elif path in self._pages:
            try:
                status, kind, text = await self._pages[path]()
            except Exception:
                log.exception("%s cannot be answered", path)
                status, text = 503, "it cannot be looked up\n"
        body = text.encode()
        lines = (
            f"HTTP/1.1 {status} {_REASONS[status]}",
            f"content-type: {kind}",
            f"content-length: {len(body)}",
            "connection: close",
        )
        return "\r\n".join((*lines, "", "")).encode() + (b"" if method == "HEAD" else body)


def of_service(service: Service, host: str = "127.0.0.1", port: int = 0) -> Health:
    """Health, readiness and metrics of a service."""

    async def ready() -> Answer:
        age = await _outbox_age(service)
        state = {"service": service.name, "outbox_age_seconds": round(age, 3)}
        return (200 if age < _OLD else 503), "application/json", json.dumps(state) + "\n"

    async def metrics() -> Answer:
        return 200, _PLAIN, "\n".join([*await service_lines(service), ""])

    pages = {"/health": _alive, "/ready": ready, "/metrics": metrics}
    return Health(pages, host, port)


def of_observer(observer: Observer, host: str = "127.0.0.1", port: int = 0) -> Health:
    """Health, readiness and metrics of an observer."""

    async def metrics() -> Answer:
        rows = await observer.database.execute(_SAGAS)
        lines = [*head("saga_sagas", "gauge", "Sagas by the state that they are in.")]
        lines += [sample("saga_sagas", {"saga": s, "state": w}, n) for s, w, n in rows]
        return 200, _PLAIN, "\n".join([*lines, ""])

    async def ready() -> Answer:
        await observer.database.execute("select 1")
        return 200, "application/json", "{}\n"

    return Health({"/health": _alive, "/ready": ready, "/metrics": metrics}, host, port)


async def _alive() -> Answer:
    return 200, "text/plain", "ok\n"


async def service_lines(service: Service) -> Iterable[str]:
    """The metrics of a service."""
    database = service.database
    await service.relay.tidy()
    known = (await database.execute("select count(*) from saga_courses"))[0][0]
    under_way = {str(state): int(n) for state, n in await database.execute(_STEPS)}
    stuck = [data for (data,) in await database.execute(_STILL) if '"why":' in data]
    letters = (await database.execute(_LETTERS))[0][0]
    waiting = (await database.execute("select count(*) from saga_outbox"))[0][0]
    own = {"service": service.name}
    gauges: list[tuple[str, str, dict[str, str], float]] = [
        ("saga_sagas_here", "Sagas that this service knows.", {}, known),
        *(
            ("saga_steps_here", about, {"state": state}, under_way.get(state, 0))
            for state, about in _UNDER_WAY.items()
        ),
        ("saga_stuck", "Calls that wait for a person.", {}, len(stuck)),
        ("saga_dead_letters", "Messages that could not be worked on.", {}, letters),
        ("saga_outbox_messages", "Messages that the broker does not have yet.", {}, waiting),
        ("saga_outbox_age_seconds", "Age of the oldest of them.", {}, await _outbox_age(service)),
    ]
    lines: list[str] = []
    for name, about, labels, value in gauges:
        lines += head(name, "gauge", about) if about else ()
        lines.append(sample(name, {**own, **labels}, value))
    return [*lines, *service.meters.lines()]


async def _outbox_age(service: Service) -> float:
    rows = await service.database.execute("select min(at) from saga_outbox")
    return 0.0 if rows[0][0] is None else max(0.0, time.time() - float(rows[0][0]))


_UNDER_WAY = {"ready": "Steps that are under way here.", "undoing": "", "open": "", "pausing": ""}
_STEPS = """select state, count(*) from (
select state from saga_nodes where due is not null union all select state from saga_nodes
where due is null and state in ('ready', 'undoing', 'open', 'pausing')) as found group by state"""
_STILL = """select data from saga_nodes
where due is null and state in ('ready', 'undoing', 'open', 'pausing')"""
_LETTERS = "select count(*) from saga_letters where settled is null"
_SAGAS = "select saga, state, count(*) from observed_sagas group by saga, state order by 1, 2"
