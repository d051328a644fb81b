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
    """The runner's folder and the URL of the store."""

    folder: Path
    store: str

    @property
    def is_store(self) -> bool:
        """Whether there are, or may be, orchestrated sagas."""
        here = Path(self.store.removeprefix("sqlite:///"))
        named = here.name != "observer.sqlite" and here.parent.name != "services"
        return not self.store.startswith("sqlite:///") or (named and here.exists())

    @property
    def observer(self) -> str | None:
        """The database of the observer of choreographed sagas, if there is one."""
        if not self.store.startswith("sqlite:///"):
            return self.store
        here = Path(self.store.removeprefix("sqlite:///"))
        folder = here.parent.parent if here.parent.name == "services" else here.parent
        beside = folder / "observer.sqlite"
        return str(beside) if beside.exists() else None

    @property
    def services(self) -> dict[str, str]:
        """The databases of choreographed services, by their names."""
        if not self.store.startswith("sqlite:///"):
            return {self.store.partition("?")[0].rpartition("/")[2]: self.store}
        here = Path(self.store.removeprefix("sqlite:///"))
        folder = here.parent if here.parent.name == "services" else here.with_name("services")
        return {each.stem: str(each) for each in sorted(folder.glob("*.sqlite"))}

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


def find_place(store: str | None) -> Place:
    """The place for this working folder. Raises UsageProblem for a store that is no URL."""
    here = Path.cwd()
    marked = (each for each in (here, *here.parents) if (each / "sagac.toml").is_file())
    folder = next(marked, here) / ".sagac"
    if store and "://" not in store and Path(store).is_dir():
        return Place(Path(store), f"sqlite:///{Path(store).resolve() / 'sagas.sqlite'}")
    url = store or os.environ.get("SAGAC_STORE") or _default(folder)
    if not re.match(r"(sqlite:///|postgres(ql)?://).", url):
        raise UsageProblem(
            f"the store is a folder or a URL, sqlite:///FILE or postgresql://…, not {url!r}"
        )
    return Place(folder, url)
