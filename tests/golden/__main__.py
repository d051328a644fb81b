"""``python -m tests.golden`` writes the expected trees anew; look at what it changes."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.golden.cases import CASES, CHOREOGRAPHED, HERE, choreographed, generated, shown


def rewrite(folder: Path, files: Mapping[str, str]) -> None:
    """Puts ``files`` in place of what is in ``folder``."""
    shutil.rmtree(folder, ignore_errors=True)
    for path, text in files.items():
        place = folder / f"{path}.txt"  # not .py: they are data to the tools of this project
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


for case in CASES:
    files = shown(generated(HERE / case / "spec.saga.yaml"))
    rewrite(HERE / case / "expected", files)
    if case in CHOREOGRAPHED:
        other = shown(choreographed(HERE / case / "spec.saga.yaml"))
        own = {path: text for path, text in other.items() if path not in files}
        rewrite(HERE / case / "choreographed", own)
