"""Generated packages, imported for a while."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import Any

from sagac.dsl.graph import SagaGraph
from sagac.generators.base import Source
from sagac.generators.choreography.package import ChoreographyGenerator, ChoreographyOptions
from sagac.templates.choreography.runtime.nodes import Table


class Handlers:
    """Stands for the handlers of any service; nobody calls it."""

    def __getattr__(self, name: str) -> Any:
        return lambda request, call: None


def write(graph: SagaGraph, folder: Path, package: str = "") -> None:
    """The files of a saga in this style."""
    options = ChoreographyOptions(package=package)
    made = ChoreographyGenerator().generate(graph, Source("spec", "0" * 64), (), options)
    assert not made.findings, made.findings
    for file in made.files:
        place = folder / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(file.text, encoding="utf-8")


@contextmanager
def imported(graph: SagaGraph, folder: Path, package: str) -> Iterator[Mapping[str, Table]]:
    """The tables of a saga, from its generated code."""
    write(graph, folder, package)
    sys.path.insert(0, str(folder))
    invalidate_caches()
    try:
        version = f"{package}.generated.choreography.v{graph.saga.version}"
        modules = import_module(version).MODULES
        yield {
            service: import_module(f"{version}.{module}").table(Handlers())
            for service, module in modules.items()
        }
    finally:
        sys.path.remove(str(folder))
        for name in [each for each in sys.modules if each.partition(".")[0] == package]:
            del sys.modules[name]
        shutil.rmtree(folder / "handlers", ignore_errors=True)
