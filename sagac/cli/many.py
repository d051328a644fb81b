"""Many files at once: on all cores, and only those that are not as they were at the last run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from sagac.cli.support import Folders, Spec, project_root, read_spec

if TYPE_CHECKING:
    from sagac.cli.cache import Cache
    from sagac.dsl.compile import Compilation
    from sagac.dsl.diagnostics import Diagnostic

CACHED_FROM = 8  # files of one run; fewer are compiled faster than a cache is opened

Also = Callable[["Compilation"], Any]


class Looked(NamedTuple):
    """What a file came to. ``also`` is what the caller asked for; ``path`` is how it is shown.

    ``sources`` holds the texts, by name, that the findings are about.
    """

    path: str
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, str]
    also: Any = None


class _Outcome(NamedTuple):
    """What is kept of a file; ``read`` is the state of it and of each file that it names."""

    read: tuple[tuple[str, bytes], ...]
    diagnostics: tuple[Diagnostic, ...]
    also: Any


def look_at_many(
    names: Sequence[str],
    stdin_filename: str | None = None,
    *,
    also: Also | None = None,
    cached: bool = True,
) -> list[Looked]:
    """Compiles the files ``names`` (`-`: standard input), in their order.

    ``also`` is a function of a module, which makes something small of each compilation: records of
    the language, texts, numbers, collections of these. Raises UsageProblem for a file that cannot
    be read.
    """
    if len(names) < CACHED_FROM:
        return [_alone(read_spec(name, stdin_filename), also) for name in names]
    return _Run(stdin_filename, also, cached).look(names)


def _alone(spec: Spec, also: Also | None) -> Looked:
    from sagac.dsl.compile import compile as compile_spec

    found = compile_spec(spec.text, spec.path, spec.load)
    return Looked(spec.path, found.diagnostics, found.sources, also(found) if also else None)


class _Run:
    """One look at many files."""

    def __init__(self, stdin_filename: str | None, also: Also | None, cached: bool) -> None:
        self.stdin_filename = stdin_filename
        self.also = also
        self.folders: Folders = {}
        self.cache = _open_cache() if cached else None

    def look(self, names: Sequence[str]) -> list[Looked]:
        found = {name: self._known(name) for name in names}
        missing = [name for name, known in found.items() if known is None]
        from sagac.cli.workers import in_processes

        entries = in_processes(partial(_packed, also=self.also), missing)
        for name, entry in zip(missing, entries, strict=True):
            if self.cache is not None:
                self.cache.put(self._key(name), entry)
            found[name] = _looked(read_spec(name, None, self.folders), _unpacked(entry))
        if self.cache is not None:
            self.cache.save()
        return [each for each in found.values() if each is not None]

    def _known(self, name: str) -> Looked | None:
        """What is known of a file that is as it was; standard input is read at once."""
        spec = read_spec(name, self.stdin_filename, self.folders)
        if name == "-":
            return _alone(spec, self.also)
        entry = self.cache.get(self._key(name)) if self.cache is not None else None
        if entry is None:
            return None
        outcome = _unpacked(entry)
        (_, state), *others = outcome.read
        same = state == _digest(spec.text)
        if same and all(_state(spec, path) == before for path, before in others):
            return _looked(spec, outcome)
        return None

    def _key(self, name: str) -> str:
        return name if self.also is None else f"{self.also.__module__} {self.also.__name__} {name}"


def _open_cache() -> Cache:
    from pathlib import Path

    from sagac.cli.cache import Cache

    return Cache(project_root(Path.cwd()))


def _looked(spec: Spec, outcome: _Outcome) -> Looked:
    from sagac.dsl.sources import decoded

    sources: Mapping[str, str] = {}
    if outcome.diagnostics:
        texts = {spec.path: spec.text} | {path: _text(spec, path) for path, _ in outcome.read[1:]}
        sources = {path: decoded(text) for path, text in texts.items() if text is not None}
    return Looked(spec.path, outcome.diagnostics, sources, outcome.also)


def _unpacked(entry: bytes) -> _Outcome:
    from sagac.cli.cache import unpickled

    return _Outcome(*unpickled(entry))


# -- the state of files -------------------------------------------------------------------------


def _digest(text: bytes) -> bytes:
    from hashlib import sha256

    return sha256(text).digest()


def _text(spec: Spec, path: str) -> bytes | None:
    try:
        return spec.load(path)
    except (OSError, ValueError):
        return None


def _state(spec: Spec, path: str) -> bytes:
    """Differs when another file that ``spec`` names is another one, or can no more be had."""
    text = _text(spec, path)
    return b"" if text is None else _digest(text)


def _packed(name: str, also: Also | None) -> bytes:
    """Compiles the file ``name``; returns its outcome as the cache keeps it."""
    import pickle

    from sagac.dsl.compile import compile as compile_spec

    spec = read_spec(name)
    read = {spec.path: _digest(spec.text)}

    def load(path: str) -> bytes:
        read[path] = b""
        text = spec.load(path)
        read[path] = _digest(text)
        return text

    found = compile_spec(spec.text, spec.path, load)
    kept = also(found) if also is not None else None
    return pickle.dumps((tuple(read.items()), found.diagnostics, kept), protocol=5)
