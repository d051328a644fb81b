"""How often each rule was broken: the table for whoever adopts sagac in an old repository."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from sagac.dsl.codes import CODES
from sagac.dsl.diagnostics import Diagnostic


class Count(NamedTuple):
    """A line of the table."""

    code: str
    times: int
    fixable: int


def counted(diagnostics: Iterable[Diagnostic]) -> list[Count]:
    """The codes that were found, the most frequent first."""
    counts: Counter[str] = Counter()
    fixable: Counter[str] = Counter()
    for found in diagnostics:
        counts[found.code] += 1
        fixable[found.code] += found.fix is not None
    return sorted(
        (Count(code, times, fixable[code]) for code, times in counts.items()),
        key=lambda each: (-each.times, each.code),
    )


def render(diagnostics: Iterable[Diagnostic]) -> str:
    """Returns the table as text; empty if nothing was found."""
    counts = counted(diagnostics)
    widest = max((len(str(each.times)) for each in counts), default=0)
    return "".join(f"{_line(each, widest)}\n" for each in counts)


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """Returns the table as one JSON document."""
    rows = [
        {
            "code": each.code,
            "name": CODES[each.code].name,
            "count": each.times,
            "fixable": each.fixable,
        }
        for each in counted(diagnostics)
    ]
    return json.dumps({"version": 1, "statistics": rows}, indent=2)


def _line(each: Count, widest: int) -> str:
    fixable = f" ({each.fixable} with a fix)" if each.fixable else ""
    return f"{each.times:>{widest}}  {each.code}  {CODES[each.code].name}{fixable}"
