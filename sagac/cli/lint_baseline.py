"""The baseline file of ``sagac lint``: read, applied, written anew."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from sagac.cli import atomic
from sagac.cli.usage import UsageProblem
from sagac.dsl.baseline import (
    Baseline,
    BaselineProblem,
    Entry,
    can_hold,
    judge,
    read,
    stale,
    write,
)
from sagac.dsl.diagnostics import Diagnostic

Shows = Callable[[str, str], bool]  # of a code and a file: whether such findings are shown at all


class BaselineFile:
    """A baseline on the disk; it names files relative to its own folder."""

    def __init__(self, path: Path, looked_at: Collection[str], sources: dict[str, str]) -> None:
        self.path = path
        self.folder = Path(os.path.realpath(path)).parent
        self.sources = sources
        self.looked_at = {self.name(file) for file in looked_at}

    @property
    def shown(self) -> str:
        """The baseline as findings name it."""
        return Path(os.path.relpath(self.path)).as_posix()

    def name(self, file: str) -> str:
        """``file`` of a finding as the baseline names it."""
        return Path(os.path.relpath(os.path.realpath(file), self.folder)).as_posix()

    def new(self, findings: Iterable[Diagnostic], shows: Shows) -> list[Diagnostic]:
        """The findings that the baseline does not know, and what it knows in vain.

        An entry is only judged if its file was looked at or is gone, and its code is shown there.
        Raises UsageProblem if there is no readable baseline.
        """
        baseline = self._read()
        judged = judge(findings, baseline, self.sources, self.name)
        shown = self.shown
        vain = [
            stale(entry, left, shown, baseline)
            for entry, left in judged.stale.items()
            if not self._elsewhere(entry)
            and shows(entry.code, str(self.folder / entry.file))
            and shows("SY022", shown)
        ]
        return sorted((*judged.new, *vain), key=lambda each: each.sort_key)

    def write(self, findings: Collection[Diagnostic]) -> int:
        """Writes a baseline that knows ``findings``; returns how many it knows of them.

        What is known of files that were not looked at stays known.
        """
        before = self._read().counts if self.path.exists() else {}
        kept = {entry: count for entry, count in before.items() if self._elsewhere(entry)}
        atomic.write(self.path, write(findings, self.sources, self.name, kept).encode())
        return sum(map(can_hold, findings))

    def _elsewhere(self, entry: Entry) -> bool:
        """Whether nothing can be said of ``entry``: its file is there and was not looked at."""
        return entry.file not in self.looked_at and (self.folder / entry.file).exists()

    def _read(self) -> Baseline:
        try:
            text = self.path.read_text(encoding="utf-8")
            self.sources[self.shown] = text  # a finding in the baseline is shown there
            return read(text)
        except BaselineProblem as problem:
            raise UsageProblem(f"{self.path}:{problem.line}: {problem}.") from None
        except FileNotFoundError:
            hint = "`--write-baseline` writes it"
            raise UsageProblem(f"{self.path}: there is no such baseline; {hint}.") from None
        except UnicodeDecodeError:
            raise UsageProblem(f"{self.path}: it is not UTF-8 text.") from None
        except OSError as error:
            raise UsageProblem(f"{self.path}: cannot be read ({error.strerror}).") from None
