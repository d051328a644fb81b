"""Reading specs: what is refused, and in which words; what a spec may name."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from sagac.cli.support import LARGEST, UsageProblem, colour, project_root, read_spec

CHILD = b"saga: child\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``project/specs/a.saga.yaml`` with a child beside it, and a file outside the project."""
    root = tmp_path / "project"
    (root / "specs").mkdir(parents=True)
    (root / "sagac.toml").touch()
    (root / "specs" / "a.saga.yaml").write_bytes(b"saga: a\n")
    (root / "specs" / "child.saga.yaml").write_bytes(CHILD)
    (tmp_path / "outside.saga.yaml").write_bytes(b"secret: 1\n")
    monkeypatch.chdir(root)
    return root


@pytest.mark.parametrize("folder", [".", "specs", ".."])
def test_names_and_loads_from_any_folder(
    project: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.chdir(project / folder)
    shown = os.path.relpath(project / "specs" / "a.saga.yaml")
    spec = read_spec(shown)
    assert (spec.text, spec.path, spec.name) == (b"saga: a\n", shown, "specs/a.saga.yaml")
    assert spec.root == project
    assert spec.load(os.path.join(os.path.dirname(shown), "child.saga.yaml")) == CHILD


def test_standard_input_stands_where_its_name_says(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"saga: typed\n")))
    spec = read_spec("-", "specs/typed.saga.yaml")
    assert (spec.text, spec.path) == (b"saga: typed\n", "specs/typed.saga.yaml")
    assert spec.load("specs/child.saga.yaml") == CHILD


@pytest.mark.parametrize("other", ["../outside.saga.yaml", "link.saga.yaml", "folder/x.yaml"])
def test_what_lies_outside_is_refused(project: Path, other: str) -> None:
    (project / "link.saga.yaml").symlink_to("../outside.saga.yaml")
    (project / "folder").symlink_to(project.parent)
    with pytest.raises(ValueError, match="outside the project"):
        read_spec("specs/a.saga.yaml").load(other)


def test_an_absolute_path_is_no_way_out(project: Path) -> None:
    with pytest.raises(ValueError, match="outside the project"):
        read_spec("specs/a.saga.yaml").load(str(project.parent / "outside.saga.yaml"))


def test_other_files_that_cannot_be_had(project: Path) -> None:
    load = read_spec("specs/a.saga.yaml").load
    (project / "loop").symlink_to("loop")
    (project / "binary").write_bytes(b"\x7fELF\0\0")
    os.mkfifo(project / "pipe")
    with pytest.raises(FileNotFoundError):
        load("specs/none.saga.yaml")
    with pytest.raises(FileNotFoundError):
        load("specs/a.saga.yaml/below")
    for path, reason in {
        "specs": "this is a folder",
        "binary": "this is a binary file",
        "pipe": "not a regular file",
        "loop": "symbolic links",
        "a\0b": "null",
    }.items():
        with pytest.raises(ValueError, match=reason):
            load(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "this is a binary file"),
        (b"#" * (LARGEST + 1), "larger than 16 MB"),
        (None, "there is no such file"),
    ],
)
def test_a_bad_file_is_a_usage_problem(project: Path, content: bytes | None, reason: str) -> None:
    if content is not None:
        (project / "x.yaml").write_bytes(content)
    with pytest.raises(UsageProblem, match=f"^x.yaml: .*{reason}") as problem:
        read_spec("x.yaml")
    assert problem.value.exit_code == 2


def test_wide_text_is_left_to_the_reader(project: Path) -> None:
    (project / "x.yaml").write_bytes("saga: a\n".encode("utf-16"))
    assert read_spec("x.yaml").text.startswith(b"\xff\xfe")


@pytest.mark.parametrize(
    ("mark", "text", "marked"),
    [
        ("sagac.toml", "", True),
        (".git", "gitdir: elsewhere\n", True),
        ("pyproject.toml", "[tool.sagac]\n", True),
        ("pyproject.toml", "[tool.sagac.lint]\nselect = []\n", True),
        ("pyproject.toml", "[tool.other]\n", False),
        ("pyproject.toml", "# tool.sagac\n[broken\n", False),
    ],
)
def test_what_marks_a_project(tmp_path: Path, mark: str, text: str, marked: bool) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "sagac.toml").touch()
    (tmp_path / "a" / mark).write_text(text)
    assert project_root(tmp_path / "a" / "b") == (tmp_path / "a" if marked else tmp_path)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"FORCE_COLOR": ""}, False),
    ],
)
def test_colour(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: bool
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert colour(io.StringIO()) is expected
