"""``python -m tests.golden`` writes the expected trees anew; look at what it changes."""

from __future__ import annotations

import shutil

from tests.golden.cases import CASES, HERE, generated, shown

for case in CASES:
    folder = HERE / case / "expected"
    shutil.rmtree(folder, ignore_errors=True)
    for path, text in shown(generated(HERE / case / "spec.saga.yaml")).items():
        place = folder / f"{path}.txt"  # not .py: they are data to the tools of this project
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
