"""What earlier runs found, by what they read: files that are as they were are not looked at again.

One file per project in the user's cache folder, never inside the project: nobody who sends a
project can send findings with it. It is written whole and renamed into place, so that runs at the
same time do not harm each other; one that is damaged, or of another version, counts as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import pickle
import sys
from pathlib import Path
from typing import Any

LARGEST = 16 * 1024 * 1024  # bytes of one project's entries
MOST_PROJECTS = 32
ENDING = ".findings"


class Cache:
    """The entries of the project at ``root``: bytes by key."""

    def __init__(self, root: Path) -> None:
        self._mark = fingerprint()
        folder = cache_folder()
        name = hashlib.sha256(os.fsencode(root)).hexdigest()[:32]
        self._file = folder / f"{name}{ENDING}" if folder is not None else None
        self._known: dict[str, bytes] = self._read()
        self._used: dict[str, bytes] = {}
        self._changed = False

    def get(self, key: str) -> bytes | None:
        """The entry under ``key``, or None."""
        found = self._known.get(key)
        if found is not None:
            self._used[key] = found
        return found

    def put(self, key: str, entry: bytes) -> None:
        """Keeps ``entry`` under ``key``."""
        self._used[key] = entry
        self._changed = True

    def save(self) -> None:
        """Writes what is new; of the rest those entries stay that were used last, if they fit."""
        if not self._changed or self._file is None:
            return
        kept, size = dict[str, bytes](), 0
        for key, entry in (self._used | {**self._read(), **self._used}).items():
            size += len(key) + len(entry)
            if size > LARGEST:
                break
            kept[key] = entry
        with contextlib.suppress(OSError):  # without a cache the next run takes longer, no more
            self._write(pickle.dumps(kept, protocol=5))
            _forget_old(self._file.parent)

    def _read(self) -> dict[str, bytes]:
        try:
            text = self._file.read_bytes() if self._file is not None else b""
        except OSError:
            return {}
        mark, digest, content = text[:32], text[32:64], text[64:]
        if mark != self._mark or digest != hashlib.sha256(content).digest():
            return {}
        return dict(unpickled(content))

    def _write(self, content: bytes) -> None:
        assert self._file is not None
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = self._file.with_suffix(f".{os.getpid()}.{os.urandom(4).hex()}")
        try:
            aside.write_bytes(self._mark + hashlib.sha256(content).digest() + content)
            aside.replace(self._file)
        finally:
            aside.unlink(missing_ok=True)


def cache_folder() -> Path | None:
    """Where caches lie: SAGAC_CACHE_DIR, else where the system wants them; None without a home."""
    named = os.environ.get("SAGAC_CACHE_DIR")
    if named:
        return Path(named)
    if sys.platform == "win32":
        place = os.environ.get("LOCALAPPDATA")
        return Path(place) / "sagac" / "cache" if place else None
    place = os.environ.get("XDG_CACHE_HOME")
    if place and os.path.isabs(place):
        return Path(place) / "sagac"
    home = os.path.expanduser("~")
    below = "Library/Caches" if sys.platform == "darwin" else ".cache"
    return Path(home) / below / "sagac" if os.path.isabs(home) else None


def fingerprint() -> bytes:
    """Differs for every version of sagac and of Python, and whenever the code is changed."""
    from sagac import __version__

    digest = hashlib.sha256(f"{__version__} {sys.version}".encode())
    todo = [os.path.join(os.path.dirname(os.path.dirname(__file__)), "dsl")]
    while todo:
        with os.scandir(todo.pop()) as entries:
            for each in sorted(entries, key=lambda entry: entry.name):
                if each.name.endswith(".py"):
                    found = each.stat()
                    digest.update(f"{each.path} {found.st_mtime_ns} {found.st_size}".encode())
                elif each.is_dir() and each.name != "__pycache__":
                    todo.append(each.path)
    return digest.digest()


def unpickled(content: bytes) -> Any:
    """What was pickled. Only records of the language are made, whatever stands in ``content``."""
    return _Unpickler(io.BytesIO(content)).load()


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name) if module.startswith("sagac.dsl.") else None
        if not isinstance(found, type) or found.__module__ != module:
            raise pickle.UnpicklingError(f"{module}.{name} is no record of the language")
        return found


def _forget_old(folder: Path) -> None:
    packs = sorted(folder.glob(f"*{ENDING}"), key=lambda each: each.stat().st_mtime, reverse=True)
    for each in packs[MOST_PROJECTS:]:
        each.unlink(missing_ok=True)
