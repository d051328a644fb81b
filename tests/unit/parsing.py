"""What the tests of the parser share: a head to build on, and text in, saga and findings out."""

from __future__ import annotations

from pathlib import Path

from sagac.dsl.diagnostics import Diagnostics
from sagac.dsl.model import Saga
from sagac.dsl.parser import parse
from sagac.dsl.reader import read

SPECS = sorted(Path(__file__).parents[2].joinpath("specs").glob("*.saga.yaml"))

HEAD = """\
saga: a-b
version: 1
key: ${input.x}
services: { s: }
input: { x: string, n: integer }
"""

STEP = """\
  - step: a
    description: D
    if: input.n > 1
    needs: []
    service: s
    action: b
    input: [x, n]
    output: { o: string }
    fails: { one: { data: string }, two: }
    effect: none
    role: optional
    retry: { attempts: forever, backoff: linear, initial: 1s, max: 2s, jitter: full }
    timeout: 5s
    heartbeat: 1s
    idempotent: false
    on_unknown: manual
    compensate: { action: c, service: s, input: { x: 1 }, retry: { attempts: 2 }, timeout: 3s,
                  when: input.n > 2, on_failure: continue }
    recover: { one: [{ fail: f }], any: [] }
    events: { done: Done, failed: Failed, undone: Undone, skipped: Skipped }
    locks: [l, m]
"""


def parsed(source: str | bytes) -> tuple[Saga | None, Diagnostics]:
    found = Diagnostics()
    node, suppressions = read(source, "f", found)
    return (parse(node, "f", found, suppressions) if node else None), found
