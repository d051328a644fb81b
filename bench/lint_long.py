"""Linting long files, beside the parser of YAML that it stands on.

``python -m bench.lint_long STEPS`` measures one length in a process of its own.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Callable
from time import process_time

import yaml

from bench.page import Table
from bench.processes import ROOT, environment
from bench.sagas import saga
from sagac.dsl.compile import compile as compile_saga

LENGTHS = (200, 1_000, 10_000, 100_000)
SEEN_FROM = 1_000_000  # bytes: what a shorter file needs, the imports have needed before
ROUNDS = 3  # of which the fastest counts

INTRO = """\
Made sagas of all kinds of item (`bench/sagas.py`), compiled in process with all rules, beside the
bare events of PyYAML's C parser on the same text; processor time, the fastest of {rounds} (of one
for the longest). Growth is the time per step beside that at 1,000 steps. Memory is what the process
needed more for one compilation, as a multiple of the file's size."""


def measure() -> Table:
    """Measures every length."""
    found = {steps: _in_process(steps) for steps in LENGTHS}
    base = found[1_000]["lint"] / 1_000
    rows = [
        (
            f"{steps:,}",
            f"{each['lint'] / each['events']:.1f}",
            f"{each['lint'] / steps / base:.2f}",
            f"{each['memory'] / each['bytes']:.0f}" if each["bytes"] > SEEN_FROM else "not seen",
            f"{each['lint']:.3f}",
            f"{each['events']:.3f}",
            f"{each['bytes'] / 1e6:.2f}",
        )
        for steps, each in found.items()
    ]
    head = ("steps", "times the events", "growth", "memory", "seconds", "events", "MB")
    return Table("Lint of long files", INTRO.format(rounds=ROUNDS), head, rows)


def _in_process(steps: int) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.lint_long", str(steps)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def one(steps: int) -> dict[str, float]:
    """Seconds of the events and of the lint, bytes of the text and of memory."""
    text = saga(steps).encode()
    _lint(saga(20).encode())  # imports
    before = _peak()
    _lint(text)
    memory = _peak() - before
    rounds = ROUNDS if steps < 100_000 else 1
    return {
        "events": _fastest(lambda: _events(text), rounds),
        "lint": _fastest(lambda: _lint(text), rounds),
        "memory": memory,
        "bytes": len(text),
    }


def _lint(text: bytes) -> None:
    found = compile_saga(text, "long.saga.yaml", lambda path: b"")
    assert found.graph is not None, found.diagnostics[:1]


def _events(text: bytes) -> None:
    for _ in yaml.parse(text, Loader=yaml.CSafeLoader):
        pass


def _fastest(work: Callable[[], None], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        gc.collect()
        start = process_time()
        work()
        times.append(process_time() - start)
    return min(times)


def _peak() -> int:
    """The most bytes that the process has held so far."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    print(json.dumps(one(int(sys.argv[1]))))
