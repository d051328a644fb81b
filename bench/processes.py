"""Commands run to be measured."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parents[1]
# Without compiled modules every start would measure Python's compiler.
UNWANTED = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPROFILEIMPORTTIME")


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a measured command: compiled modules are kept, as an install does."""
    kept = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    return kept | dict(more or {})


def seconds(
    command: Sequence[str], folder: Path = ROOT, more: Mapping[str, str] | None = None
) -> float:
    """How long ``command`` runs in ``folder``. Raises CalledProcessError if it fails."""
    start = perf_counter()
    subprocess.run(
        command,
        cwd=folder,
        env=environment(more),
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return perf_counter() - start
