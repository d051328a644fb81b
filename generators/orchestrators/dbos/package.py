"""The package of one saga: what every version shares, the version's workflow, the worker."""

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
from sagac.generators.python.catalogue import Catalogue, make_catalogue
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
from sagac.generators.python.records import Records
from sagac.generators.python.render import STANDARD, contract, engine, template

from .tests import test_files
from .unit import Unit
from .worker import worker_file
from .workflow import workflow_body, workflow_module

TEMPLATE = "1"


@dataclass(frozen=True)
class DbosOptions(Options):
    """``package``: name of the Python package, default the saga's; ``tests``: whether to write."""

    package: str = ""
    tests: bool = True


class DbosGenerator:
    """Orchestration on DBOS."""

    style = "orchestration"
    target = "dbos"
    options = DbosOptions

    def generate(
        self,
        graph: SagaGraph,
        source: Source,
        kept: tuple[KeptVersion, ...],
        options: DbosOptions,
        played: Played | None = None,
    ) -> Generated:
        """The files of a saga's package. Raises OptionError for a name Python cannot have."""
        package = package_name(graph, options.package)
        catalogue = make_catalogue(graph, kept)
        here = Participants(catalogue, Records(catalogue.all), package)
        files = (
            *_files(here, graph, source, kept),
            *handler_files(here),
        )
        if options.tests and played is not None:
            files = (*files, *test_files(here, graph, source, played))
        return Generated(
            files=tuple(sorted(files, key=lambda each: each.path)),
            handlers=tuple(handlers(here)),
            actions=catalogue.current.to_json(),
            version_folder=f"{package}/generated/v{{}}",
            template=TEMPLATE,
        )


def _files(
    here: Participants, graph: SagaGraph, source: Source, kept: tuple[KeptVersion, ...]
) -> Iterator[GeneratedFile]:
    folder = f"{here.package}/generated"
    version = graph.saga.version
    yield init_file(f"{here.package}/__init__.py", source, f"The saga {graph.saga.name}")
    yield init_file(f"{folder}/__init__.py", source, "Written by sagac, not by hand")
    yield from type_files(here, folder, source)
    yield from service_files(here, folder, source)
    yield from contract_files(folder)
    yield from _engine(folder)
    yield from _version(here, here.catalogue, f"{folder}/v{version}", source)
    yield worker_file(
        here, graph, source, tuple(each.version for each in kept if not each.elsewhere)
    )


def _version(
    here: Participants, catalogue: Catalogue, folder: str, source: Source
) -> Iterator[GeneratedFile]:
    """One version: the workflow, those of its sub-sagas, and the types that are its own."""
    definitions = {}
    modules = Names({"types", "workflow"})
    constants = Names({"DEFINITIONS", "FOREVER", "STANDARD", "UUID", *here.records.given})
    for scope in catalogue.scopes:
        saga = scope.graph.saga
        constant = constants.fresh(naming.constant(saga.name.text))
        doc = naming.docstring(f"What the saga {saga.name} starts with")
        record = scope.record(saga.input)
        wanted = f"{naming.camel(saga.name.text)}Input"
        definitions[saga.name.text] = (constant, here.records.owned(wanted, record, doc))
    units = [Unit(scope, here, definitions) for scope in catalogue.scopes]
    places = {
        unit.graph.saga.name.text: "workflow" if not index else modules.fresh(_module(unit))
        for index, unit in enumerate(units)
    }
    tables = {unit.constant: f".{places[unit.graph.saga.name.text]}" for unit in units}
    bodies = [workflow_body(unit) for unit in units]  # all, since each may add classes
    own = dict.fromkeys(_own_classes(here), ".types")
    for unit, body in zip(units, bodies, strict=True):
        others = {name: place for name, place in tables.items() if name != unit.constant}
        text = workflow_module(unit, body, source, others, own)
        yield GeneratedFile(f"{folder}/{places[unit.graph.saga.name.text]}.py", text)
    yield GeneratedFile(f"{folder}/__init__.py", _definitions(units, tables, source))
    classes = (here.records.classes[name] for name in _own_classes(here))
    doc = "What a saga of this version starts with, hears and gives"
    shared = here.class_table("..types")
    text = types_module(classes, {}, doc, source, contract("..contract"), shared)
    yield GeneratedFile(f"{folder}/types.py", text)


def _definitions(units: list[Unit], tables: dict[str, str], source: Source) -> str:
    body = template("dbos/version.body", definitions=[unit.constant for unit in units])
    return module(source, "One version of the saga", body, STANDARD, engine("..engine"), tables)


def _own_classes(here: Participants) -> list[str]:
    return [name for name in here.records.classes if name not in here.shared]


def _module(unit: Unit) -> str:
    return naming.snake(unit.graph.saga.name.text)


def _engine(folder: str) -> Iterator[GeneratedFile]:
    """The engine part, the same for every saga."""
    for name, text in parts("dbos/engine"):
        # as a template it lies one folder deeper, beside those of other engines
        text = text.replace("from ...contract", "from ..contract")
        yield GeneratedFile(f"{folder}/engine/{name}", text)
