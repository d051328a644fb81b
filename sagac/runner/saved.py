"""The sagas that have been run from here: their files are kept, so that others can read them."""

from __future__ import annotations

from collections.abc import Mapping

from sagac.cli.support import compile_or_exit, read_spec
from sagac.dsl.compile import Compilation, compile
from sagac.dsl.graph import SagaGraph

from .place import Place


def compile_saved(sources: Mapping[str, str], path: str) -> Compilation:
    """Compiles a spec from texts that were kept, by the paths under which they were read."""

    def load(wanted: str) -> str:
        if wanted not in sources:
            raise FileNotFoundError("it was not kept")
        return sources[wanted]

    return compile(sources.get(path, ""), path, load)


class Graphs:
    """The graphs of the sagas of a place; ``spec`` is a file that the user names besides."""

    def __init__(self, place: Place, spec: str | None = None) -> None:
        self._place = place
        self._known: dict[tuple[str, int], SagaGraph | None] = {}
        if spec is not None:
            graph = compile_or_exit(read_spec(spec))
            self._known[graph.saga.name.text, graph.saga.version] = graph

    def of(self, saga: str, version: int) -> SagaGraph | None:
        """The graph of that version, or None if its file is not known here."""
        if (saga, version) not in self._known:
            record = self._place.kept(saga, version)
            compiled = compile_saved(record["sources"], record["path"]) if record else None
            self._known[saga, version] = compiled.graph if compiled else None
        return self._known[saga, version]
