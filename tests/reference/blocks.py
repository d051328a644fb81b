"""The examples of the reference: fenced blocks, and what stands around a fragment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import NamedTuple

SPECS = Path(__file__).resolve().parents[2] / "specs"
PAGE = SPECS / "REFERENCE.md"
_BLOCK = re.compile(
    r"(?:^<!-- (?P<kind>top|steps)(?: refused: (?P<code>\w+))? -->\n)?^```yaml\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_KEY = re.compile(r"^(\w+):", re.MULTILINE)
# What stands around a fragment, key by key; a key that the fragment has is left out.
AROUND = {
    "saga": "saga: example\n",
    "version": "version: 1\n",
    "key": "key: ${input.order_id}\n",
    "services": "services: { order: , payment: , stock: , shipping: }\n",
    "input": """\
input:
  order_id: string
  customer_email: string
  amount: decimal
  due: date
  paid: boolean
  note?: string
  items: [{ sku: string, quantity: integer }]
""",
    "steps": "steps:\n  - step: check_order\n    service: order\n    effect: none\n",
}


class Block(NamedTuple):
    """An example as a whole file; ``code`` is what the compiler must say of it, if anything."""

    line: int
    text: str
    code: str | None


def blocks(page: str) -> Iterator[Block]:
    """The examples in the text of a page. Raises ValueError for one that is not marked."""
    for match in _BLOCK.finditer(page):
        text, kind = match["text"], match["kind"]
        line = page.count("\n", 0, match.start("text")) + 1
        if kind is None and not text.startswith("saga:"):
            raise ValueError(f"line {line}: neither a whole saga nor marked as a fragment")
        yield Block(line, text if kind is None else _wrapped(text, kind), match["code"])


def _wrapped(text: str, kind: str) -> str:
    if kind == "steps":
        text = "steps:\n" + indent(text, "  ")
    own = set(_KEY.findall(text))
    return "".join(each for key, each in AROUND.items() if key not in own) + text
