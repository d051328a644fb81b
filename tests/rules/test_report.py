"""Findings as text and as JSON: marks stand under what they mean, whatever the file holds."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.report import json_, text
from sagac.dsl.span import Span

FILE = "a.saga.yaml"


def finding(*spans: Span) -> Diagnostic:
    """A finding at the first span, with labels at the others."""
    labels = tuple(Label(f"label {number}", span) for number, span in enumerate(spans[1:], 1))
    return diagnostic("CO001", spans[0], "Something is wrong.", help="Do better.", labels=labels)


def at(line: int, column: int, length: int, file: str = FILE) -> Span:
    return Span(line, column, line, column + length, file)


def frame(source: str, *spans: Span) -> list[str]:
    """The lines between the place and the help."""
    lines = text.render([finding(*spans)], {FILE: source}).splitlines()
    return [line.partition("| ")[2] for line in lines if "| " in line]


@pytest.mark.parametrize(
    ("source", "span", "expected"),
    [
        ("step: pay", at(1, 7, 3), ["step: pay", "      ^^^"]),
        ("a:\tpay", at(1, 4, 3), ["a: pay", "   ^^^"]),
        ("a: 支払 pay", at(1, 4, 2), ["a: 支払 pay", "   ^^^^"]),
        ("é: pay", at(1, 4, 3), ["é: pay", "   ^^^"]),
        ("a: \x1b[31m", at(1, 4, 1), ["a:  [31m", "   ^"]),
        ("a: |\n  b\n  c", Span(1, 4, 3, 4, FILE), ["a: |", "   ^"]),
        ("a", at(1, 2, 0), ["a", " ^"]),
        ("a\r\nb: c\r\n", at(2, 4, 1), ["b: c", "   ^"]),
    ],
)
def test_the_mark_stands_under_its_text(source: str, span: Span, expected: list[str]) -> None:
    assert frame(source, span) == expected


def test_of_a_very_long_line_the_marked_part_is_shown() -> None:
    line, mark = frame("x" * 900 + " pay " + "y" * 900, at(1, 902, 3))
    start = mark.index("^")
    assert line[start : start + 3] == "pay"
    assert len(line) < 200


def test_labels_are_shown_in_the_order_of_the_file_with_gaps() -> None:
    source = "".join(f"line{number}\n" for number in range(1, 13))
    shown = text.render(
        [finding(at(10, 1, 6), at(1, 1, 5), at(3, 1, 5), at(10, 1, 6))], {FILE: source}
    )
    assert shown == (
        "error[CO001] Something is wrong.\n"
        "  --> a.saga.yaml:10:1\n"
        "   |\n"
        " 1 | line1\n"
        "   | ----- label 1\n"
        " 2 | line2\n"
        " 3 | line3\n"
        "   | ----- label 2\n"
        "...\n"
        "10 | line10\n"
        "   | ^^^^^^ label 3\n"
        "   |\n"
        "   = help: Do better.\n"
        "   = effect-without-compensation: `sagac explain CO001`\n"
    )


def test_colour_adds_nothing_but_colour() -> None:
    import re

    found = [finding(at(1, 1, 1), at(1, 3, 1), at(7, 1, 1, "other"))]
    sources = {FILE: "a b", "other": ""}
    coloured = text.render(found, sources, colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == text.render(found, sources)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([], "Nothing found in 1 file."),
        (["CO001"], "1 error in 1 file."),
        (["CO001", "CO001", "PI006"], "2 errors and 1 warning in 1 file."),
    ],
)
def test_the_summary_counts(codes: list[str], expected: str) -> None:
    assert text.summary([diagnostic(code, at(1, 1, 1), "") for code in codes], 1) == expected


def test_json_has_exactly_these_keys() -> None:
    shown = json.loads(json_.render([finding(at(2, 3, 4), at(5, 1, 1))]))
    assert shown == {
        "version": 1,
        "diagnostics": [
            {
                "code": "CO001",
                "name": "effect-without-compensation",
                "severity": "error",
                "message": "Something is wrong.",
                "file": FILE,
                "span": {"start": {"line": 2, "column": 3}, "end": {"line": 2, "column": 7}},
                "labels": [
                    {
                        "message": "label 1",
                        "span": {
                            "start": {"line": 5, "column": 1},
                            "end": {"line": 5, "column": 2},
                        },
                    }
                ],
                "help": "Do better.",
                "url": "docs/rules/CO001.md",
                "fix": None,
            }
        ],
    }


places = st.builds(Span, *[st.integers(1, 12)] * 4, st.sampled_from([FILE, "other", "not read"]))


@given(st.text(max_size=60), st.lists(places, min_size=1, max_size=4))
def test_whatever_the_file_and_the_places_the_terminal_is_safe(
    source: str, spans: list[Span]
) -> None:
    found = [finding(*spans)]
    for line in text.render(found, {FILE: source, "other": ""}).split("\n"):
        assert all(each.isprintable() or each.isspace() for each in line)
        assert "\x1b" not in line
    json.loads(json_.render(found))
