"""Paths that would leave the output folder, and changes between planning and writing."""

from __future__ import annotations

from pathlib import Path

import pytest

from sagac.generators.plan import Change, PathEscape, Plan, check_paths
from sagac.generators.writer import Folder, WriteProblem


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../x", "a//b", "a\\b", "c:x", ".", "", "a\0"])
def test_paths_stay_inside(path: str, tmp_path: Path) -> None:
    with pytest.raises(PathEscape):
        check_paths([path])
    with pytest.raises(PathEscape):
        Folder(tmp_path).carry_out(Plan((Change(path, None, b"x"),), (), ()))


def test_paths_are_one_each_on_every_system() -> None:
    with pytest.raises(PathEscape):
        check_paths(["a/B.py", "a/b.py"])


def test_what_changed_since_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("new\n")
    for before in (b"old\n", None):
        with pytest.raises(WriteProblem):
            Folder(tmp_path).carry_out(Plan((Change("a.py", before, b"x"),), (), ()))
    assert (tmp_path / "a.py").read_text() == "new\n"
    assert [each.name for each in tmp_path.iterdir()] == ["a.py"]
