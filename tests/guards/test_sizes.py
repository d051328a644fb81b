"""Sizes that keep the code readable: a habit with a hard end."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.guards.tree import ROOT, files, parsed, sources

FILE, FUNCTION, TEMPLATE = 400, 60, 120


def _functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            name = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
            yield name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_files_are_short() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in files(".py", ".j2")
        if "golden" not in path.parts
        and (lines := len(path.read_text(encoding="utf-8").splitlines()))
        > (TEMPLATE if path.suffix == ".j2" else FILE)
    }
    assert not long


def test_functions_are_short() -> None:
    lengths = dict(each for path in sources().values() for each in _functions(path))
    assert not {name: length for name, length in lengths.items() if length > FUNCTION}
    assert median(lengths.values()) <= 12
    assert sum(length < 40 for length in lengths.values()) >= 0.9 * len(lengths)
