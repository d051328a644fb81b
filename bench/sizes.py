"""What the events of the order saga carry, beside the values that later nodes read."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import mean
from typing import Any

from bench.choreography import choreographed
from bench.engines import SPEC
from bench.observing import bodies
from bench.page import Table

SAGAS = 5
CASES = {"all steps succeed": "succeeding", "refused, then compensated": "failing"}

INTRO = """\
Bytes of the events of the order saga, as JSON, the mean of those of one name: the values that later
nodes and compensations read, and nothing else of the saga's data; what frames them (saga, version,
start, key, node, outcome, failure); and the headers (CloudEvents, correlation, causation)."""


def measure(sagas: int = SAGAS) -> Table:
    """Every event of a saga that succeeds and of one that is compensated."""
    rows: dict[str, tuple[str, ...]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        choreographed(folder / SPEC.name, folder / "code")
        for kind in CASES.values():
            kept = bodies(folder / kind, folder / "code", kind, sagas)
            for event in dict.fromkeys(subject for subject, _, _ in kept):
                found = [_parts(body, head) for subject, body, head in kept if subject == event]
                shown = event.partition(".")[2]
                rows.setdefault(shown, (shown, *_means(found)))
    head = ("event", "body", "live values", "frame", "headers")
    return Table("What the events carry", INTRO, head, list(rows.values()))


def _parts(body: bytes, headers: str) -> tuple[int, int, int, int]:
    told: Mapping[str, Any] = json.loads(body)
    values = told["event"].get("values")
    live = len(json.dumps(values, separators=(",", ":")).encode()) if values else 0
    return len(body), live, len(body) - live, len(headers.encode())


def _means(found: list[tuple[int, int, int, int]]) -> tuple[str, ...]:
    return tuple(f"{mean(column):.0f}" for column in zip(*found, strict=True))
