"""What fuzzing has found: one small case for each place in the code that broke."""

from __future__ import annotations

import hashlib
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .target import Broken, run

CASES = Path(__file__).with_name("cases")
LONGEST = 20  # seconds for one file of the size that is fuzzed: what takes longer hangs
TRIES = 600  # of making a case smaller


def problem(data: bytes, *, deep: bool = True) -> str | None:
    """What goes wrong with ``data``, in words that are the same for the same mistake."""
    try:
        with _watched():
            run(data, deep=deep)
    except Exception as error:
        return _signature(error)
    return None


def _signature(error: BaseException) -> str:
    frames = [
        each for each in traceback.extract_tb(error.__traceback__) if "fuzz" not in each.filename
    ]
    where = f"{Path(frames[-1].filename).name}:{frames[-1].name}" if frames else ""
    if isinstance(error, Broken):
        return f"Broken: {str(error).split(':')[0][:80]}"
    return f"{type(error).__name__} {where}"


@contextmanager
def _watched() -> Iterator[None]:
    """Raises TimeoutError inside after LONGEST seconds."""

    def stop(*_: Any) -> None:
        raise TimeoutError("it hangs")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LONGEST)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


class Finds:
    """The mistakes of one session; each is made small and kept once."""

    def __init__(self, folder: Path = CASES) -> None:
        self.folder = folder
        self.seen: dict[str, Path] = {}

    def look(self, data: bytes, *, deep: bool = True) -> None:
        """Runs ``data``; keeps a case if it shows a mistake that is new."""
        wrong = problem(data, deep=deep)
        if wrong is None or wrong in self.seen:
            return
        small = smaller(data, wrong) if not wrong.startswith("TimeoutError") else data
        path = self.folder / f"{hashlib.sha256(small).hexdigest()[:12]}.case"
        self.seen[wrong] = path
        self.folder.mkdir(exist_ok=True)
        path.write_bytes(small)
        print(f"\n{wrong}\n  kept as {path.name}", flush=True)


def smaller(data: bytes, wrong: str) -> bytes:
    """``data`` with fewer lines and fewer bytes that still shows the mistake ``wrong``."""
    tries = TRIES
    for separator in (b"\n", b""):
        parts = data.split(separator) if separator else [data[i : i + 1] for i in range(len(data))]
        size = len(parts) // 2
        while size and tries:
            start = 0
            while start < len(parts) and tries:
                tries -= 1
                rest = parts[:start] + parts[start + size :]
                if problem(separator.join(rest)) == wrong:
                    parts = rest
                else:
                    start += size
            size //= 2
        data = separator.join(parts)
    return data
