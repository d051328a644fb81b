"""How long a cold command takes, beside an interpreter that does nothing."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from statistics import median

from bench.page import Table
from bench.processes import seconds

SPEC = "specs/order-fulfilment.saga.yaml"
ROUNDS = 15
BARE = ("-c", "pass")

INTRO = """\
Each command runs in a new process on `{spec}`, in turn with an interpreter that does
nothing; {rounds} pairs. `generate` finds its files up to date."""


def measure(rounds: int = ROUNDS) -> Table:
    """Runs every command ``rounds`` times, each time after a bare interpreter."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            (f"`sagac {name}`", *_figures(arguments, rounds))
            for name, arguments in _commands(folder).items()
        ]
    head = ("command", "times a bare start", "seconds", "bare seconds")
    return Table("Cold start", INTRO.format(spec=SPEC, rounds=rounds), head, rows)


def _commands(folder: str) -> Mapping[str, Sequence[str]]:
    sagac = ("-m", "sagac")
    return {
        "--version": (*sagac, "--version"),
        "lint": (*sagac, "lint", SPEC),
        "diagram": (*sagac, "diagram", SPEC),
        "generate": (*sagac, "generate", SPEC, "-o", folder),
    }


def _figures(arguments: Sequence[str], rounds: int) -> tuple[str, str, str]:
    _seconds(arguments)  # the first run compiles modules and fills the disk cache
    pairs = [(_seconds(BARE), _seconds(arguments)) for _ in range(rounds)]
    ratio = median(ours / bare for bare, ours in pairs)
    bare, ours = (median(side) for side in zip(*pairs, strict=True))
    return f"{ratio:.1f}", f"{ours:.3f}", f"{bare:.3f}"


def _seconds(arguments: Sequence[str]) -> float:
    return seconds([sys.executable, *arguments])
