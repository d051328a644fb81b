"""Linting a file again after one key press, in process, as an editor does."""

from __future__ import annotations

import gc
from statistics import median
from time import process_time

import yaml

from bench.page import Table
from bench.sagas import saga
from sagac.dsl.compile import compile as compile_saga

STEPS = 200
PRESSES = 40

INTRO = """\
A saga of {steps} steps whose text changes by one character at a time, compiled anew with all rules
each time, beside PyYAML's C parser and its own loader on the same text; processor time, the median
of {presses} key presses."""


def measure(presses: int = PRESSES) -> Table:
    """Presses a key, parses, lints; so many times."""
    text = saga(STEPS)
    times: dict[str, list[float]] = {"events": [], "load": [], "lint": []}
    for number in range(presses):
        pressed = text.replace("undo", "und", 1) if number % 2 else text + "# " + "x" * number
        for name, work in (("events", _events), ("load", _load), ("lint", _lint)):
            gc.collect()
            start = process_time()
            work(pressed)
            times[name].append(process_time() - start)
    events, load, lint = (median(each) for each in times.values())
    rows = [
        ("lint again", f"{lint / events:.1f}", f"{lint / load:.1f}", f"{lint * 1000:.1f}"),
        ("PyYAML's events", "1", f"{events / load:.1f}", f"{events * 1000:.1f}"),
        ("PyYAML's `safe_load` in C", f"{load / events:.1f}", "1", f"{load * 1000:.1f}"),
    ]
    head = ("what", "times the events", "times `safe_load`", "milliseconds")
    return Table("Lint after a key press", INTRO.format(steps=STEPS, presses=presses), head, rows)


def _events(text: str) -> None:
    for _ in yaml.parse(text, Loader=yaml.CSafeLoader):
        pass


def _load(text: str) -> None:
    yaml.load(text, Loader=yaml.CSafeLoader)


def _lint(text: str) -> None:
    compile_saga(text, "long.saga.yaml", lambda path: b"")
