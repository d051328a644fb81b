"""A cold ``sagac lint`` beside the fastest linter of a kin language, on the same saga."""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

from bench.page import Table
from bench.processes import seconds

SPEC = "specs/order-fulfilment.saga.yaml"
PEER, PEER_SPEC = "statelint", "bench/data/order-fulfilment.asl.json"
ROUNDS = 25

INTRO = """\
The order saga, linted by a new process without a cache; and the same saga written by hand as a
state machine of the Amazon States Language, linted by `statelint`; {rounds} rounds in turn. The
ratio is that of the medians; below 1 is faster than `statelint`."""


def measure(rounds: int = ROUNDS) -> Table:
    """Runs each command once a round; a linter that is not installed has no figures."""
    commands = {
        f"`sagac lint {Path(SPEC).name}`": [str(_script("sagac")), "lint", SPEC],
        f"`{PEER} {Path(PEER_SPEC).name}`": [str(_script(PEER)), PEER_SPEC],
        "an interpreter that does nothing": [sys.executable, "-c", "pass"],
    }
    there = {name: command for name, command in commands.items() if Path(command[0]).exists()}
    times: dict[str, list[float]] = {name: [] for name in there}
    for number in range(rounds + 1):  # the first round compiles modules and fills the disk cache
        for name, command in there.items():
            taken = seconds(command)
            if number:
                times[name].append(taken)
    middle = {name: median(each) for name, each in times.items()}
    peer = middle.get(f"`{PEER} {Path(PEER_SPEC).name}`")
    rows = [(name, *_figures(middle.get(name), peer)) for name in commands]
    head = ("command", f"times {PEER}", "seconds")
    return Table("Cold lint", INTRO.format(rounds=rounds), head, rows)


def _script(name: str) -> Path:
    suffix = ".exe" if sys.platform == "win32" else ""
    return Path(sys.executable).with_name(name + suffix)


def _figures(taken: float | None, peer: float | None) -> tuple[str, str]:
    if taken is None:
        return "not installed", f"`pip install {PEER}`"
    return (f"{taken / peer:.2f}" if peer is not None else "unknown"), f"{taken:.3f}"
