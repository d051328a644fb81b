"""What is generated: compared with the kept trees, compiled, checked by ruff and mypy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sagac.templates import ROOT
from tests.golden.cases import (
    CASES,
    CHOREOGRAPHED,
    HERE,
    SPECS,
    choreographed,
    expected,
    generated,
    shown,
    write,
)

ALL = [HERE / case / "spec.saga.yaml" for case in CASES] + sorted(SPECS.glob("*.saga.yaml"))


def _tool(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


@pytest.mark.parametrize("case", CASES)
def test_tree(case: str) -> None:
    assert shown(generated(HERE / case / "spec.saga.yaml")) == expected(case)


@pytest.mark.parametrize("case", CHOREOGRAPHED)
def test_choreographed_tree(case: str) -> None:
    made = shown(choreographed(HERE / case / "spec.saga.yaml"))
    shared = expected(case)
    assert {path: text for path, text in made.items() if path not in shared} == expected(
        case, "choreographed"
    )
    for path in made.keys() & shared.keys():  # handlers, services and types: the same bytes
        assert made[path] == shared[path]
    assert {path for path in shared if path.startswith("handlers/")} <= made.keys()


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.parent.name + "/" + spec.name)
def test_same_bytes_and_valid_python(spec: Path) -> None:
    made = generated(spec)
    assert made.files == generated(spec).files
    for file in made.files:
        compile(file.text, file.path, "exec")


def test_the_engine_and_the_contract_are_copied() -> None:
    made = {each.path: each.text for each in generated(ALL[0]).files}
    for path in (ROOT / "dbos" / "engine").glob("*.py"):
        [text] = [text for name, text in made.items() if name.endswith(f"/engine/{path.name}")]
        text = text.replace("from ..contract", "from ...contract")
        assert text.partition("\n")[2] == path.read_text("utf-8")
    for path in (ROOT / "contract").glob("*.py"):
        [text] = [text for name, text in made.items() if name.endswith(f"/contract/{path.name}")]
        assert text.partition("\n")[2] == path.read_text("utf-8")


def test_ruff_and_mypy_have_nothing_to_say(tmp_path: Path) -> None:
    for spec in (
        *(HERE / case / "spec.saga.yaml" for case in CASES),
        SPECS / "office-move.saga.yaml",
    ):
        folder = tmp_path / f"{spec.parent.name}-{spec.stem}"
        write(generated(spec), folder)
        options = ("--isolated", "--no-cache", "--line-length", "100")
        assert _tool(folder, "ruff", "check", *options, ".") == ""
        if "names" not in spec.parts:  # a text full of quotes has more than one good form
            assert _tool(folder, "ruff", "format", "--check", *options, ".") == ""
        cache = str(tmp_path / "cache")
        assert _tool(folder, "mypy", "--strict", "--cache-dir", cache, ".") == ""


def test_the_generated_tests_pass_on_the_engine(tmp_path: Path) -> None:
    for case in ("composites", "names"):
        write(generated(HERE / case / "spec.saga.yaml"), tmp_path / case)
        options = ("-q", "-p", "no:cacheprovider", "--rootdir", ".")
        assert _tool(tmp_path / case, "pytest", *options, ".") == ""
