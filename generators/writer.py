"""Carries out a plan: the only module of the generators that touches the disk.

Each file is replaced atomically, nothing is written or read through a symbolic link, and what
changed since the plan was made is left alone.
"""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from .manifest import LOCK
from .plan import Change, Kind, Plan, check_paths, is_inside


class WriteProblem(Exception):
    """A file could not be read or written; the message is for people."""


class Folder:
    """An output folder; paths are relative to it and cannot leave it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str) -> bytes | None:
        """The content of a file, None if there is none.

        Raises WriteProblem for a link, a folder in its place, or what the system refuses.
        """
        try:
            place = self._place(path)
            mode = place.lstat().st_mode
            if not stat.S_ISREG(mode):
                raise WriteProblem(f"{path} is not a regular file; sagac does not touch it")
            return place.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise WriteProblem(f"{path}: {problem.strerror}") from problem

    def carry_out(self, plan: Plan) -> None:
        """Makes the changes of ``plan``, the lock file last. Raises WriteProblem."""
        check_paths(each.path for each in plan.changes)
        for change in sorted(plan.changes, key=lambda each: each.path == LOCK):
            if self.read(change.path) != change.before:
                raise WriteProblem(f"{change.path} changed while sagac was at work; run it again")
            try:
                self._make(change)
            except OSError as problem:
                raise WriteProblem(f"{change.path}: {problem.strerror}") from problem

    def _make(self, change: Change) -> None:
        place = self._place(change.path)
        if change.after is None:
            place.unlink()
            self._prune(place.parent)
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=".sagac-", dir=place.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(change.after)
            os.chmod(temporary, _mode(place))
            _move(temporary, place, exclusive=change.kind is Kind.CREATE)
        finally:
            Path(temporary).unlink(missing_ok=True)

    def _place(self, path: str) -> Path:
        """Where a file is; no folder on the way, nor the file, may be a link."""
        if not is_inside(path):
            raise WriteProblem(f"the path {path!r} is not inside the output folder")
        place = self.root
        for part in path.split("/"):
            place = place / part
            if place.is_symlink():
                raise WriteProblem(
                    f"{path} leads through a symbolic link; sagac does not follow it"
                )
        return place

    def _prune(self, folder: Path) -> None:
        """Removes folders that became empty (but for bytecode), up to the root."""
        while folder != self.root:
            cache = folder / "__pycache__"
            if cache.is_dir() and not cache.is_symlink() and list(folder.iterdir()) == [cache]:
                for compiled in cache.glob("*.pyc"):
                    compiled.unlink()
                if not any(cache.iterdir()):
                    cache.rmdir()
            if any(folder.iterdir()):
                return
            folder.rmdir()
            folder = folder.parent


def _mode(place: Path) -> int:
    """The permissions of a file that is replaced, or those that a new file gets here."""
    if place.exists():
        return stat.S_IMODE(place.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _move(temporary: str, place: Path, *, exclusive: bool) -> None:
    """Puts a file in its place; ``exclusive``: never over one that appeared meanwhile."""
    if not exclusive:
        os.replace(temporary, place)
        return
    try:
        os.link(temporary, place)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        os.replace(temporary, place)
