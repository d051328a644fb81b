"""``python -m sagac.dsl.reference.docs`` writes the schema and the tables of the reference."""

from __future__ import annotations

import sys
from pathlib import Path

from .page import filled
from .schema import text

SCHEMA = Path("specs/saga.schema.json")
PAGE = Path("specs/REFERENCE.md")


def beside_page(name: str) -> str:
    """The text of a file beside the page. Raises FileNotFoundError."""
    return PAGE.parent.joinpath(name).read_text(encoding="utf-8")


def main() -> int:
    """Writes both below the current folder."""
    SCHEMA.write_text(text(), encoding="utf-8")
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), beside_page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
