"""One service of a saga in a process of its own, for tests that kill it.

``python -m tests.choreography.worker SPEC SERVICE FOLDER BROKER PLAN``; PLAN is JSON, see Handlers.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from sagac.dsl.compile import compile
from sagac.dsl.graph import SagaGraph
from sagac.generators.choreography.project import project
from sagac.templates.choreography.runtime.bus import Transport
from sagac.templates.choreography.runtime.nodes import Table
from sagac.templates.choreography.runtime.process import serve
from sagac.templates.choreography.runtime.service import Service

from .served import Handlers, served


def graph_at(path: Path) -> SagaGraph:
    """The graph of a spec; other files lie beside it."""
    graph = compile(path.read_bytes(), path.name, lambda n: (path.parent / n).read_bytes()).graph
    assert graph is not None
    return graph


def bus_at(url: str, tables: Sequence[Table]) -> Transport:
    """The transport for a broker's URL."""
    runtime = "sagac.templates.choreography.runtime"
    module, name = BUSES[url.partition(":")[0]]
    bus: Transport = getattr(import_module(f"{runtime}.{module}"), name)(url, tables)
    return bus


BUSES = {
    "nats": ("nats", "NatsBus"),
    "amqp": ("rabbit", "RabbitBus"),
    "redis": ("redis", "RedisBus"),
    "kafka": ("kafka", "KafkaBus"),
}


def main(spec: str, service: str, folder: str, broker: str, plan: str) -> None:
    """Serves until it is told to stop."""
    graph = graph_at(Path(spec))
    handlers = Handlers(Path(folder) / "effects.sqlite", json.loads(plan))
    table = served(project(graph), handlers)[service]
    database = str(Path(folder) / f"{service}.sqlite")
    asyncio.run(serve(lambda: Service([table], database, bus_at(broker, [table]))))


if __name__ == "__main__":
    main(*sys.argv[1:6])
