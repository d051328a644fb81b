"""``--fail`` reaches every failure there is, and says what is wrong with one that there is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .test_commands import ROOT, Shell

pytest.importorskip("dbos", reason="the generated sagas run on DBOS")

SPECS = ("office-move", "kit-packing", "video-publishing", "loan-approval")
TWICE = """\
saga: moves
version: 1
key: ${input.move_id}
start: { service: desk }
services: { desk: {} }
input: { move_id: string, devices: [string] }
steps:
  - saga: first
    use: kit-packing.saga.yaml
    input: { crate_id: one, devices: "${input.devices}" }
  - saga: second
    use: kit-packing.saga.yaml
    input: { crate_id: two, devices: "${input.devices}" }
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    for name in SPECS:
        shell.write(f"{name}.saga.yaml", ROOT.joinpath("specs", f"{name}.saga.yaml").read_text())
    shell.write("twice.saga.yaml", TWICE)
    return shell


@pytest.mark.parametrize(
    ("spec", "fault", "end"),
    [
        ("office-move", "pack/seal_crate:crate_broken", "COMPENSATED (crate_broken at pack)"),
        ("office-move", "seal_crate", "COMPENSATED (unknown at pack)"),
        ("video-publishing", "transcoding:exhausted", "COMPENSATED (exhausted at transcoding)"),
        ("video-publishing", "content_rejected", "COMPENSATED (content_rejected at "),
        ("loan-approval", "approval:timeout", "COMPENSATED (timeout at approval)"),
        ("loan-approval", "approval", "COMPENSATED (timeout at approval)"),
        ("twice", "second/seal_crate:crate_broken", "COMPENSATED (crate_broken at second)"),
    ],
)
def test_every_kind_of_failure_is_run(shell: Shell, spec: str, fault: str, end: str) -> None:
    said = shell.sagac("run", f"{spec}.saga.yaml", "--fail", fault)
    assert f"is {end}" in said.out, said


@pytest.mark.parametrize(
    ("spec", "fault", "word"),
    [
        ("office-move", "pack/seal_crate:crate_broken", "because pack/seal_crate failed"),
        ("office-move", "seal_crate", "seal_crate failed (unknown)"),
        ("video-publishing", "transcoding:exhausted", "because transcoding failed (exhausted)"),
        ("loan-approval", "approval:timeout", "because approval failed (timeout)"),
    ],
)
def test_every_kind_of_failure_is_drawn(shell: Shell, spec: str, fault: str, word: str) -> None:
    said = shell.sagac("diagram", f"{spec}.saga.yaml", "--fail", fault, "--format", "mermaid")
    assert word in said.out, said


@pytest.mark.parametrize("command", ["run", "diagram"])
@pytest.mark.parametrize(
    ("spec", "fault", "words"),
    [
        ("office-move", "pack", "Name what fails in it, such as pack/collect_devices"),
        ("office-move", "pack/seal_crate:fire", "Expected one of: crate_broken, unknown"),
        ("office-move", "pack/seal_crat", "Did you mean 'seal_crate'"),
        ("twice", "seal_crate", "name one of: first/seal_crate, second/seal_crate"),
        ("loan-approval", "approval:never", "Expected: timeout"),
        ("video-publishing", "transcoding:unknown", "Expected: exhausted"),
    ],
)
def test_a_failure_that_is_not_there(
    shell: Shell, command: str, spec: str, fault: str, words: str
) -> None:
    said = shell.sagac(command, f"{spec}.saga.yaml", "--fail", fault)
    assert (said.code, said.out) == (2, "")
    assert words in said.err


def test_a_run_without_handlers_says_that_it_is_simulated(shell: Shell) -> None:
    said = shell.sagac("run", "kit-packing.saga.yaml")
    assert "simulated participants answer" in said.err
    assert "simulated" not in shell.sagac("run", "kit-packing.saga.yaml", "--simulate").err


def test_a_run_that_cannot_end_says_so_first(shell: Shell) -> None:
    command = [sys.executable, "-m", "sagac", "run", "loan-approval.saga.yaml"]
    with subprocess.Popen(
        [*command, "--fail", "send_contract", "--simulate"],
        cwd=shell.folder,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            assert running.stderr is not None
            lines = [running.stderr.readline()]
            while "does not end by itself" not in lines[-1]:
                assert lines[-1], lines
                lines.append(running.stderr.readline())
        finally:
            running.terminate()
    assert "send_contract is called again until it is done" in lines[-1]


def test_the_engines_own_error_is_in_the_status(shell: Shell) -> None:
    assert shell.sagac("run", "kit-packing.saga.yaml").code == 0
    import sqlite3

    store = next(each for each in (shell.folder / ".sagac").glob("*.sqlite") if _has_sagas(each))
    with sqlite3.connect(store) as database:
        database.execute("delete from workflow_output")
        database.execute(
            "update workflow_status set status = 'ERROR', output = null,"
            " error = 'the code of this saga is gone'"
        )
    database.close()
    said = shell.sagac("status")
    assert "is ERROR (the code of this saga is gone)" in said.out, said


def _has_sagas(path: Path) -> bool:
    import sqlite3

    with sqlite3.connect(path) as database:
        sql = "select count(*) from sqlite_master where name = 'workflow_status'"
        found = database.execute(sql).fetchone()[0] == 1
    database.close()
    return bool(found)


STICKY = """\
saga: sticky
version: 1
key: ${input.id}
start: { service: a }
services: { a: {} }
input: { id: string }
defaults: { retry: { attempts: 1 } }
steps:
  - step: first
    service: a
    input: [id]
    compensate: undo_first
  - step: second
    service: a
    input: [id]
    output: { n: integer }
    on_unknown: manual
    compensate: undo_second
  - { step: third, service: a, role: pivot, input: [id, second.n] }
"""


def test_a_person_answers_with_what_the_step_gives(shell: Shell) -> None:
    shell.write("sticky.saga.yaml", STICKY)
    assert shell.sagac("run", "sticky.saga.yaml", "--fail", "second").code == 1
    resolve = ("resolve", "id-1", "second")
    without = shell.sagac(*resolve, "done", "--reason", "seen")
    assert without.code == 2
    assert "second gives n: say what it is, with --output" in without.err
    for wrong in ("x", "y"):
        said = shell.sagac(*resolve, "skip", "--output", f'{{"n": "{wrong}"}}', "--reason", "seen")
        assert said.code == 1
        assert said.err.count("cannot be used") == 1
        assert f"n: expected a whole number, not '{wrong}'" in said.err
    assert shell.sagac(*resolve, "retry", "--reason", "again").code == 1
    done = shell.sagac(*resolve, "done", "--output", '{"n": 3}', "--reason", "seen")
    assert "is COMPLETED" in done.out


def test_a_person_says_that_it_never_happened(shell: Shell) -> None:
    shell.write("sticky.saga.yaml", STICKY)
    shell.sagac("run", "sticky.saga.yaml", "--fail", "second")
    said = shell.sagac("resolve", "id-1", "second", "failed", "--reason", "asked them")
    assert "is COMPENSATED" in said.out
    again = shell.sagac("resolve", "id-1", "second", "failed", "--reason", "asked them")
    assert again.code == 2
    assert "nothing of this saga is stuck" in again.err


LOCKED = STICKY.replace("saga: sticky", "saga: locked").replace(
    "steps:\n  - step: first\n    service: a\n",
    "locks: { one: { key: input.id } }\nsteps:\n  - step: first\n    service: a\n    locks: [one]\n",
)


def test_a_lock_is_given_back_after_a_crash(shell: Shell) -> None:
    shell.write("locked.saga.yaml", LOCKED)
    crashed = shell.sagac("run", "locked.saga.yaml", "--crash-after", "second")
    assert "is COMPLETED" in crashed.out, crashed
    assert "is COMPLETED" in shell.sagac("run", "locked.saga.yaml").out
