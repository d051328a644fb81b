"""``python -m tests.chaos --size ci|small|large``: kills sagas and checks how they end.

Orchestrated: ``ci`` samples all specs, ``small`` more of them, ``large`` kills at every moment of
every path. Choreographed: a storm over the order saga on each broker that can be had here.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .crashes import Plan, Saga
from .storm import STORMS, weather

SPECS = Path(__file__).resolve().parents[2] / "specs"
SAMPLES = {"ci": 6, "small": 20, "large": None}


def chosen(saga: Saga, size: str, seed: int) -> list[Plan]:
    """The plans of this size, the same for the same seed."""
    plans = list(dict.fromkeys(saga.plans()))
    most = SAMPLES[size]
    if most is None or len(plans) <= most:
        return plans
    return random.Random(f"{saga.name}-{seed}").sample(plans, most)


def batch(path: Path, size: str, seed: int) -> tuple[str, int, list[str]]:
    """All plans of one spec: its name, how many, what went wrong."""
    with tempfile.TemporaryDirectory(prefix="sagac-chaos-") as folder:
        saga = Saga(path, Path(folder))
        plans = chosen(saga, size, seed)
        problems = [
            f"{plan.name}: {problem}"
            for number, plan in enumerate(plans)
            for problem in saga.run(plan, number)
        ]
    return saga.name, len(plans), problems


def main() -> int:
    """Runs what is asked for; 1 if anything went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--style", choices=["orchestration", "choreography"], help="only this one")
    parser.add_argument("--size", choices=list(SAMPLES), default="small")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="a part of the name of the specs to run")
    given = parser.parse_args()
    failed = 0
    if given.style != "choreography":
        failed += orchestrated(given)
    if given.style != "orchestration" and given.only is None:
        failed += sum(len(weather(given.size, each, given.seed)) for each in STORMS)
    return int(failed > 0)


def orchestrated(given: argparse.Namespace) -> int:
    """Runs all specs, two at a time; how many problems there were."""
    paths = [each for each in sorted(SPECS.glob("*.saga.yaml")) if (given.only or "") in each.name]
    began, failed = time.monotonic(), 0
    with ThreadPoolExecutor(max_workers=2) as pool:
        for name, count, problems in pool.map(
            lambda path: batch(path, given.size, given.seed), paths
        ):
            print(f"{name}: {count} sagas killed, {len(problems)} problems", flush=True)
            for problem in problems:
                print(f"  {problem}", file=sys.stderr, flush=True)
            failed += len(problems)
    print(f"{failed} problems in {time.monotonic() - began:.0f} s")
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
