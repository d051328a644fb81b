"""The package of one saga, choreographed: what all services share, and the part of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sagac.dsl.graph import SagaGraph
from sagac.generators import naming
from sagac.generators.base import (
    Generated,
    GeneratedFile,
    KeptVersion,
    Options,
    Played,
    Source,
)
from sagac.generators.naming import Names
from sagac.generators.python.catalogue import make_catalogue
from sagac.generators.python.copied import contract_files, parts
from sagac.generators.python.package import init_file, package_name
from sagac.generators.python.participants import (
    Participants,
    handler_files,
    handlers,
    module,
    service_files,
    type_files,
    types_module,
)
from sagac.generators.python.records import Records, quoted
from sagac.generators.python.render import STANDARD, contract, template

from .checks import check
from .events import Events
from .project import project
from .service import Frames, Service
from .tables import TableWriter

TEMPLATE = "1"


@dataclass(frozen=True)
class ChoreographyOptions(Options):
    """``package``: name of the Python package, default the saga's."""

    package: str = ""


class ChoreographyGenerator:
    """One service per participant, on the broker that ``target`` names."""

    style = "choreography"
    target = "local"
    options = ChoreographyOptions

    def generate(
        self,
        graph: SagaGraph,
        source: Source,
        kept: tuple[KeptVersion, ...],
        options: ChoreographyOptions,
        played: Played | None = None,
    ) -> Generated:
        """The files of a saga's package, or findings where services cannot do it alone.

        Raises OptionError for a name Python cannot have.
        """
        package = package_name(graph, options.package)
        catalogue = make_catalogue(graph, kept)
        here = Participants(catalogue, Records(catalogue.all), package)
        folder = f"{package}/generated/choreography/v{{}}"
        findings = tuple(check(graph))
        made = tuple(_files(here, graph, source, kept)) if not findings else ()
        return Generated(
            files=tuple(sorted(made, key=lambda each: each.path)),
            handlers=tuple(handlers(here)) if not findings else (),
            actions=catalogue.current.to_json(),
            version_folder=folder,
            template=TEMPLATE,
            findings=findings,
        )


class NatsGenerator(ChoreographyGenerator):
    """The same on NATS."""

    target = "nats"


class RabbitmqGenerator(ChoreographyGenerator):
    """The same on RabbitMQ."""

    target = "rabbitmq"


class RedisGenerator(ChoreographyGenerator):
    """The same on Redis."""

    target = "redis"


class KafkaGenerator(ChoreographyGenerator):
    """The same on Kafka."""

    target = "kafka"


def _files(
    here: Participants, graph: SagaGraph, source: Source, kept: tuple[KeptVersion, ...]
) -> Iterator[GeneratedFile]:
    generated = f"{here.package}/generated"
    folder, version = f"{generated}/choreography", graph.saga.version
    yield init_file(f"{here.package}/__init__.py", source, f"The saga {graph.saga.name}")
    yield init_file(f"{generated}/__init__.py", source, "Written by sagac, not by hand")
    yield from type_files(here, generated, source)
    yield from service_files(here, generated, source)
    yield from handler_files(here)
    yield from contract_files(generated)
    for name, text in parts("choreography/runtime"):
        yield GeneratedFile(f"{folder}/runtime/{name}", text)
    yield _versions(graph, folder, source, (*(each.version for each in kept), version))
    yield from _version(here, graph, f"{folder}/v{version}", source)


def _versions(
    graph: SagaGraph, folder: str, source: Source, versions: tuple[int, ...]
) -> GeneratedFile:
    body = template(
        "choreography/versions.body", saga=quoted(graph.saga.name.text), versions=repr(versions)
    )
    table = {"import_module": "importlib", "Table": ".runtime.nodes"}
    doc = f"What the services play of {graph.saga.name}, in all versions that are kept"
    return GeneratedFile(f"{folder}/__init__.py", module(source, doc, body, STANDARD, table))


def _version(
    here: Participants, graph: SagaGraph, folder: str, source: Source
) -> Iterator[GeneratedFile]:
    """One version: the part of each service, and the types that are the version's own."""
    projection = project(graph)
    frames, events = Frames(projection, here), Events(projection)
    writers = [(each, TableWriter(Service(each, frames, events))) for each in projection.services]
    bodies = [writer.body() for _, writer in writers]  # all, since each may add classes
    names = Names({"types", "runtime"})
    modules = {service: names.of(service, naming.method(service)) for service, _ in writers}
    own = [name for name in here.records.classes if name not in here.shared]
    for (service, writer), body in zip(writers, bodies, strict=True):
        text = writer.module(body, source, dict.fromkeys(own, ".types"))
        yield GeneratedFile(f"{folder}/{modules[service]}.py", text)
    classes = (here.records.classes[name] for name in own)
    doc = "What a saga of this version starts with, hears and gives"
    shared = (contract("...contract"), here.class_table("...types"))
    yield GeneratedFile(f"{folder}/types.py", types_module(classes, {}, doc, source, *shared))
    rows = [f"    {quoted(service)}: {quoted(name)},\n" for service, name in modules.items()]
    body = "MODULES: dict[str, str] = {\n" + "".join(rows) + "}\n"
    text = module(source, f"Version {graph.saga.version}: each service and its module", body)
    yield GeneratedFile(f"{folder}/__init__.py", text)
