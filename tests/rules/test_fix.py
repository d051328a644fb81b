"""Fixes on whole sagas: until nothing is left, and never with an error that was not there."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagac.dsl.compile import compile as compile_saga
from sagac.dsl.diagnostics import Diagnostic, Severity
from sagac.dsl.fix import fix
from sagac.dsl.rules.registry import stops_the_compiler

from .complete import complete, load

FILE = "case.saga.yaml"
SPECS = Path(__file__).parents[2] / "specs"
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in SPECS.glob("*.saga.yaml")}
WORD = re.compile(r"[a-z_]{4,}")


def read(path: str) -> str:
    if path not in TEXTS:
        raise FileNotFoundError("there is no such file")
    return TEXTS[path]


def codes(found: tuple[Diagnostic, ...]) -> list[str]:
    """The codes of what is more than information."""
    return [each.code for each in found if each.severity is not Severity.INFO]


def errors(found: tuple[Diagnostic, ...]) -> Counter[tuple[str, str]]:
    wrong = (each for each in found if each.severity is Severity.ERROR)
    return Counter((each.code, each.message) for each in wrong if stops_the_compiler(each.code))


def test_a_fix_uncovers_what_the_mistake_hid() -> None:
    text, _ = complete("- step: pay\n  servise: payment\n  input: [id]\n- fail: never\n")
    assert codes(compile_saga(text, FILE, load).diagnostics) == ["SY002"]
    fixed = fix(text, FILE, load)
    assert [each.code for each in fixed.made] == ["SY002"]
    assert codes(fixed.compilation.diagnostics) == ["CO001"]
    assert fixed.text == text.replace("servise", "service")


def test_of_several_fixes_those_without_a_new_error_are_made() -> None:
    text, _ = complete(
        "- step: weigh\n  service: stok\n  input: [id]\n  effect: none\n"
        "  output: { grams: integer }\n"
        "- step: pay\n  service: payment\n  if: inputs > 3\n  input: [id]\n"
    )
    assert codes(compile_saga(text, FILE, load).diagnostics) == ["NA001", "NA001"]
    fixed = fix(text, FILE, load, unsafe=True)  # `input > 3` would be a type that does not fit
    assert fixed.text == text.replace("stok", "stock")
    assert codes(fixed.compilation.diagnostics) == ["NA001"]


def test_what_is_not_wanted_is_not_fixed() -> None:
    text, _ = complete("- step: pay\n  servise: payment\n  idempotent: yes\n  input: [id]\n")
    fixed = fix(text, FILE, load, wanted=lambda found: found.code == "SY010")
    assert fixed.text == text.replace("yes", "true")


def test_removing_an_anchor_that_is_used_is_not_done() -> None:
    text, _ = complete(
        "- step: look\n  service: shop\n  effect: none\n  input: [id]\n"
        "  compensate: &undo { action: forget, input: [id] }\n"
        "- step: keep\n  service: shop\n  input: [id]\n  compensate: *undo\n"
    )
    fixed = fix(text, FILE, load, unsafe=True)
    assert fixed.text == text
    assert fixed.made == ()


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_a_clean_file_stays_as_it_is(name: str) -> None:
    fixed = fix(TEXTS[name], name, read, unsafe=True)
    assert fixed.text == TEXTS[name]
    assert fixed.made == ()


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_slips_of_the_pen_are_put_right_or_left(data: st.DataObject) -> None:
    """Some words lose or repeat a letter: fixing ends, brings no error, and finds no more to do."""
    name = data.draw(st.sampled_from(sorted(TEXTS)))
    text = TEXTS[name]
    words = list(WORD.finditer(text))
    for word in data.draw(st.lists(st.sampled_from(words), max_size=4, unique=True)):
        at = data.draw(st.integers(word.start(), word.end() - 1))
        text = text[:at] + data.draw(st.sampled_from(["", text[at] * 2])) + text[at + 1 :]
    before = compile_saga(text, name, read).diagnostics
    fixed = fix(text, name, read, unsafe=True)
    after = compile_saga(fixed.text, name, read).diagnostics
    assert after == fixed.compilation.diagnostics
    assert not errors(after) - errors(before)
    assert fix(fixed.text, name, read, unsafe=True).made == ()
