"""The generated choreography beside the one by hand: how many sagas, how fast one is."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median

from bench.engines import SPEC, run_python
from bench.page import Table

ROUNDS = 2

INTRO = """\
The order saga choreographed by five services, each with an SQLite file of its own, and handlers
that do nothing: what `sagac generate --style choreography` writes, and
`bench/handwritten_services.py`, which keeps the same promises by hand (inbox and outbox, retries,
timeouts, fence, compensation in reverse, cancel and deadline). On NATS each service is a process
and the server is that of the wheel; on the local bus all are in one process, without the observer.
{rounds} pairs in turn. The ratio is that of the sagas per second at 50 in flight (above 1 is faster
than by hand), or of the median time of a saga at one in flight (below 1 is faster). CPU is
the services' processor time per saga."""


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    name: str
    bus: str
    kind: str
    sagas: int
    in_flight: int

    @property
    def figure(self) -> str:
        """What is compared."""
        return "p50" if self.in_flight == 1 else "rate"


CASES = (
    Case("NATS, all steps succeed, sagas/s", "nats", "succeeding", 200, 50),
    Case("NATS, refused and compensated, sagas/s", "nats", "failing", 120, 50),
    Case("NATS, one in flight, ms", "nats", "succeeding", 40, 1),
    Case("local, all steps succeed, sagas/s", "local", "succeeding", 300, 50),
    Case("local, refused and compensated, sagas/s", "local", "failing", 200, 50),
    Case("local, one in flight, ms", "local", "succeeding", 60, 1),
)

Pair = tuple[dict[str, float], dict[str, float]]


def measure(rounds: int = ROUNDS, cases: Sequence[Case] = CASES) -> Table:
    """Runs both sides in turn, ``rounds`` times for each case."""
    with tempfile.TemporaryDirectory() as folder:
        bench = _Bench(Path(folder))
        pairs: dict[str, list[Pair]] = {each.name: [] for each in cases}
        for number in range(rounds):
            for case in cases:
                pairs[case.name].append(bench.pair(case, swapped=number % 2 == 1))
    rows = [_row(each, pairs[each.name]) for each in cases]
    head = ("case", "ratio", "lowest and highest", "generated", "by hand", "CPU ms", "by hand, CPU")
    return Table("Choreography beside one by hand", INTRO.format(rounds=rounds), head, rows)


class _Bench:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runs = count()
        self._code = folder / "code"
        choreographed(folder / SPEC.name, self._code)

    def pair(self, case: Case, *, swapped: bool) -> Pair:
        """Generated and by hand; ``swapped``: the one by hand goes first."""
        if swapped:
            by_hand = self._once("by-hand", case)
            return self._once("generated", case), by_hand
        return self._once("generated", case), self._once("by-hand", case)

    def _once(self, side: str, case: Case) -> dict[str, float]:
        store = str(self._folder / f"run{next(self._runs)}")
        how = (str(case.sagas), case.kind, str(case.in_flight))
        text = run_python("-m", "bench.choreographed", side, case.bus, str(self._code), store, *how)
        found: dict[str, float] = json.loads(text)
        return found


def choreographed(spec: Path, code: Path) -> None:
    """Generates the order saga with a shipment that may be refused."""
    before, role, after = SPEC.read_text(encoding="utf-8").partition("    role: pivot")
    spec.write_text(f"{before}    fails: [no_carrier]\n{role}{after}", encoding="utf-8")
    style = ("--style", "choreography", "--target", "nats")
    run_python("-m", "sagac", "generate", str(spec), *style, "-o", str(code))


def _row(case: Case, pairs: Sequence[Pair]) -> tuple[str, ...]:
    sides = [[each[side][case.figure] for each in pairs] for side in (0, 1)]
    ratios = [ours / by_hand for ours, by_hand in zip(*sides, strict=True)]
    cpu = [median(each[side]["cpu"] for each in pairs) for side in (0, 1)]
    return (
        case.name,
        f"{median(ratios):.2f}",
        f"{min(ratios):.2f} to {max(ratios):.2f}",
        *(f"{median(side):.0f}" for side in sides),
        *(f"{each:.1f}" for each in cpu),
    )
