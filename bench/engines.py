"""The generated order saga on DBOS, beside the same saga written by hand."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from statistics import median

from bench.page import Table

ROOT = Path(__file__).resolve().parents[1]
SPEC = ROOT / "specs" / "order-fulfilment.saga.yaml"
ROUNDS = 5
SAGAS = 120
IN_FLIGHT = 10
CASES = {"all steps succeed": "succeeding", "refused, then compensated": "failing"}

INTRO = """\
The order saga with handlers that do nothing, {in_flight} sagas at a time, on SQLite: what
`sagac generate` writes, and `bench/handwritten_dbos.py`, which makes the same promises by hand.
{rounds} pairs of {sagas} sagas, each run in a process and with a database of its own. The ratio is
that of the sagas per second: 1 is as fast as by hand, above is faster. In the second case the
shipment is refused, and three compensations run."""


def measure(rounds: int = ROUNDS, sagas: int = SAGAS) -> Table:
    """Runs both sides in turn, ``rounds`` times for each case."""
    with tempfile.TemporaryDirectory() as folder:
        bench = _Bench(Path(folder), sagas)
        pairs: dict[str, list[tuple[float, float]]] = {case: [] for case in CASES}
        for number in range(rounds):
            for case, kind in CASES.items():
                pairs[case].append(bench.pair(kind, swapped=number % 2 == 1))
    rows = [(case, *_figures(found)) for case, found in pairs.items()]
    head = ("case", "ratio", "lowest and highest", "generated, sagas/s", "by hand, sagas/s")
    intro = INTRO.format(in_flight=IN_FLIGHT, rounds=rounds, sagas=sagas)
    return Table("Generated against hand-written", intro, head, rows)


class _Bench:
    """Both sides, ready to run: the generated one lies in ``folder``."""

    def __init__(self, folder: Path, sagas: int) -> None:
        self._folder = folder
        self._sagas = sagas
        self._runs = count()
        self._code = folder / "code"
        _generate(folder / SPEC.name, self._code)

    def pair(self, kind: str, *, swapped: bool) -> tuple[float, float]:
        """Sagas per second, generated and by hand; ``swapped``: the one by hand goes first."""
        sides = (("bench.generated_dbos", str(self._code)), ("bench.handwritten_dbos",))
        if swapped:
            by_hand = self._once(sides[1], kind)
            return self._once(sides[0], kind), by_hand
        return self._once(sides[0], kind), self._once(sides[1], kind)

    def _once(self, side: Sequence[str], kind: str) -> float:
        store = self._folder / f"run{next(self._runs)}"
        return float(run_python("-m", *side, str(store), str(self._sagas), kind, str(IN_FLIGHT)))


def _generate(spec: Path, code: Path) -> None:
    before, role, after = SPEC.read_text(encoding="utf-8").partition("    role: pivot")
    spec.write_text(f"{before}    fails: [no_carrier]\n{role}{after}", encoding="utf-8")
    run_python("-m", "sagac", "generate", str(spec), "-o", str(code))


def run_python(*arguments: str) -> str:
    """What a Python process prints. Raises CalledProcessError if it fails."""
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command, cwd=ROOT, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    return done.stdout


def _figures(pairs: Sequence[tuple[float, float]]) -> tuple[str, str, str, str]:
    ratios = [ours / by_hand for ours, by_hand in pairs]
    ours, by_hand = (median(side) for side in zip(*pairs, strict=True))
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    return f"{median(ratios):.2f}", spread, f"{ours:.0f}", f"{by_hand:.0f}"
