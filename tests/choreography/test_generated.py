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

MORE = os.environ.get("SAGAC_EXAMPLES")
EXAMPLES = settings(
    max_examples=int(MORE or 30),
    deadline=None,
    derandomize=MORE is None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
TYPED = 6  # random sagas that a type checker looks at


@given(text=sagas(), seed=st.integers(0, 2**16))
@EXAMPLES
def test_random_sagas_end_as_the_file_says(
    tmp_path_factory: pytest.TempPathFactory, text: str, seed: int
) -> None:
    text = text.replace("undo_order: sequence", "undo_order: parallel")  # else CH002
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


def test_type_checkers_and_linters_have_nothing_to_say(tmp_path: Path) -> None:
    for path in SPECS:
        write(spec(path), tmp_path, f"{path.name.partition('.')[0].replace('-', '_')}_saga")
    options = ("--isolated", "--no-cache", "--line-length", "100")
    assert tool(tmp_path, "ruff", "check", *options, ".") == ""
    assert tool(tmp_path, "ruff", "format", "--check", *options, ".") == ""
    assert tool(tmp_path, "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), ".") == ""


def tool(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""
