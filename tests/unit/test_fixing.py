"""Edits of a text: what is meant changes, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Edit, Repair, Safety
from sagac.dsl.fixing import applied, fitting
from sagac.dsl.span import Span

FILE = "a.saga.yaml"


def edit(line: int, column: int, end: int, text: str, file: str = FILE) -> Edit:
    return Edit(Span(line, column, line, end, file), text)


def finding(*edits: Edit, safety: Safety = Safety.SAFE) -> Diagnostic:
    return diagnostic("SY002", edits[0].span, "", fix=Repair("", safety, edits))


@pytest.mark.parametrize(
    ("text", "edits", "expected"),
    [
        ("a: 1\nb: 2\n", [edit(2, 1, 2, "c")], "a: 1\nc: 2\n"),
        ("a: 1\r\nb: 2", [edit(2, 4, 5, "33"), edit(1, 4, 5, "10")], "a: 10\r\nb: 33"),
        ("ä: 1\rb: 2", [edit(2, 1, 2, "ü")], "ä: 1\rü: 2"),
        # what is taken out takes its line along if nothing else is on it
        ("a: 1\n  b: 2\nc: 3\n", [edit(2, 3, 7, "")], "a: 1\nc: 3\n"),
        ("a: 1\nb: 2", [edit(2, 1, 5, "")], "a: 1\n"),
        ("a: 1\nb: 2  \t\r\nc: 3", [edit(2, 1, 5, "")], "a: 1\nc: 3"),
        ("a:\n  - 1\n  - 2\n", [Edit(Span(1, 1, 3, 6, FILE), "")], ""),
        # a comment stays
        ("  b: 2  # why\nc: 3", [edit(1, 3, 7, "")], "  # why\nc: 3"),
        ("a: 1  # gone\n", [edit(1, 7, 13, "")], "a: 1\n"),
        ("a: 1  # gone", [edit(1, 7, 13, "")], "a: 1"),
        # a comma goes along
        ("{ a: 1, b: 2, c: 3 }", [edit(1, 9, 13, "")], "{ a: 1, c: 3 }"),
        ("{ a: 1, b: 2 }", [edit(1, 9, 13, "")], "{ a: 1 }"),
        ("{ b: 2 }", [edit(1, 3, 7, "")], "{  }"),
        # an edit that two findings share is made once
        ("a: 1", [edit(1, 1, 2, "b"), edit(1, 1, 2, "b")], "b: 1"),
        # outside the text nothing can be edited
        ("a", [edit(9, 1, 2, "x")], "ax"),
    ],
)
def test_an_edit_changes_what_it_means(text: str, edits: list[Edit], expected: str) -> None:
    assert applied(text, edits) == expected


def test_edits_that_touch_wait_for_the_next_round() -> None:
    one, two, three = edit(1, 1, 4, "x"), edit(1, 4, 6, "y"), edit(1, 8, 9, "z")
    first, second, third = finding(one, three), finding(two), finding(edit(1, 10, 11, "w"))
    assert fitting([first, second, third], FILE) == (first, third)
    same = finding(one)
    assert fitting([first, same], FILE) == (first, same)


def test_only_wanted_fixes_of_the_file_are_taken() -> None:
    safe, unsafe = finding(edit(1, 1, 2, "x")), finding(edit(2, 1, 2, "x"), safety=Safety.UNSAFE)
    elsewhere = finding(edit(3, 1, 2, "x"), edit(3, 1, 2, "x", "other"))
    none = diagnostic("SY001", Span(4, 1, 4, 2, FILE), "")
    assert fitting([safe, unsafe, elsewhere, none], FILE) == (safe,)
    assert fitting([safe, unsafe, elsewhere, none], FILE, unsafe=True) == (safe, unsafe)


@given(st.text(alphabet="ab:,{} \t#\r\n", max_size=40), st.data())
def test_the_rest_of_the_text_stays(text: str, data: st.DataObject) -> None:
    """A replacement leaves all other characters; a removal takes blanks and a comma at most."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    span = Span(*_place(text, start), *_place(text, end), FILE)
    assert applied(text, [Edit(span, "xyz")]) == text[:start] + "xyz" + text[end:]
    kept = applied(text, [Edit(span, "")])
    solid = str.maketrans("", "", " \t\r\n")
    before, after = text[:start].translate(solid), text[end:].translate(solid)
    without_comma = {before + after}
    without_comma |= {before + after[1:]} if after.startswith(",") else set()
    without_comma |= {before[:-1] + after} if before.endswith(",") else set()
    assert kept.translate(solid) in without_comma


def _place(text: str, offset: int) -> tuple[int, int]:
    lines = _split(text[:offset], text)
    return len(lines), len(lines[-1]) + 1


def _split(before: str, text: str) -> list[str]:
    import re

    if before.endswith("\r") and text[len(before) :].startswith("\n"):
        before = before[:-1] + "x"  # between the two characters of a line break
    return re.split(r"\r\n|\r|\n", before)
