"""What holds for a run of ``sagac lint``: the options, and the configuration if there is any."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sagac.config.nearest import nearest

if TYPE_CHECKING:
    from sagac.config.lint import Project, Settings
    from sagac.dsl.diagnostics import Diagnostic


class Wishes(NamedTuple):
    """The options as they were given; None and empty: the configuration decides."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    config: str | None = None
    format: str | None = None
    fail_on: str | None = None
    baseline: str | None = None


class Effective(NamedTuple):
    """What holds for the run; ``project`` is None if nothing differs from the defaults."""

    format: str
    fail_on: str
    baseline: Path | None
    project: Project | None

    def judged(self, found: Iterable[Diagnostic]) -> list[Diagnostic]:
        """``found`` as it is to be shown: chosen, with the severities that are wanted."""
        if self.project is None:
            return list(found)
        judged = map(self.project.judged, found)
        return [each for each in judged if each is not None]

    def excludes(self, path: str) -> bool:
        """Whether a file below a folder that was named is to be left out."""
        return self.project is not None and self.project.at(path).excludes(Path(path))

    def shows(self, code: str, file: str) -> bool:
        """Whether findings of ``code`` in ``file`` are shown."""
        return self.project is None or self.project.at(file).shows(code, file)


def effective(wishes: Wishes, names: Iterable[str]) -> Effective:
    """What holds when the files ``names`` are looked at.

    Each file is judged by the nearest configuration; what concerns the run as a whole comes from
    that of the working folder, else from that of the first file that has one. Raises UsageProblem
    for wrong options or a wrong configuration.
    """
    project = _project(wishes, names)
    if project is None:
        baseline = Path(wishes.baseline) if wishes.baseline is not None else None
        return Effective(wishes.format or "text", wishes.fail_on or "error", baseline, None)
    run = _of_the_run(project, names)
    return Effective(
        wishes.format or run.value("format"),
        wishes.fail_on or run.value("fail-on"),
        Path(wishes.baseline) if wishes.baseline is not None else run.baseline,
        project,
    )


def _project(wishes: Wishes, names: Iterable[str]) -> Project | None:
    folders = {Path.cwd(), *(_folder(name) for name in names)}
    needed = wishes.select or wishes.ignore or wishes.config or any(map(nearest, folders))
    if not needed:
        return None
    from sagac.cli.usage import UsageProblem
    from sagac.config.lint import Options, Project

    config = Path(wishes.config) if wishes.config is not None else None
    if config is not None and not config.is_file():
        raise UsageProblem(f"{wishes.config}: there is no such file.")
    select = _selectors("--select", wishes.select)
    return Project(Options(select, _selectors("--ignore", wishes.ignore), config))


def _of_the_run(project: Project, names: Iterable[str]) -> Settings:
    places = [Path.cwd(), *(_folder(name) for name in names)]
    settings = [project.in_folder(place) for place in places]
    return next((each for each in settings if each.values), settings[0])


def _selectors(option: str, given: tuple[str, ...]) -> tuple[str, ...]:
    from sagac.cli.usage import UsageProblem
    from sagac.config.keys import Wrong, ignorable, selector

    words = [word.strip() for each in given for word in each.split(",") if word.strip()]
    try:
        return tuple(ignorable(word) if option == "--ignore" else selector(word) for word in words)
    except Wrong as wrong:
        raise UsageProblem(f"{option}: {wrong}") from None


def _folder(name: str) -> Path:
    return Path(os.path.realpath(name)).parent
