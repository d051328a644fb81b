"""Nothing in the tree belongs to one machine or one moment."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.guards.tree import ROOT, files

HERE = Path(__file__).resolve()
BINARY = {".png", ".ico", ".gz", ".whl"}
UNFINISHED = "unfinished work"  # generated stubs, which golden cases show, are allowed to be
WORDS = {
    "a path of one machine": r"(?<![\w.])/(?:home|Users|root|work)/\w",
    "a package index": r"files\.pythonhosted|pypi\.org/simple|--(?:extra-)?index-url|find-links",
    UNFINISHED: r"\b(?:TODO|FIXME|XXX)\b|NotImplementedError",
    "a merge conflict": r"^(?:<{7}|>{7}) ",
}


@pytest.mark.parametrize("what", WORDS)
def test_no_file_holds(what: str) -> None:
    pattern = re.compile(WORDS[what], re.MULTILINE)
    found = []
    for path in files():
        if path.suffix in BINARY or path == HERE:
            continue
        if what == UNFINISHED and "golden" in path.parts:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [
            f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1} {match[0]}"
            for match in pattern.finditer(text)
        ]
    assert not found


def test_pins_are_exact_and_nothing_more() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert pins
    assert not [line for line in pins if not re.fullmatch(r"[\w.-]+==[\w.+!]+", line)]
