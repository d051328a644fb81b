"""Linting a repository of many sagas: on all cores, and again when nothing has changed."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

from bench.page import Table
from bench.processes import ROOT, seconds
from sagac.cli.workers import cores

SAGAS = 1_000
ROUNDS = 3
ORDER = ROOT / "specs" / "order-fulfilment.saga.yaml"

INTRO = """\
{sagas:,} files of the size of the order saga, linted by one command; {rounds} rounds, of which the
medians are shown, on {cores} cores."""


def measure(sagas: int = SAGAS, rounds: int = ROUNDS) -> Table:
    """Lints the repository without a cache, with an empty one, and with a filled one."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        names = _write(root, sagas)
        lint = [sys.executable, "-m", "sagac", "lint"]
        found: dict[str, list[float]] = {"one core": [], "first run": [], "again": []}
        for number in range(rounds):
            cache = {"SAGAC_CACHE_DIR": str(root / f"cache{number}")}
            single = [sys.executable, "-m", "bench.lint_many", *names]
            found["one core"].append(seconds(single, root, {"PYTHONPATH": str(ROOT)}))
            found["first run"].append(seconds([*lint, *names], root, cache))
            found["again"].append(seconds([*lint, *names], root, cache))
    middle = {name: median(each) for name, each in found.items()}
    rows = [
        (name, f"{taken / middle['first run']:.2f}", f"{taken:.2f}")
        for name, taken in middle.items()
    ]
    intro = INTRO.format(sagas=sagas, rounds=rounds, cores=cores())
    return Table("Lint of a repository", intro, ("run", "times the first", "seconds"), rows)


def _write(root: Path, sagas: int) -> list[str]:
    """Writes the repository; returns the names of its files."""
    text = ORDER.read_text(encoding="utf-8")
    (root / "sagac.toml").touch()
    names = [f"team{number // 50}/order{number}.saga.yaml" for number in range(sagas)]
    for number, name in enumerate(names):
        (root / name).parent.mkdir(exist_ok=True)
        own = text.replace("saga: order-fulfilment", f"saga: order-{number}")
        (root / name).write_text(own, encoding="utf-8")
    return names


def _one_core(names: list[str]) -> int:
    from sagac.cli import main, workers

    workers.cores = lambda: 1
    return main(["lint", "--no-cache", *names])


if __name__ == "__main__":
    sys.exit(_one_core(sys.argv[1:]))
