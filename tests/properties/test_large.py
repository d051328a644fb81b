"""Files that are large or repetitive on purpose: an answer of bounded size, and no work done twice."""

from __future__ import annotations

import tracemalloc

import pytest

from sagac.dsl.compile import Compilation, compile
from sagac.dsl.diagnostics import MOST
from sagac.dsl.reader import LARGEST
from sagac.dsl.report.text import render

HEAD = """\
saga: large
version: 1
key: ${input.id}
services: { shop: {} }
input: { id: string }
steps:
"""
STEP = "  - step: a\n    service: shop\n    input: [id]\n    compensate: b\n"
COUNT = 4_000

FILES = {
    "unknown keys": HEAD + STEP + "".join(f"key_{i}: 1\n" for i in range(COUNT)),
    "no items": HEAD + "  - 1\n" * COUNT,
    "unknown kinds": HEAD + "".join(f"  - stop: a{i}\n" for i in range(COUNT)),
    "unknown services": HEAD
    + "".join(f"  - step: a{i}\n    service: shop_{i}\n    effect: none\n" for i in range(COUNT)),
    "unknown aliases": HEAD + "x: [" + ", ".join(["*nothing"] * COUNT) + "]\n",
    "keys again and again": HEAD + STEP + "same: 1\n" * COUNT,
    "numbers as enum": HEAD.replace("string", "{ enum: [" + "1, " * COUNT + "] }") + STEP,
    "bad characters": HEAD + "\x01" * COUNT,
}
# One long line, and marks all along it.
LONG_LINES = {
    "a long name": HEAD + STEP.replace("a\n", "a" * 200_000 + "\n"),
    "a long text": HEAD + f'  - "{"x" * 200_000}"\n',
    "a long flow list": HEAD + "  - [" + "*x, " * 20_000 + "x]\n",
}


def _compiled(text: str) -> Compilation:
    def load(path: str) -> bytes:
        raise FileNotFoundError(path)

    return compile(text, "large.saga.yaml", load)


@pytest.mark.parametrize("what", FILES)
def test_there_are_no_more_findings_than_anybody_reads(what: str) -> None:
    made = _compiled(FILES[what])
    assert made.graph is None
    assert 1 < len(made.diagnostics) <= MOST + 1
    if len(made.diagnostics) > MOST:
        assert made.diagnostics[0].code == "SY006"
        assert "are left out" in made.diagnostics[0].message


def test_few_findings_are_all_kept() -> None:
    made = _compiled(HEAD + "".join(f"  - stop: a{i}\n" for i in range(MOST // 4)))
    assert "SY006" not in {each.code for each in made.diagnostics}


@pytest.mark.parametrize("what", LONG_LINES)
def test_long_lines_are_cut_before_they_are_shown(what: str) -> None:
    made = _compiled(LONG_LINES[what])
    shown = render(made.diagnostics, made.sources)
    assert shown
    assert max(map(len, shown.splitlines())) < 1_600


def test_too_large_a_file_is_not_taken_apart() -> None:
    text = "a: 1\n" * (LARGEST // 5 + 1)
    tracemalloc.start()
    try:
        made = _compiled(text)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [each.code for each in made.diagnostics] == ["SY006"]
    assert most < 2 * len(text)


def test_a_report_takes_each_file_apart_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from sagac.dsl.report import text

    class Counting:
        def __init__(self) -> None:
            self.calls = 0

        def split(self, source: str) -> list[str]:
            self.calls += 1
            return source.split("\n")

    counting = Counting()
    monkeypatch.setattr(text, "_BREAK", counting)
    made = _compiled(FILES["no items"])
    assert len(made.diagnostics) > MOST // 2
    text.render(made.diagnostics, made.sources)
    assert counting.calls == 1
