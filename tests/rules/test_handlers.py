"""Handlers are other people's Python: whatever they hold, there are findings and no crash."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagac.dsl.rules import registry
from sagac.dsl.rules.rule import files_of

from .complete import look_at

EXAMPLES = [files_of(registry.find(f"HA00{number}").example) for number in range(1, 6)]
SAGA = EXAMPLES[0]["example.saga.yaml"]
NAME = "handlers/shop.py"


def codes(text: str) -> list[str]:
    looked = look_at({"example.saga.yaml": SAGA, NAME: text})
    for found in looked.findings:
        assert found.code != "IN001", found.message
        if found.span.file == NAME:
            assert 1 <= found.span.line <= found.span.end_line <= text.count("\n") + 2
    return [found.code for found in looked.findings if found.code.startswith("HA")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["HA001"]),
        ("\0", ["HA001"]),
        ("(" * 3000, ["HA001"]),
        ("x = " + "-" * 100_000 + "1", ["HA001"]),
        ("class ShopHandlers:\n" + "  def open_order(self, a, b):\n\tpass", ["HA001"]),
        ("class ShopHandlers(ShopHandlers): ...", ["HA001", "HA001"]),
        ("class ShopHandlers(metaclass=Magic): ...", []),
        ("if True:\n    class ShopHandlers: ...", []),
        (
            "".join(f"class C{n}(C{n + 1}): ...\n" for n in range(2000))
            + "class ShopHandlers(C0): ...",
            [],
        ),
    ],
)
def test_odd_files(text: str, expected: list[str]) -> None:
    assert codes(text) == expected


def test_deep_names_are_shown_in_part() -> None:
    deep = ".a" * 300
    text = f"""\
import contextlib
class ShopHandlers:
    async def open_order(self, request, call):
        try:
            pass
        except (x{deep}, Exception):
            pass
        with contextlib.suppress(x{deep}, Exception):
            pass
    async def close_order(self, request, call): ...
"""
    assert codes(text) == ["HA004", "HA004"]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_damaged_file_gives_findings(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(EXAMPLES))[NAME]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    codes(text[:start] + data.draw(st.text(max_size=6)) + text[end:])
