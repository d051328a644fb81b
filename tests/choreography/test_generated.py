"""Generated tables play the same sagas to the same ends as the file says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sagac.dsl.compile import compile
from sagac.dsl.graph import SagaGraph
from sagac.verify.scenario import sample_input
from tests.properties.sagas import INPUTS, sagas
from tests.properties.test_random_sagas import faults

from .answers import failures
from .generated import imported, write
from .test_machine import SPECS, check, graph_of
from .used import OUTERS, graph_with

MORE = os.environ.get("SAGAC_EXAMPLES")
EXAMPLES = settings(
    max_examples=int(MORE or 30),
    deadline=None,
    derandomize=MORE is None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@given(text=sagas(), seed=st.integers(0, 2**16))
@EXAMPLES
def test_random_sagas_end_as_the_file_says(
    tmp_path_factory: pytest.TempPathFactory, text: str, seed: int
) -> None:
    graph = graph_of(text)
    with imported(graph, tmp_path_factory.mktemp("random"), "random_saga") as tables:
        for data in INPUTS:
            for fault in faults(graph):
                check(graph, data, fault, seed, text, tables)


def spec(path: Path) -> SagaGraph:
    found = compile(path.read_bytes(), path.name, lambda name: (path.parent / name).read_bytes())
    assert found.graph is not None
    return found.graph


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_each_failure_of_the_examples(path: Path, tmp_path: Path) -> None:
    graph = spec(path)
    with imported(graph, tmp_path, "example_saga") as tables:
        for fault in failures(graph):
            check(graph, sample_input(graph), fault, 7, path.name, tables)


ALL_KINDS = """\
saga: all-kinds
version: 2
key: ${input.id}
deadline: 1h
cancel: { event: Stop, match: event.id == input.id }
services: { shop: {}, stock: {}, bank: {} }
types: { Line: { sku: string, count: integer } }
events: { Stop: { data: { id: string } }, Paid: { data: { id: string, sum: decimal } } }
locks: { shelf: { key: input.id }, till: { key: saga.key, conflict: wait } }
input:
  id: string
  note?: string
  most: integer
  lines: [Line]
steps:
  - step: take
    service: stock
    input: [id, lines]
    output: { place: string }
    fails: [none_left]
    locks: [shelf]
    compensate:
      action: put_back
      service: shop
      input: { key: "${saga.key}", place: "${take.place}", why: "${saga.failure.reason}" }
      when: saga.failure.reason != "locked"
  - step: write_note
    service: shop
    if: input.note is not None
    input: [note]
    fails: [too_long]
    compensate: { action: tear_up, input: [note, take.place] }
  - foreach: packing
    in: "[each for each in input.lines if each.count > 0]"
    as: line
    service: stock
    mode: parallel
    limit: ${input.most}
    join: settled
    steps:
      - step: pack
        service: stock
        input: { sku: "${line.sku}", count: "${line.count * 2}", place: "${take.place}" }
        output: { parcel: string }
        fails: [broken]
        compensate: { action: unpack, input: [pack.parcel, line.sku] }
  - parallel: ask
    join: ${input.most}
    branches:
      one:
        - step: ask_one
          service: bank
          input: [id]
          output: { rate: decimal }
          fails: [closed]
          compensate: forget_one
      two:
        - step: ask_two
          service: shop
          input: [id]
          fails: [closed]
          compensate: forget_two
  - wait: payment
    event: Paid
    match: event.id == input.id
    timeout: 10m
  - choose: size
    service: bank
    when:
      - if: payment.sum > 100
        steps:
          - step: check
            service: bank
            input: [payment.sum, packing.pack.parcel]
            fails: [refused]
            locks: [till]
            effect: none
      - if: len(packing.outcomes) > 0 and input.note is not None
        steps:
          - step: praise
            service: shop
            input: [note]
            effect: none
    otherwise:
      - step: shrug
        service: shop
        input: { won: "${ask.one.outcome}", rate: "${ask_one.rate}" }
        effect: none
  - undo: apologize
    service: shop
    input: [id, saga.failure.reason, payment.sum]
  - step: ship
    service: stock
    role: pivot
    input: [id, payment.sum]
    output: { tracking: string }
    fails: [too_heavy]
output: { tracking: "${ship.tracking}", parcels: "${packing.pack.parcel}" }
"""


def test_each_failure_of_all_kinds_at_once(tmp_path: Path) -> None:
    graph = graph_of(ALL_KINDS)
    data = {"id": "7", "most": 1, "lines": [{"sku": "a", "count": 1}, {"sku": "b", "count": 0}]}
    with imported(graph, tmp_path, "all_kinds") as tables:
        for more in ({}, {"note": "quick"}):
            for fault in failures(graph):
                for seed in range(5):
                    check(graph, data | more, fault, seed, "join: any", tables)
    write(graph, tmp_path, "all_kinds")  # with the handlers, which went with the import
    assert tool(tmp_path, "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), ".") == ""


def test_type_checkers_and_linters_have_nothing_to_say(tmp_path: Path) -> None:
    for path in SPECS:
        write(spec(path), tmp_path, f"{path.name.partition('.')[0].replace('-', '_')}_saga")
    write(graph_with(OUTERS["two layers"]), tmp_path, "outer_saga")
    options = ("--isolated", "--no-cache", "--line-length", "100")
    assert tool(tmp_path, "ruff", "check", *options, ".") == ""
    assert tool(tmp_path, "ruff", "format", "--check", *options, ".") == ""
    assert tool(tmp_path, "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), ".") == ""


def test_random_sagas_type_check(tmp_path: Path) -> None:
    texts: list[str] = []

    @given(sagas())
    @settings(EXAMPLES, max_examples=int(MORE or 8))
    def collect(text: str) -> None:
        texts.append(text)

    collect()
    for number, text in enumerate(texts):
        write(graph_of(text), tmp_path, f"random_{number}")
    options = ("--isolated", "--no-cache", "--line-length", "100")
    assert tool(tmp_path, "ruff", "check", *options, ".") == ""
    assert tool(tmp_path, "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), ".") == ""


def tool(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""
