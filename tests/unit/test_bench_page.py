"""The page of benchmarks: a part replaces itself and nothing else."""

from __future__ import annotations

from pathlib import Path

from bench.page import OPENING, Table, replaced, write


def test_a_part_replaces_only_itself() -> None:
    text = replaced(replaced("# Page\n", "one", "first"), "two", "second")
    assert replaced(text, "one", "new") == text.replace("first", "new")
    assert replaced(text, "two", "new") == text.replace("second", "new")
    assert text.startswith("# Page\n")


def test_written_twice_is_written_once(tmp_path: Path) -> None:
    page = tmp_path / "docs" / "page.md"
    table = Table("Start", "How.", ("command", "ratio"), [("lint", "2.0")])
    write("startup", table, page)
    once = page.read_text()
    write("startup", table, page)
    assert page.read_text() == once
    assert once.startswith(OPENING)
    assert "| command | ratio |\n| --- | ---: |\n| lint | 2.0 |\n" in once
