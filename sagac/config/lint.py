"""What holds for a file: the layers of configuration and the command line, merged."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sagac.dsl.diagnostics import Diagnostic, Severity
from sagac.dsl.records import dataclass, field, replace
from sagac.dsl.selection import Selection, always_shown, fits

from .files import Given, Layer, layers
from .keys import KEYS
from .nearest import nearest
from .paths import matches

DEFAULT = "default"
OPTION = "command line"


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says; None and empty: it leaves the choice to the configuration."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    config: Path | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Every effective value with its origin, by the path of its key below ``lint``.

    Of a key that adds up there may be several, so each has a list of what was given.
    """

    values: Mapping[tuple[str, ...], tuple[Given, ...]]
    options: Options = Options()

    def value(self, name: str) -> Any:
        """The value of a key that takes one value or a list."""
        given = self.values.get((name,), ())
        if not given:
            return KEYS[name].default
        return sum((each.value for each in given), ()) if KEYS[name].adds else given[-1].value

    def table(self, name: str) -> dict[str, Given]:
        """The entries of a key that takes a table."""
        return {path[1]: given[-1] for path, given in self.values.items() if path[0] == name}

    @property
    def selection(self) -> Selection:
        """Which codes are shown, and how much each weighs."""
        severity = {key: Severity(given.value) for key, given in self.table("severity").items()}
        ignore = (*self.value("ignore"), *self.value("extend-ignore"))
        select = (*self.value("select"), *self.value("extend-select"))
        return Selection(select, ignore, severity)

    def judged(self, finding: Diagnostic) -> Diagnostic | None:
        """``finding`` as it is to be shown; None if it is not."""
        untouched = not self.values and not self.options.select and not self.options.ignore
        return finding if untouched else _judged(finding, self)

    def shows(self, code: str, file: str) -> bool:
        """Whether findings of ``code`` in ``file`` are shown."""
        return _shows(code, file, self)

    @property
    def baseline(self) -> Path | None:
        """The baseline file; its path starts where the configuration that names it lies."""
        given = self.values.get(("baseline",), ())
        return given[-1].folder / given[-1].value if given else None

    def excludes(self, path: Path) -> bool:
        """Whether a file or folder below a folder that was named is to be left out."""
        return any(
            matches(pattern, _below(path, given.folder))
            for given in self.values.get(("exclude",), ())
            for pattern in given.value
        )

    def ignored_at(self, path: str) -> tuple[str, ...]:
        """The selectors that are ignored in the file ``path``."""
        return tuple(
            selector
            for pattern, given in self.table("per-path-ignores").items()
            if matches(pattern, _below(Path(path), given.folder))
            for selector in given.value
        )


@dataclass(slots=True)
class Project:
    """The settings of a run: each file has those of the nearest configuration, read once."""

    options: Options = field(default_factory=Options)
    _by_name: dict[str, Settings] = field(default_factory=dict)
    _by_folder: dict[Path, Settings] = field(default_factory=dict)
    _by_file: dict[Path | None, Settings] = field(default_factory=dict)

    def at(self, path: str | Path) -> Settings:
        """What holds for the file ``path``. Raises UsageProblem for a wrong configuration."""
        name = str(path)
        if name not in self._by_name:
            self._by_name[name] = self.in_folder(Path(os.path.realpath(name)).parent)
        return self._by_name[name]

    def in_folder(self, folder: Path) -> Settings:
        """What holds in ``folder``, an absolute path."""
        if folder not in self._by_folder:
            file = self.options.config or nearest(folder)
            if file not in self._by_file:
                found = merged(layers(file) if file is not None else ())
                self._by_file[file] = replace(found, options=self.options)
            self._by_folder[folder] = self._by_file[file]
        return self._by_folder[folder]

    def judged(self, finding: Diagnostic) -> Diagnostic | None:
        """``finding`` as the settings of its file want it shown; None if they do not."""
        return self.at(finding.span.file).judged(finding)


def merged(stack: tuple[Layer, ...]) -> Settings:
    """The settings of the layers, the most basic one first: later ones take precedence."""
    values: dict[tuple[str, ...], tuple[Given, ...]] = {}
    for layer in stack:
        for path, given in layer.values.items():
            before = values.get(path, ()) if KEYS[path[0]].adds else ()
            values[path] = (*before, given)
    return Settings(values)


def _judged(finding: Diagnostic, settings: Settings) -> Diagnostic | None:
    if not _shows(finding.code, finding.span.file, settings):
        return None
    return settings.selection.weighed(finding)


def _shows(code: str, file: str, settings: Settings) -> bool:
    """The command line has the last word: ``--select`` replaces the choice of the configuration,
    ``--ignore`` takes from it. What is ignored for a path stays ignored there."""
    if always_shown(code):
        return True
    if any(fits(each, code) for each in settings.ignored_at(file)):
        return False
    options = settings.options
    if options.select:
        return Selection(options.select, options.ignore).shows(code)
    refused = any(fits(each, code) for each in options.ignore)
    return settings.selection.shows(code) and not refused


def _below(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(os.path.realpath(path), folder)).as_posix()
