"""What is copied into every output: the parts that are the same for every saga."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.generators.base import GeneratedFile
from sagac.templates import ROOT

_FIRST = "# Part of every package that sagac generates. Do not edit.\n"


def parts(folder: str) -> Iterator[tuple[str, str]]:
    """Name and text of each module in a folder of the templates."""
    for path in sorted((ROOT / folder).glob("*.py")):
        yield path.name, _FIRST + path.read_text(encoding="utf-8")


def contract_files(folder: str) -> Iterator[GeneratedFile]:
    """``contract/``: what the styles share."""
    for name, text in parts("contract"):
        yield GeneratedFile(f"{folder}/contract/{name}", text)
