"""The package of a saga: its name, its ``__init__`` files."""

from __future__ import annotations

from sagac.dsl.graph import SagaGraph
from sagac.generators import naming
from sagac.generators.base import GeneratedFile, OptionError, Source

from .render import header

LONGEST = 80  # characters of a package's name, as of a saga's


def package_name(graph: SagaGraph, wanted: str) -> str:
    """The name that is wanted, or the saga's. Raises OptionError for one Python cannot have."""
    if not wanted:
        return naming.package(graph.saga.name.text)
    if len(wanted) > LONGEST or not wanted.isascii() or naming.package(wanted) != wanted:
        raise OptionError(f"option 'package' is the name of a Python package, not {wanted!r}")
    return wanted


def init_file(path: str, source: Source, doc: str) -> GeneratedFile:
    """A module with a docstring only."""
    return GeneratedFile(path, f'{header(source)}"""{naming.docstring(doc)}"""\n')
