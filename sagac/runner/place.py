"""Where the runner keeps things: ``.sagac/`` beside the nearest ``sagac.toml``, else here.

``--store URL`` or ``SAGAC_STORE`` puts the sagas elsewhere; ``status``, ``signal`` and ``resolve``
find them the same way.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagac.cli.support import UsageProblem

_IGNORE = "# made by sagac run; safe to delete when no saga is open\n*\n"


@dataclass(frozen=True, slots=True)
class Place:
    """The runner's folder and the URL of the store; ``others`` are further stores to look into."""

    folder: Path
    store: str
    others: tuple[str, ...] = ()

    @property
    def stores(self) -> tuple[str, ...]:
        """The URLs of all stores that were named."""
        return (self.store, *self.others)

    @property
    def participants(self) -> str:
        """Where simulated participants keep their effects: each store has its own world."""
        own = self.store == _default(self.folder)
        suffix = "" if own else f"-{hashlib.sha256(self.store.encode()).hexdigest()[:12]}"
        return str(self.folder / f"participants{suffix}.sqlite")

    def prepare(self) -> None:
        """Makes the folder; git does not see it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        ignore = self.folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text(_IGNORE, encoding="utf-8")

    def keep(self, saga: str, version: int, record: Mapping[str, Any]) -> None:
        """Remembers how a version of a saga is run, so that others can read and resume it."""
        path = self._record(saga, version)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(record, indent=2), encoding="utf-8")
        draft.replace(path)

    def kept(self, saga: str, version: int) -> dict[str, Any] | None:
        """What was remembered, or None."""
        try:
            found = json.loads(self._record(saga, version).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def _record(self, saga: str, version: int) -> Path:
        safe = re.sub(r"[^A-Za-z0-9-]", "_", saga)
        return self.folder / "sagas" / f"{safe}.v{version}.json"

    @contextmanager
    def worker(self) -> Iterator[bool]:
        """Yields whether this process is now the only one from here that works on this store."""
        self.prepare()
        name = hashlib.sha256(self.store.encode()).hexdigest()[:12]
        with (self.folder / f"worker-{name}.lock").open("a+b") as lock:
            yield _take(lock.fileno())


def _take(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows: two workers are told apart by nobody
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _default(folder: Path) -> str:
    return f"sqlite:///{folder / 'sagas.sqlite'}"


def find_place(*stores: str | None) -> Place:
    """The place for this working folder, or with these stores, each a folder or a URL.

    Raises UsageProblem for a store that is no URL.
    """
    here = Path.cwd()
    marked = (each for each in (here, *here.parents) if (each / "sagac.toml").is_file())
    folder = next(marked, here) / ".sagac"
    named = [each for each in stores if each] or _named(os.environ.get("SAGAC_STORE", ""))
    folders = [Path(each) for each in named if "://" not in each and Path(each).is_dir()]
    urls = [_url(each) for each in named] or [_default(folder)]
    return Place(folders[0] if folders else folder, urls[0], tuple(urls[1:]))


def _named(text: str) -> list[str]:
    """The stores of SAGAC_STORE: one, or several URLs with spaces between them."""
    return [each for each in re.split(r"\s+(?=\w+://)", text.strip()) if each]


def _url(store: str) -> str:
    if "://" not in store and Path(store).is_dir():
        return _default(Path(store).resolve())
    if "://" not in store:
        raise UsageProblem(
            f"there is no folder {store!r}: make it, or name the store by a URL,"
            f" sqlite:///{store}/sagas.sqlite or postgresql://…"
        )
    if not re.match(r"(sqlite:///|postgres(ql)?://).", store):
        raise UsageProblem(
            f"the store is a folder or a URL, sqlite:///FILE or postgresql://…, not {store!r}"
        )
    return store
