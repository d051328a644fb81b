"""What ``sagac lint`` finds, before anybody asks what is wanted of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from sagac.cli.files import SagaFiles
from sagac.cli.support import read_spec
from sagac.cli.together import look_at_all

if TYPE_CHECKING:
    from sagac.dsl.diagnostics import Diagnostic


class Findings(NamedTuple):
    """What was found in ``files``, as they are shown; ``sources`` holds every text by its name."""

    found: list[Diagnostic]
    files: list[str]
    sources: dict[str, str]


def look_at(
    names: SagaFiles,
    stdin_filename: str | None,
    against: str | None = None,
    handlers: str | None = None,
) -> Findings:
    """The findings of the files ``names``; `-` is standard input.

    ``against``: a revision of git with which the sagas are compared; ``handlers``: the folder of
    their handlers. A finding in a file that several others use is given once. Raises UsageProblem
    for what cannot be read.
    """
    from sagac.dsl.compile import compile as compile_spec

    specs = [read_spec(name, stdin_filename) for name in names.files]
    compilations = [compile_spec(spec.text, spec.path, spec.load) for spec in specs]
    sources = {name: text for each in compilations for name, text in each.sources.items()}
    found = _different(each.diagnostics for each in compilations)
    if against is not None:
        from sagac.cli.against import changes

        found += changes(compilations, against)
    together = look_at_all(compilations, handlers, whole=names.whole)
    sources |= together.sources
    found += together.findings
    return Findings(found, [spec.path for spec in specs], sources)


def _different(found: Iterable[Iterable[Diagnostic]]) -> list[Diagnostic]:
    return list(dict.fromkeys(each for some in found for each in some))
