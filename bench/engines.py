"""The generated order saga on DBOS, beside the same saga written by hand."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from bench.page import Table
from bench.turns import Side, Took

ROOT = Path(__file__).resolve().parents[1]
SPEC = ROOT / "specs" / "order-fulfilment.saga.yaml"
PROCESSES = 6
ROUNDS = 8
SAGAS = 20
IN_FLIGHT = 10
CASES = {"all steps succeed": "succeeding", "refused, then compensated": "failing"}

INTRO = """\
The order saga with handlers that do nothing, {in_flight} sagas at a time, on SQLite: what
`sagac generate` writes, and `bench/handwritten_dbos.py`, which makes the same promises by hand. In
the second case the shipment is refused, and three compensations run. Both sides are processes with
databases of their own, warmed up, and run {sagas} sagas in turn (A B B A, then B A A B), so that
what else goes on meets both; {pairs} such pairs, in {processes} processes a side. The ratio is the
median of the pairs': sagas per second (1 is as fast as by hand, above is faster), and
processor time, which a busy machine disturbs less, of all threads (below 1 needs less)."""

HEAD = (
    "case",
    "ratio",
    "half of the pairs",
    "generated, sagas/s",
    "by hand, sagas/s",
    "CPU ratio",
    "half of the pairs",
    "CPU ms",
    "by hand, CPU ms",
)


@dataclass(frozen=True)
class Pair:
    """What ``sagas`` sagas took on either side, one after the other."""

    sagas: int
    ours: Took
    by_hand: Took


def measure(processes: int = PROCESSES, rounds: int = ROUNDS, sagas: int = SAGAS) -> Table:
    """Runs both sides in turn, ``rounds`` times for each case in so many processes."""
    pairs: dict[str, list[Pair]] = {case: [] for case in CASES}
    with tempfile.TemporaryDirectory() as folder:
        code = Path(folder) / "code"
        _generate(Path(folder) / SPEC.name, code)
        for number in range(processes):
            for case, pair in _in_turn(Path(folder) / f"run{number}", code, rounds, sagas):
                pairs[case].append(pair)
    rows = [(case, *_figures(found)) for case, found in pairs.items()]
    intro = INTRO.format(
        in_flight=IN_FLIGHT, pairs=processes * rounds, processes=processes, sagas=sagas
    )
    return Table("Generated against hand-written", intro, HEAD, rows)


def _in_turn(store: Path, code: Path, rounds: int, sagas: int) -> Iterator[tuple[str, Pair]]:
    """The pairs of one process a side, whose databases lie in ``store``."""
    generated = ("bench.generated_dbos", str(code), str(store / "generated"))
    by_hand = ("bench.handwritten_dbos", str(store / "by_hand"))
    with (
        Side("-m", *generated, str(IN_FLIGHT)) as ours,
        Side("-m", *by_hand, str(IN_FLIGHT)) as theirs,
    ):
        for kind in CASES.values():
            ours.run(kind, sagas), theirs.run(kind, sagas)
        for number in range(rounds):
            for case, kind in CASES.items():
                yield case, _pair(ours, theirs, kind, sagas, swapped=number % 2 == 1)


def _pair(ours: Side, by_hand: Side, kind: str, sagas: int, *, swapped: bool) -> Pair:
    """A B B A; ``swapped``: the one by hand is A."""
    one, other = (by_hand, ours) if swapped else (ours, by_hand)
    first = one.run(kind, sagas)
    between = other.run(kind, sagas) + other.run(kind, sagas)
    around = first + one.run(kind, sagas)
    if swapped:
        return Pair(2 * sagas, between, around)
    return Pair(2 * sagas, around, between)


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


def _figures(pairs: Sequence[Pair]) -> tuple[str, ...]:
    rates = [(each.sagas / each.ours.wall, each.sagas / each.by_hand.wall) for each in pairs]
    cpu = [(each.ours.cpu / each.sagas, each.by_hand.cpu / each.sagas) for each in pairs]
    return (
        *_ratio(rates),
        *(f"{median(side):.0f}" for side in zip(*rates, strict=True)),
        *_ratio(cpu),
        *(f"{median(side) * 1000:.1f}" for side in zip(*cpu, strict=True)),
    )


def _ratio(pairs: Sequence[tuple[float, float]]) -> tuple[str, str]:
    """The median of the pairs' ratios, and between what the middle half of them lies."""
    ratios = [ours / by_hand for ours, by_hand in pairs]
    low, _, high = quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return f"{median(ratios):.2f}", f"{low:.2f} to {high:.2f}"
