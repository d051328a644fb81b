"""What ``lint`` looks at beside single files: all sagas together, and their handlers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .support import read_file, usage

if TYPE_CHECKING:
    from sagac.dsl.compile import Compilation
    from sagac.dsl.diagnostics import Diagnostic
    from sagac.dsl.graph import SagaGraph
    from sagac.dsl.project import Outline
    from sagac.dsl.rules.handlers.code import Handlers, Wanted


class Together(NamedTuple):
    """The findings, and the text of the Python files that they may name."""

    findings: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, str] = {}


def outlined(compilation: Compilation) -> Outline | None:
    """What other sagas may clash with in one; None if it was not understood."""
    from sagac.dsl.project import outline

    return outline(compilation.resolved) if compilation.resolved is not None else None


def look_at_outlines(
    outlines: Sequence[Outline | None], *, whole: bool = False
) -> tuple[Diagnostic, ...]:
    """What is wrong with the sagas of these outlines together; ``whole``: these are all."""
    from sagac.dsl.compile import check_together
    from sagac.dsl.records import replace

    understood = [each for each in outlines if each is not None]
    found = check_together(understood, whole=whole and len(understood) == len(outlines))
    # `sagac fix` looks at one file at a time and cannot make these
    return tuple(replace(each, fix=None) for each in found)


def look_at_all(
    compilations: Sequence[Compilation], handlers: str | None, *, whole: bool = False
) -> Together:
    """Looks at all sagas together and, if a folder is named, at their handlers.

    ``whole``: these are all sagas that there are. Raises UsageProblem if the folder, or a file
    in it, cannot be read.
    """
    from sagac.dsl.compile import check_handlers, check_together
    from sagac.dsl.project import outline

    graphs = [each.resolved for each in compilations if each.resolved is not None]
    whole = whole and len(graphs) == len(compilations)
    found = check_together(map(outline, graphs), whole=whole)
    if handlers is None:
        return Together(found)
    if not Path(handlers).is_dir():
        raise usage(f"--handlers {handlers}: there is no such folder.")
    code = handlers_of(graphs, Path(handlers).as_posix(), _text)
    return Together((*found, *check_handlers(code, graphs)), code.sources)


def handlers_of(
    graphs: Iterable[SagaGraph], folder: str, read: Callable[[str], str | None]
) -> Handlers:
    """The handlers in ``folder`` that sagas ask for; ``read`` gives None for a missing file."""
    from sagac.dsl.rules.handlers.code import read_code

    wanted = [each for graph in graphs for each in _wanted(graph, folder)]
    texts = {path: read(path) for path in dict.fromkeys(each.path for each in wanted)}
    return read_code(wanted, {path: text for path, text in texts.items() if text is not None})


def _wanted(graph: SagaGraph, folder: str) -> Iterator[Wanted]:
    """What a saga asks for, with the names that the generator of its orchestrator gives."""
    from sagac.dsl.rules.handlers.code import Wanted
    from sagac.generators.base import Source
    from sagac.generators.registry import find

    generator = find("orchestration", "dbos")
    generated = generator.generate(graph, Source("", ""), (), generator.options())
    for each in generated.handlers:
        path = f"{folder}/{each.path.rpartition('/')[2]}".removeprefix("./")
        facts = graph.facts.get(each.item)
        at = facts.item.name.span if facts is not None else graph.saga.name.span
        yield Wanted(path, each.class_name, each.method, each.stub, each.item, at)


def _text(path: str) -> str | None:
    if not os.path.lexists(path):
        return None
    return read_file(path).decode("utf-8", "replace").removeprefix("\ufeff")
