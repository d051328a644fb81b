"""The page of results: each part owns what stands between its two markers."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"

OPENING = """\
# Benchmarks

Written by `make bench`. Figures are ratios: both sides of a comparison run in turn, in one run, on
one machine, and the median of the pairs is shown. Times are there to give a sense of scale and do
not carry over to another machine.
"""


@dataclass(frozen=True, slots=True)
class Table:
    """What a part has measured: ``intro`` says how, ``rows`` are texts under ``head``."""

    title: str
    intro: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """The part as it stands in the page."""
        lines = [f"## {self.title}", "", self.intro, "", _row(self.head)]
        lines.append(_row(["---", *("---:" for _ in self.head[1:])]))
        lines += [_row(row) for row in self.rows]
        lines += ["", f"Python {platform.python_version()}, {platform.system()}."]
        return "\n".join(lines)


def write(part: str, table: Table, page: Path = PAGE) -> None:
    """Replaces what stands between the markers of ``part``, or adds them at the end."""
    text = page.read_text(encoding="utf-8") if page.exists() else OPENING
    page.parent.mkdir(exist_ok=True)
    page.write_text(replaced(text, part, table.markdown()), encoding="utf-8")


def replaced(text: str, part: str, content: str) -> str:
    """``text`` with ``content`` as its part ``part``; everything else stays as it is."""
    start, end = f"<!-- {part}: written by make bench -->", f"<!-- end of {part} -->"
    before, found, rest = text.partition(start)
    after = rest.partition(end)[2] if found else ""
    gap = "" if found else "\n"
    return f"{before}{gap}{start}\n{content}\n{end}{after or chr(10)}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
