"""A plain call is read as click would read it; everything else is left to click."""

from __future__ import annotations

from typing import Any

import click
import pytest
from click.testing import CliRunner

from sagac.cli.options import Option, as_click, read

OPTIONS = (
    Option("--format", "How.", ("text", "json"), "text"),
    Option("--stdin-filename", "Which.", metavar="PATH"),
    Option("--select", "What.", multiple=True),
    Option("--statistics", "Count.", flag=True),
)
READ = [
    ["a.yaml"],
    ["a.yaml", "b.yaml", "-"],
    ["--format", "json", "a.yaml"],
    ["a.yaml", "--format=json", "--statistics"],
    ["--select", "CO001", "--select=CO", "a.yaml"],
    ["--stdin-filename", "-", "-"],
    ["--stdin-filename=", "a.yaml"],
    ["--stdin-filename", "a=b", "a.yaml"],
    ["--format", "json", "--format", "text", "a.yaml"],
]
LEFT = [
    [],
    ["--format", "json"],
    ["-h"],
    ["--help", "a.yaml"],
    ["--form", "json", "a.yaml"],
    ["--format", "yaml", "a.yaml"],
    ["a.yaml", "--format"],
    ["--statistics=yes", "a.yaml"],
    ["--", "--odd-name"],
]


def _by_click(arguments: list[str]) -> dict[str, Any] | None:
    seen: list[dict[str, Any]] = []

    @click.command()
    @click.argument("files", nargs=-1, required=True)
    @as_click(OPTIONS)
    def command(**given: Any) -> None:
        seen.append(given)

    CliRunner().invoke(command, arguments)
    return seen[0] if seen else None


@pytest.mark.parametrize("arguments", READ, ids=" ".join)
def test_as_click_reads_it(arguments: list[str]) -> None:
    found = read(arguments, "files", OPTIONS)
    assert found is not None
    assert found == _by_click(arguments)


@pytest.mark.parametrize("arguments", LEFT, ids=" ".join)
def test_left_to_click(arguments: list[str]) -> None:
    assert read(arguments, "files", OPTIONS) is None
