"""The entry point of a package: runs the handlers with all versions that are kept."""

from __future__ import annotations

from sagac.dsl.graph import SagaGraph
from sagac.generators.base import GeneratedFile, Source
from sagac.generators.layout import call, prefixed, text
from sagac.generators.python.participants import Participants, module
from sagac.generators.python.records import quoted
from sagac.generators.python.render import STANDARD, template

_IMPORTS = {
    "argparse": "import argparse",
    "sys": "import sys",
    "Path": "pathlib",
    "Sequence": "collections.abc",
}


def worker_file(
    here: Participants, graph: SagaGraph, source: Source, kept: tuple[int, ...]
) -> GeneratedFile:
    """``worker.py``."""
    saga = graph.saga
    handlers = {
        here.attribute(service): f"{here.handlers(service)}()"
        for service in here.catalogue.services
    }
    folders = [f"v{version}" for version in (*kept, saga.version)]
    body = template(
        "dbos/worker.body",
        package=here.package,
        saga=quoted(saga.name.text),
        version=saga.version,
        definitions=", ".join(f"*{folder}.DEFINITIONS" for folder in folders)
        + "," * (len(folders) == 1),
        services=text([prefixed("return ", call("Services", **handlers))], 4),
    )
    imports = {
        here.handlers(service): f"handlers.{here.attribute(service)}"
        for service in here.catalogue.services
    }
    imports |= dict.fromkeys(folders, ".generated")
    imports |= {
        "Engine": ".generated.engine",
        "open_store": ".generated.engine",
        "Services": ".generated.services",
    }
    title = f"Runs {saga.name}: python -m {here.package}.worker --help"
    text_ = module(source, title, body, STANDARD, _IMPORTS, imports)
    return GeneratedFile(f"{here.package}/worker.py", text_)
