"""The pipeline at a glance: read, parse, resolve, run the rules, silence what is to be silent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from .diagnostics import Diagnostic, Diagnostics, Severity
from .graph import SagaGraph
from .model import Saga
from .parser import parse
from .reader import read
from .resolve import resolve
from .rules import registry
from .shadow import before_the_break, without_colon, without_echoes, without_follow_ups
from .suppress import apply_suppressions

Load = Callable[[str], str | bytes]


@dataclass(frozen=True, slots=True)
class Compilation:
    """What came of a file: ``graph`` is None if an error stops the compiler.

    ``sources`` holds the text of every file that was read, by the name its spans carry.
    """

    graph: SagaGraph | None
    saga: Saga | None
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]

    @property
    def has_errors(self) -> bool:
        """Whether anything found stops the compiler."""
        return any(found.severity is Severity.ERROR for found in self.diagnostics)


def compile(text: str | bytes, path: str, load: Load) -> Compilation:
    """Compiles the saga ``text`` of the file ``path``; ``load`` gives the text of other files.

    ``load`` raises FileNotFoundError, PermissionError or ValueError (with a reason) for a file that
    cannot be had. Nothing is raised for bad input: it becomes diagnostics.
    """
    sources = {path: _decoded(text)}
    found = Diagnostics()
    tree, suppressions = read(text, path, found)
    saga = parse(tree, path, found, suppressions) if tree is not None else None
    graph = resolve(saga, _recording(load, sources), found, path) if saga is not None else None
    known = without_colon(tuple(found), sources[path])
    earlier = without_echoes(before_the_break(known, saga))
    findings = sorted((*earlier, *_lint(saga, graph, earlier)), key=lambda each: each.sort_key)
    diagnostics = apply_suppressions(tuple(findings), suppressions)
    if graph is not None:
        diagnostics = (*diagnostics, *_errors_of_children(graph))
    stopped = any(each.severity is Severity.ERROR for each in diagnostics)
    return Compilation(None if stopped else graph, saga, diagnostics, sources)


def _lint(
    saga: Saga | None, graph: SagaGraph | None, earlier: tuple[Diagnostic, ...]
) -> Iterator[Diagnostic]:
    if saga is None or any(finding.code == "SY001" for finding in earlier):
        return
    broken = any(finding.code.startswith("SY") for finding in earlier)
    running = (each for each in registry.checks(saga, graph) if each.rule.local or not broken)
    yield from without_follow_ups(registry.run(running, saga), earlier, saga)


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
        sources[path] = _decoded(text)
        return text

    return recorded


def _decoded(text: str | bytes) -> str:
    decoded = text if isinstance(text, str) else text.decode("utf-8", "replace")
    return decoded.removeprefix("\ufeff")
