"""One service as a process: ``python -m PACKAGE.SERVICE``. Brokers differ in one line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sagac.generators import naming
from sagac.generators.base import GeneratedFile, Source
from sagac.generators.naming import Names
from sagac.generators.python.package import init_file
from sagac.generators.python.participants import Participants, module
from sagac.generators.python.records import quoted
from sagac.generators.python.render import STANDARD, template


@dataclass(frozen=True, slots=True)
class Broker:
    """Where a broker's transport is in the runtime, and its URL if none is given."""

    module: str
    bus: str
    url: str


BROKERS = {
    "nats": Broker("nats", "NatsBus", "nats://127.0.0.1:4222"),
    "rabbitmq": Broker("rabbit", "RabbitBus", "amqp://guest:guest@127.0.0.1:5672/"),
    "redis": Broker("redis", "RedisBus", "redis://127.0.0.1:6379"),
    "kafka": Broker("kafka", "KafkaBus", "kafka://127.0.0.1:9092"),
}


def is_for(target: str, name: str) -> bool:
    """Whether a module of the runtime belongs to ``target``: not that of another broker."""
    mine = BROKERS.get(target)
    others = {each.module for each in BROKERS.values() if each != mine}
    return name.removesuffix(".py").removeprefix("observer_") not in others


def entry_files(
    here: Participants, services: Iterable[str], target: str, source: Source
) -> Iterator[GeneratedFile]:
    """A ``__main__`` per service, or one where all run in one process."""
    broker = BROKERS.get(target)
    if broker is None:
        yield GeneratedFile(f"{here.package}/__main__.py", _together(here, services, source))
        return
    names = Names({"generated", "worker", "observer"})
    for service in services:
        folder = f"{here.package}/{names.of(service, naming.method(service))}"
        doc = f"The service {service} of {here.package}"
        yield init_file(f"{folder}/__init__.py", source, doc)
        yield GeneratedFile(f"{folder}/__main__.py", _entry(here, service, broker, source))
    folder = f"{here.package}/observer"
    yield init_file(f"{folder}/__init__.py", source, f"The observer of {here.package}")
    yield GeneratedFile(f"{folder}/__main__.py", _observer(broker, source))


def _together(here: Participants, services: Iterable[str], source: Source) -> str:
    table = {
        "main": ".generated.choreography.runtime.local",
        "pictures": ".generated.choreography",
        "tables": ".generated.choreography",
    }
    called = []
    for service in services:
        handlers = "object()"
        if service in here.catalogue.services:
            table[here.handlers(service)] = f"handlers.{here.attribute(service)}"
            handlers = f"{here.handlers(service)}()"
        called.append(f"tables({quoted(service)}, {handlers})")
    body = template("choreography/together.body", services=called)
    return module(source, "Runs all services in one process", body, STANDARD, table)


def _entry(here: Participants, service: str, broker: Broker, source: Source) -> str:
    is_called = service in here.catalogue.services
    runtime = "..generated.choreography.runtime"
    table = {
        "main": f"{runtime}.process",
        broker.bus: f"{runtime}.{broker.module}",
        "tables": "..generated.choreography",
    }
    if is_called:
        table[here.handlers(service)] = f"handlers.{here.attribute(service)}"
    body = template(
        "choreography/entry.body",
        broker=quoted(broker.url),
        service=quoted(service),
        handlers=f"{here.handlers(service)}()" if is_called else "object()",
        bus=broker.bus,
    )
    return module(source, f"Runs the service {service} as a process", body, STANDARD, table)


def _observer(broker: Broker, source: Source) -> str:
    runtime = "..generated.choreography.runtime"
    table = {
        "main": f"{runtime}.observing",
        "pictures": "..generated.choreography",
        "follow": f"{runtime}.observer_{broker.module}",
    }
    body = template("choreography/observer.body", broker=quoted(broker.url))
    return module(source, "Runs the observer as a process", body, STANDARD, table)
