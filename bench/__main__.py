"""``python -m bench [PART ...]``: measures, prints, and writes docs/benchmarks.md.

A part is a module of this folder with ``measure() -> Table``.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec

from bench.page import PAGE, write

PARTS = (
    "startup",
    "lint_cold",
    "lint_long",
    "lint_again",
    "lint_many",
    "engines",
    "defects",
    "choreography",
    "observing",
    "costs",
    "sizes",
)


def main(wanted: list[str]) -> int:
    """Measures the parts ``wanted``, all without a name; returns the exit code."""
    there = [part for part in PARTS if find_spec(f"bench.{part}") is not None]
    unknown = [part for part in wanted if part not in there]
    if unknown:
        print(f"no part {', '.join(unknown)}; there is: {', '.join(there)}", file=sys.stderr)
        return 2
    for part in wanted or there:
        print(f"measuring {part} ...", file=sys.stderr)
        table = import_module(f"bench.{part}").measure()
        write(part, table)
        print(table.markdown(), end="\n\n")
    print(f"written to {PAGE.relative_to(PAGE.parents[1])}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
