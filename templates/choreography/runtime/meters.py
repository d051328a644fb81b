"""Numbers of a process, in the text format that Prometheus reads.

Written out rather than taken from a library: counters, gauges and one histogram are these lines,
and a service then needs nothing besides its broker's client.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass
class Histogram:
    """How long something took."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        """One more."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds


@dataclass
class Meters:
    """What a process counts while it runs."""

    latency: dict[tuple[str, str, str], Histogram] = field(default_factory=dict)
    retries: dict[tuple[str, str], int] = field(default_factory=dict)

    def called(self, saga: str, step: str, outcome: str, seconds: float, attempt: int) -> None:
        """An attempt has ended; ``outcome``: done, refused, failed."""
        place = (saga, step, outcome)
        if place not in self.latency:
            self.latency[place] = Histogram()
        self.latency[place].add(seconds)
        if attempt > 1:
            self.retries[saga, step] = self.retries.get((saga, step), 0) + 1

    def lines(self) -> Iterable[str]:
        """All of it as text."""
        yield from head("saga_step_seconds", "histogram", "How long an attempt of a step took.")
        for (saga, step, outcome), each in sorted(self.latency.items()):
            labels = {"saga": saga, "step": step, "outcome": outcome}
            yield from _histogram("saga_step_seconds", labels, each)
        yield from head("saga_step_retries_total", "counter", "Attempts after the first.")
        for (saga, step), count in sorted(self.retries.items()):
            yield sample("saga_step_retries_total", {"saga": saga, "step": step}, count)


def _histogram(name: str, labels: Mapping[str, str], each: Histogram) -> Iterable[str]:
    so_far = 0
    for bound, count in zip((*map(repr, BOUNDS), "+Inf"), each.counts, strict=True):
        so_far += count
        yield sample(f"{name}_bucket", {**labels, "le": bound}, so_far)
    yield sample(f"{name}_sum", labels, each.total)
    yield sample(f"{name}_count", labels, so_far)


def head(name: str, kind: Literal["counter", "gauge", "histogram"], about: str) -> Iterable[str]:
    """What stands above the samples of a metric."""
    return f"# HELP {name} {about}", f"# TYPE {name} {kind}"


def sample(name: str, labels: Mapping[str, str], value: float) -> str:
    """One line."""
    inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{inside}}} {value}" if inside else f"{name} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
