"""``python -m tests.fuzz --seconds 60``: looks for files on which sagac breaks.

Coverage-guided with atheris if it is installed (``pip install 'sagac[fuzz]'``), else random. What it
finds becomes a case in ``tests/fuzz/cases``, which the tests replay, and makes the exit code 1.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from random import Random

MEMORY = 2 << 30  # bytes of address space: what needs more is a finding
CHILD = "guided"


def main() -> int:
    """Fuzzes for the time given; 1 if there are new cases."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--engine", choices=[CHILD, "random"])
    given = parser.parse_args()
    engine = given.engine or (CHILD if find_spec("atheris") else "random")
    print(f"fuzzing for {given.seconds} s, {engine}, seed {given.seed}", flush=True)
    before = _cases()
    (_guided if engine == CHILD else _random)(given.seconds, given.seed)
    new = sorted(_cases() - before)
    print(f"{len(new)} new cases {' '.join(new)}".rstrip())
    return 1 if new else 0


def _cases() -> set[str]:
    from tests.fuzz.found import CASES

    return {each.name for each in CASES.glob("*.case")}


def _random(seconds: int, seed: int) -> None:
    """Changes seeds, and what came of them, at random."""
    from tests.fuzz.found import Finds
    from tests.fuzz.mutate import mutated
    from tests.fuzz.target import seeds

    random, finds, pool = Random(seed), Finds(), list(seeds())
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        data = mutated(random.choice(pool), random)
        finds.look(data, deep=count % 8 == 0)
        count += 1
    print(f"{count} files tried")


def _guided(seconds: int, seed: int) -> None:
    """Starts the guided fuzzer as a process of its own: libFuzzer ends the one that it runs in."""
    from tests.fuzz.found import CASES
    from tests.fuzz.target import LARGEST, seeds

    with tempfile.TemporaryDirectory(prefix="sagac-fuzz-") as folder:
        for number, data in enumerate(seeds()):
            (Path(folder) / f"seed-{number}").write_bytes(data)
        for case in CASES.glob("*.case"):
            (Path(folder) / case.name).write_bytes(case.read_bytes())
        options = {
            "max_total_time": seconds,
            "seed": seed % (1 << 31) or 1,
            "max_len": LARGEST,
            "timeout": 60,
            "rss_limit_mb": MEMORY >> 20,
            "print_final_stats": 1,
        }
        flags = [f"-{name}={value}" for name, value in options.items()]
        flags += [f"-artifact_prefix={CASES}/", "-verbosity=1"]
        done = subprocess.run([sys.executable, "-m", "tests.fuzz.guided", *flags, folder])
    for left in CASES.glob("[a-z]*-*"):  # what libFuzzer itself stopped at: a hang, or memory
        left.rename(left.with_suffix(".case"))
    if done.returncode:
        print(f"the fuzzer ended with {done.returncode}", file=sys.stderr)


def bounded() -> None:
    """Gives this process no more memory than a finding may take."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.RLIM_INFINITY))


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    sys.exit(main())
