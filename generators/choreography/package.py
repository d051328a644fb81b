"""The package of one saga, choreographed: what all services share, and the part of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sagac.dsl.graph import SagaGraph
from sagac.generators import layout, naming
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

from .asyncapi import document_files
from .checks import check
from .entries import entry_files, is_for
from .events import Events
from .observed import picture, picture_code
from .project import project
from .service import Frames, Service
from .tables import TableWriter, listeners
from .tests import test_files

TEMPLATE = "1"


@dataclass(frozen=True)
class ChoreographyOptions(Options):
    """``package``: name of the Python package, default the saga's; ``tests``: whether to write.

    ``documents``: the folder of the AsyncAPI documents and schemas, default the output folder.
    """

    package: str = ""
    documents: str = ""
    tests: bool = True


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
        writer = _Package(here, graph, source, self.target)
        made = tuple(writer.files(kept, options.documents)) if not findings else ()
        if made and options.tests and played is not None:
            made = (*made, *writer.tests())
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


class _Package:
    """The files of a package."""

    def __init__(self, here: Participants, graph: SagaGraph, source: Source, target: str) -> None:
        self._here = here
        self._graph = graph
        self._source = source
        self._target = target
        self._projection = project(graph)
        self._folder = f"{here.package}/generated/choreography"

    def files(self, kept: tuple[KeptVersion, ...], documents: str) -> Iterator[GeneratedFile]:
        """All of them."""
        here, source = self._here, self._source
        generated = f"{here.package}/generated"
        yield init_file(f"{here.package}/__init__.py", source, f"The saga {self._graph.saga.name}")
        yield init_file(f"{generated}/__init__.py", source, "Written by sagac, not by hand")
        yield from type_files(here, generated, source)
        yield from service_files(here, generated, source)
        yield from handler_files(here)
        yield from contract_files(generated)
        for name, text in parts("choreography/runtime"):
            if is_for(self._target, name):
                yield GeneratedFile(f"{self._folder}/runtime/{name}", text)
        older = (each.version for each in kept if not each.elsewhere)
        yield self._versions((*older, self._graph.saga.version))
        yield from self._version()
        yield from entry_files(here, self._projection.services, self._target, source)
        yield from document_files(
            self._events, here.catalogue, self._target, source, here.package, documents
        )

    def tests(self) -> Iterator[GeneratedFile]:
        """The tests of all services."""
        yield from test_files(self._here, self._graph, self._events, self._modules, self._source)

    @cached_property
    def _events(self) -> Events:
        return Events(self._projection)

    @cached_property
    def _modules(self) -> dict[str, str]:
        """The module of each service."""
        names = Names({"listeners", "picture", "types", "runtime"})
        services = self._projection.services
        return {service: names.of(service, naming.method(service)) for service in services}

    def _versions(self, versions: tuple[int, ...]) -> GeneratedFile:
        name = self._graph.saga.name
        body = template(
            "choreography/versions.body", saga=quoted(name.text), versions=repr(versions)
        )
        table = {"import_module": "importlib", "Table": ".runtime.nodes"}
        table["Picture"] = ".runtime.picture"
        doc = f"What the services play of {name}, in all versions that are kept"
        text = module(self._source, doc, body, STANDARD, table)
        return GeneratedFile(f"{self._folder}/__init__.py", text)

    def _version(self) -> Iterator[GeneratedFile]:
        """One version: the part of each service, and the types that are the version's own."""
        here, source = self._here, self._source
        folder = f"{self._folder}/v{self._graph.saga.version}"
        frames, events = Frames(self._projection, here), self._events
        services = self._projection.services
        writers = {each: TableWriter(Service(each, frames, events)) for each in services}
        bodies = {each: writer.body() for each, writer in writers.items()}  # each may add classes
        own = [name for name in here.records.classes if name not in here.shared]
        for service, writer in writers.items():
            text = writer.module(bodies[service], source, dict.fromkeys(own, ".types"))
            yield GeneratedFile(f"{folder}/{self._modules[service]}.py", text)
        yield GeneratedFile(f"{folder}/types.py", self._types(own))
        heard = module(source, "What each service hears", listeners(events))
        yield GeneratedFile(f"{folder}/listeners.py", heard)
        yield GeneratedFile(f"{folder}/picture.py", self._picture())
        rows = [
            f"    {quoted(service)}: {quoted(name)},\n" for service, name in self._modules.items()
        ]
        body = "MODULES: dict[str, str] = {\n" + "".join(rows) + "}\n"
        doc = f"Version {self._graph.saga.version}: each service and its module"
        yield GeneratedFile(f"{folder}/__init__.py", module(source, doc, body))

    def _picture(self) -> str:
        body = layout.text([picture_code(picture(self._projection, self._events))]) + "\n"
        doc = f"All services of version {self._graph.saga.version}, as an observer sees them"
        names = dict.fromkeys(("Heard", "Link", "Picture", "Spot"), "..runtime.picture")
        return module(self._source, doc, body, STANDARD, names)

    def _types(self, own: list[str]) -> str:
        here = self._here
        classes = (here.records.classes[name] for name in own)
        doc = "What a saga of this version starts with, hears and gives"
        shared = (contract("...contract"), here.class_table("...types"))
        return types_module(classes, {}, doc, self._source, *shared)
