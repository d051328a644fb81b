"""What ``sagac lint`` finds, before anybody asks what is wanted of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sagac.cli.many import look_at_many
from sagac.cli.support import read_spec
from sagac.cli.together import look_at_outlines, outlined

if TYPE_CHECKING:
    from sagac.dsl.diagnostics import Diagnostic
    from sagac.dsl.span import Span


class Findings(NamedTuple):
    """What was found in ``files``, as they are shown; ``sources`` holds the texts by their names,
    those at least that the findings are about."""

    found: list[Diagnostic]
    files: list[str]
    sources: dict[str, str]


def look_at(
    names: Sequence[str],
    stdin_filename: str | None,
    handlers: str | None,
    against: str | None = None,
    *,
    whole: bool = False,
    cached: bool = True,
) -> Findings:
    """The findings in the files ``names`` (`-`: standard input), in all of them together, in the
    folder ``handlers`` if there is one, and in what has changed since the revision ``against``.

    ``whole``: these are all sagas that there are. One in a file that several others use is given
    once. Raises UsageProblem for a file that cannot be read, or a revision that git does not know.
    """
    if handlers is not None or against is not None:
        return _with_graphs(names, stdin_filename, handlers, against, whole)
    looked = look_at_many(names, stdin_filename, also=outlined, cached=cached)
    sources = {name: text for each in looked for name, text in each.sources.items()}
    found = [found for each in looked for found in each.diagnostics]
    together = look_at_outlines([each.also for each in looked], whole=whole)
    for name, text in _missing(together, names, sources):
        sources[name] = text
    paths = [each.path for each in looked]
    return Findings(_once(paths, found, together), paths, sources)


def _with_graphs(
    names: Sequence[str],
    stdin_filename: str | None,
    handlers: str | None,
    against: str | None,
    whole: bool,
) -> Findings:
    """As ``look_at``; this is compared with whole graphs, which no cache keeps."""
    from sagac.cli.together import look_at_all
    from sagac.dsl.compile import compile as compile_spec

    specs = [read_spec(name, stdin_filename) for name in names]
    compilations = [compile_spec(spec.text, spec.path, spec.load) for spec in specs]
    together = look_at_all(compilations, handlers, whole=whole)
    sources = {name: text for each in compilations for name, text in each.sources.items()}
    found = [found for each in compilations for found in each.diagnostics]
    if against is not None:
        from sagac.cli.against import changes

        found += changes(compilations, against)
    paths = [spec.path for spec in specs]
    once = _once(paths, found, together.findings)
    return Findings(once, paths, sources | dict(together.sources))


def _once(paths: Sequence[str], *found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Each finding once, in the order of the files as they were named, then by place.

    That a sub-saga is broken (SY012) is left out where the sub-saga is one of the files: what is
    wrong with it is said there.
    """
    order = {path: number for number, path in enumerate(paths)}
    once = dict.fromkeys(each for some in found for each in some)
    told = {(each.span, each.message) for each in once}
    kept = [each for each in once if each.code != "SY012" or not _is_told(each, told)]
    return sorted(kept, key=lambda each: (order.get(each.span.file, len(order)), each.sort_key))


def _is_told(broken: Diagnostic, told: set[tuple[Span, str]]) -> bool:
    """Whether what breaks the sub-saga is itself among what was found."""
    return any((label.span, label.message) in told for label in broken.labels)


def _missing(
    found: Iterable[Diagnostic], names: Sequence[str], sources: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """The texts that ``found`` is about and that were not kept, as nothing else is found there."""
    from sagac.dsl.sources import decoded

    about = {span.file for each in found for span in (each.span, *(x.span for x in each.labels))}
    for name in names:
        path = Path(name).as_posix()
        if name != "-" and path in about and path not in sources:
            yield path, decoded(read_spec(name).text)
