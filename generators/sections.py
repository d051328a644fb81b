"""From the last section of the lock file and a saga graph to the next: versions kept, refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic
from sagac.dsl.graph import SagaGraph
from sagac.dsl.meaning import changed, meaning
from sagac.dsl.span import Span

from .base import Generated, Generator, Handler, KeptVersion, Options, Played, Source
from .handlers import missing
from .manifest import Manifest, ManifestError, Section
from .plan import Read, owned_files
from .signatures import Signatures, breaking, read_signatures


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is to be planned: the new section and its files, and what is to be said first."""

    name: str
    section: Section
    generated: Generated
    findings: tuple[Diagnostic, ...]


def prepare(
    graph: SagaGraph,
    source: Source,
    generator: Generator[Any],
    options: Options,
    manifest: Manifest,
    read: Read,
    *,
    tool: str,
    played: Played | None = None,
    drop: frozenset[int] = frozenset(),
) -> Prepared:
    """Generates ``graph`` beside the versions that ``manifest`` knows, but for those to ``drop``.

    Raises ManifestError for a section that cannot be read.
    """
    name = f"{graph.saga.name}/{generator.style}"
    before = manifest.sections.get(name)
    kept = _kept(graph.saga.version, before, drop)
    others = tuple(_elsewhere(graph.saga.version, manifest, name))
    for version in (*kept, *others):  # what cannot be read must not reach the generator
        _read(version.actions)
    means = meaning(graph)
    generated = generator.generate(graph, source, (*kept, *others), options, played)
    versions = (each.version for each in kept)
    section = Section(
        tool=tool,
        target=generator.target,
        template=generated.template,
        spec=source.name,
        spec_sha256=source.sha256,
        version=graph.saga.version,
        meaning=means,
        actions=generated.actions,
        files=owned_files(generated, before, versions),
        kept=kept,
        version_folder=generated.version_folder,
    )
    findings = (
        *_version_findings(graph, before, means),
        *_kept_findings(graph, kept, generated),
        *_handler_findings(graph, generated.handlers, read),
    )
    return Prepared(name, section, generated, findings)


def _kept(version: int, before: Section | None, drop: frozenset[int]) -> tuple[KeptVersion, ...]:
    if before is None:
        return ()
    found = {each.version: each for each in before.kept}
    found[before.version] = KeptVersion(before.version, before.actions)
    kept = (each for each in found.values() if each.version < version and each.version not in drop)
    return tuple(sorted(kept, key=lambda each: each.version))


def _elsewhere(version: int, manifest: Manifest, name: str) -> Iterator[KeptVersion]:
    """Older versions that the saga has in other styles, which share the types and handlers."""
    for section in manifest.sisters(name).values():
        for each in _kept(version, section, frozenset()):
            yield replace(each, elsewhere=True)


def _version_findings(
    graph: SagaGraph, before: Section | None, means: dict[str, str]
) -> Iterator[Diagnostic]:
    saga = graph.saga
    if before is None:
        return
    if saga.version < before.version:
        yield diagnostic(
            "GE002",
            saga.keys.get("version", saga.span),
            f"version {saga.version} is older than version {before.version}, generated here.",
            help=f"Write a version above {before.version}.",
        )
        return
    keys = changed(before.meaning, means)
    if saga.version == before.version and keys:
        yield diagnostic(
            "GE002",
            saga.keys.get("version", saga.span),
            f"version {saga.version} was generated with another meaning; different now: "
            f"{', '.join(keys)}. Sagas of this version may be running.",
            help=f"Write `version: {saga.version + 1}`, or --force if none was ever started.",
        )


def _kept_findings(
    graph: SagaGraph, kept: tuple[KeptVersion, ...], generated: Generated
) -> Iterator[Diagnostic]:
    after = _read(generated.actions)
    for version in kept:
        for key, why in breaking(_read(version.actions), after):
            action = after.actions[key]
            yield diagnostic(
                "GE003",
                _span(graph, action.name),
                f"version {version.version} is kept and calls {key}, whose {why}.",
                help="Use a new action's name, or a new optional field; when no saga of version "
                f"{version.version} is running any more, generate with --drop {version.version}.",
            )


def _handler_findings(
    graph: SagaGraph, handlers: tuple[Handler, ...], read: Read
) -> Iterator[Diagnostic]:
    for each in missing(handlers, read):
        handler = each.handler
        facts = graph.facts.get(handler.item)
        span = facts.item.name.span if facts else graph.saga.name.span
        if each.problem:
            yield diagnostic("GE001", span, f"the handlers' file {handler.path} {each.problem}.")
        else:
            yield diagnostic(
                "GE001",
                span,
                f"{handler.path} has no method {handler.class_name}.{handler.method}.",
                help=f"Add to the class {handler.class_name}:\n\n{handler.stub}",
            )


def _span(graph: SagaGraph, action: str) -> Span:
    for facts in graph.facts.values():
        undo = facts.compensation
        if facts.action == action or (undo is not None and undo.action == action):
            return facts.item.name.span
    return graph.saga.name.span


def _read(actions: Any) -> Signatures:
    try:
        return read_signatures(actions)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as problem:
        raise ManifestError("the signatures in it cannot be read") from problem
