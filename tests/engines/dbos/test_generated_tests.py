"""The tests that come with generated code: they pass, and they fail when the code is broken."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.golden.cases import generated, write

pytest.importorskip("dbos", reason="the generated sagas run on DBOS")

ADMISSION = """\
saga: admission
version: 1
key: ${input.id}
start: { service: desk }
services: { desk: {}, ward: {}, lab: {} }
input: { id: string, tests: [string] }
defaults: { retry: { attempts: 2 } }
steps:
  - step: register
    service: desk
    input: [id]
    fails: [nobody]
    compensate: forget
  - parallel: prepare
    branches:
      bed:
        - { step: reserve_bed, service: ward, input: [id], fails: [full], compensate: free_bed }
        - { step: assign_nurse, service: ward, input: [id], fails: [busy], compensate: let_go }
        - { step: heat_room, service: ward, input: [id], compensate: cool_room }
      cover:
        - { step: check_cover, service: desk, input: [id], effect: none, fails: [not_covered] }
        - { step: open_claim, service: desk, input: [id], fails: [refused], compensate: withdraw }
        - { step: order_drug, service: desk, input: [id], fails: [sold_out], compensate: send_back }
  - foreach: each_test
    in: input.tests
    as: kind
    mode: parallel
    limit: 2
    steps:
      - { step: draw, service: lab, input: { kind: "${kind}" }, fails: [no], compensate: discard }
      - { step: book, service: lab, input: { kind: "${kind}" }, fails: [shut], compensate: unbook }
  - parallel: offers
    join: any
    branches:
      one:
        - { step: ask_one, service: desk, input: [id], fails: [no_one], compensate: drop_one }
        - { step: hold_one, service: desk, input: [id], fails: [gone], compensate: let_one }
      two:
        - { step: ask_two, service: desk, input: [id], fails: [no_two], compensate: drop_two }
  - { step: admit, service: ward, input: [id], role: pivot, fails: [dead] }
  - { step: tell, service: desk, input: [id] }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("admission")
    spec = made / "admission.saga.yaml"
    spec.write_text(ADMISSION, encoding="utf-8")
    write(generated(spec), made)
    return made


def outcome(folder: Path, *chosen: str) -> str:
    """What pytest says at the end of the generated tests."""
    arguments = ["-q", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist", "-rN", *chosen]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.stdout.strip().splitlines()[-1]


def outcome_of(change: Callable[[str], str], version: Path, folder: Path, chosen: str) -> str:
    """What the chosen tests say of a workflow that is changed as long as they run."""
    workflow = version / "workflow.py"
    text = workflow.read_text("utf-8")
    broken = change(text)
    assert broken != text
    compile(broken, "workflow.py", "exec")
    workflow.write_text(broken, encoding="utf-8")
    try:
        return outcome(folder, "-k", chosen)
    finally:
        workflow.write_text(text, encoding="utf-8")


def test_all_pass(folder: Path) -> None:
    said = outcome(folder)
    assert "passed" in said, said
    assert "failed" not in said, said
    assert "error" not in said, said


def without_undo(step: str) -> Callable[[str], str]:
    """Takes the compensation of a step out of the workflow."""

    def change(text: str) -> str:
        begin = text.index(f'"{step}",')
        undo = re.compile(r"\n +undo=Compensation[^\n]*\(\n.*?\n {8,}\),(?=\n)", re.DOTALL)
        found = undo.search(text, begin)
        assert found is not None
        return text[: found.start()] + text[found.end() :]

    return change


def exchanged(one: str, other: str) -> Callable[[str], str]:
    """Lets two steps change places."""

    def change(text: str) -> str:
        return text.replace(one, "@@").replace(other, one).replace("@@", other)

    return change


@pytest.mark.parametrize(
    ("change", "chosen"),
    [
        (without_undo("register"), "refused"),
        (without_undo("reserve_bed"), "dead"),
        (without_undo("open_claim"), "busy or dead"),
        (without_undo("draw"), "shut"),
        (without_undo("hold_one"), "dead"),
        (exchanged('"reserve_bed"', '"assign_nurse"'), "goes_well or goes"),
        (exchanged('"admit"', '"tell"'), "goes"),
    ],
    ids=["outside", "branch", "other branch", "element", "race", "order", "order at the end"],
)
def test_broken_code_is_noticed(folder: Path, change: Callable[[str], str], chosen: str) -> None:
    said = outcome_of(change, folder / "admission" / "generated" / "v1", folder, chosen)
    assert "failed" in said, said
