"""The pipeline at a glance: read, parse, resolve, run the rules, silence what is to be silent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from .codes import diagnostic
from .collector import without_collection
from .diagnostics import Diagnostic, Diagnostics, Severity
from .graph import SagaGraph
from .model import Saga
from .parser import parse
from .reader import read
from .records import dataclass
from .resolve import resolve
from .rules import registry
from .shadow import before_the_break, is_break, without_colon, without_echoes, without_follow_ups
from .sources import decoded
from .span import Span
from .suppress import apply_suppressions, without_silenced

if TYPE_CHECKING:
    from .project import Outline
    from .rules.handlers.code import Handlers

Load = Callable[[str], str | bytes]
HIDING = ("SY", "NA", "TY001", "TY003")  # what may hide that something is used


@dataclass(frozen=True, slots=True)
class Compilation:
    """What came of a file: ``graph`` is None if an error stops the compiler.

    ``sources`` holds the text of every file that was read, by the name its spans carry;
    ``resolved`` is the graph as the rules saw it, also if they found errors, but not others.
    """

    graph: SagaGraph | None
    saga: Saga | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]
    resolved: SagaGraph | None = None

    @property
    def has_errors(self) -> bool:
        """Whether anything found stops the compiler."""
        return any(found.severity is Severity.ERROR for found in self.diagnostics)


def compile(text: str | bytes, path: str, load: Load) -> Compilation:
    """Compiles the saga ``text`` of the file ``path``; ``load`` gives the text of other files.

    ``load`` raises FileNotFoundError, PermissionError or ValueError (with a reason) for a file that
    cannot be had. Nothing is raised for bad input: it becomes diagnostics.
    """
    with without_collection():
        return _compiled(text, path, load)


def _compiled(text: str | bytes, path: str, load: Load) -> Compilation:
    found = Diagnostics()
    tree, suppressions = read(text, path, found)
    saga = parse(tree, path, found, suppressions) if tree is not None else None
    del tree  # half of the memory that a long file takes
    sources = {path: decoded(text)}
    graph = resolve(saga, _recording(load, sources), found, path) if saga is not None else None
    _close(found, path)
    known = without_colon(tuple(found), sources[path])
    earlier = without_echoes(before_the_break(known, saga))
    findings = sorted((*earlier, *_lint(saga, graph, earlier)), key=lambda each: each.sort_key)
    diagnostics = apply_suppressions(tuple(findings), suppressions)
    if graph is not None:
        diagnostics = (*diagnostics, *_errors_of_children(graph))
    stopped = any(each.severity is Severity.ERROR for each in diagnostics)
    unclear = any(each.severity is Severity.ERROR for each in earlier)
    resolved = None if unclear else graph
    return Compilation(None if stopped else graph, saga, diagnostics, sources, resolved)


def check_together(outlines: Iterable[Outline], *, whole: bool = False) -> tuple[Diagnostic, ...]:
    """What is wrong with several sagas together; ``outline`` of ``project`` gives one of each.

    ``whole``: there are no others, so that a suppression which silences nothing is reported.
    """
    from .project import project

    looked_at = project(outlines)
    if not looked_at.sagas:
        return ()
    found = registry.run(registry.project_checks(looked_at), looked_at.sagas[0].saga.span)
    suppressions = (each for saga in looked_at.sagas for each in saga.suppressions)
    return without_silenced(found, suppressions, complete=registry.PROJECT if whole else ())


def check_handlers(handlers: Handlers, graphs: Sequence[SagaGraph]) -> tuple[Diagnostic, ...]:
    """What is wrong with the Python handlers of some sagas."""
    from .rules.handlers.code import suppressions

    if not graphs:
        return ()
    found = registry.run(registry.handler_checks(handlers), graphs[0].saga.name.span)
    own = (each for graph in graphs for each in graph.saga.suppressions)
    return without_silenced(found, (*own, *suppressions(handlers)))


def _close(found: Diagnostics, path: str) -> None:
    """Says so if there were more mistakes than are kept."""
    if found.left_out:
        message = f"The file has more mistakes than are shown here: {found.left_out} are left out."
        help = "Put right what is shown; what stands further down may be of the same kind."
        found.close(diagnostic("SY006", Span(1, 1, 1, 1, path), message, help=help))


def _lint(
    saga: Saga | None, graph: SagaGraph | None, earlier: tuple[Diagnostic, ...]
) -> Iterator[Diagnostic]:
    if saga is None or any(map(is_break, earlier)):
        return
    broken = any(finding.code.startswith("SY") for finding in earlier)
    hidden = any(finding.code.startswith(HIDING) for finding in earlier)
    running = (
        each
        for each in registry.checks(saga, graph)
        if (each.rule.local or not broken) and not (each.rule.of_absence and hidden)
    )
    yield from without_follow_ups(registry.run(running, saga.name.span), earlier, saga)


def _errors_of_children(graph: SagaGraph) -> Iterator[Diagnostic]:
    """What the rules find wrong with the sagas that this one uses, each looked at once."""
    todo, seen = list(graph.children.values()), set[str]()
    while todo:
        child = todo.pop()
        if child.saga.span.file in seen:
            continue
        seen.add(child.saga.span.file)
        todo += child.children.values()
        findings = tuple(_lint(child.saga, child, ()))
        for finding in apply_suppressions(findings, child.saga.suppressions):
            if finding.severity is Severity.ERROR:
                yield finding


def _recording(load: Load, sources: dict[str, str]) -> Load:
    def recorded(path: str) -> str | bytes:
        text = load(path)
        sources[path] = decoded(text)
        return text

    return recorded
