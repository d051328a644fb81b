"""The baseline: a finding is known by what it is about, not by its line."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagac.dsl.baseline import BaselineProblem, Entry, entry_of, judge, read, stale, write
from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic
from sagac.dsl.span import Span

FILE = "a.saga.yaml"
TEXT = "steps:\n  - step: pay\n  - step: send\n  - step: pay\n"


def found(line: int, code: str = "CO001", column: int = 11, end: int = 14) -> Diagnostic:
    return diagnostic(code, Span(line, column, line, end, FILE), f"line {line}")


def named(file: str) -> str:
    return file


def known(text: str, *findings: Diagnostic) -> str:
    return write(findings, {FILE: text}, named, {})


def test_what_is_written_is_read_and_knows_what_it_was_written_for() -> None:
    findings = [found(2), found(4), found(3, "PI006", 11, 15)]
    baseline = read(known(TEXT, *findings))
    assert baseline.counts == {Entry("CO001", FILE, "pay"): 2, Entry("PI006", FILE, "send"): 1}
    assert judge(findings, baseline, {FILE: TEXT}, named) == ((), {})


def test_lines_may_move_and_a_new_finding_is_new() -> None:
    baseline = read(known(TEXT, found(2)))
    moved = "# more\n\n" + TEXT
    new = found(5, column=11, end=15)
    assert judge([found(4), new], baseline, {FILE: moved}, named) == ((new,), {})
    twice = judge([found(4), found(6)], baseline, {FILE: moved}, named)
    assert twice.new == (found(6),)


def test_what_is_gone_is_told_at_its_line() -> None:
    text = known(TEXT, found(2), found(4), found(3))
    baseline = read(text)
    judged = judge([found(2)], baseline, {FILE: TEXT}, named)
    assert judged.stale == {Entry("CO001", FILE, "pay"): 1, Entry("CO001", FILE, "sen"): 1}
    told = [stale(entry, left, "b.json", baseline) for entry, left in judged.stale.items()]
    for each in told:
        assert json.loads(text.splitlines()[each.span.line - 1].strip().rstrip(","))
        assert each.span.column == 5
    assert ["no longer found" in each.message for each in told] == [False, True]
    assert "found 1 times, not 2, there" in told[0].message


def test_what_stops_the_compiler_is_not_held() -> None:
    assert read(known(TEXT, found(2, "SY001"))).counts == {}
    by_hand = {
        "version": 1,
        "findings": [{"code": "SY001", "file": FILE, "text": "pay", "count": 1}],
    }
    judged = judge([found(2, "SY001")], read(json.dumps(by_hand)), {FILE: TEXT}, named)
    assert judged.new == (found(2, "SY001"),)


def test_the_text_of_a_place_is_on_one_line_and_of_bounded_length() -> None:
    text = "a: |\n  one\n\n  two\n" + "x" * 900
    long = entry_of(found(5, column=1, end=901), {FILE: text}, named).text
    other = entry_of(found(5, column=1, end=900), {FILE: text}, named).text
    over_lines = diagnostic("CO001", Span(1, 4, 4, 6, FILE), "")
    assert entry_of(over_lines, {FILE: text}, named).text == "| one two"
    assert len(long) < 230
    assert long != other
    assert entry_of(found(99), {}, named).text == ""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ('{"version": 1,\n "findings": }', 2),
        ("[]", 1),
        ('{"version": 2, "findings": []}', 1),
        ('{"version": 1, "findings": {}}', 1),
        ('{"version": 1, "findings": [3]}', 1),
        ('{"version": 1, "findings": [{"code": "CO001"}]}', 1),
        ('{"version": 1, "findings": [{"code": "CO0", "file": "", "text": "", "count": 1}]}', 1),
        ('{"version": 1, "findings": [{"code": "CO001", "file": "", "text": "", "count": 0}]}', 1),
        (
            '{"version": 1, "findings": [{"code": "CO001", "file": "", "text": "", "count": "1"}]}',
            1,
        ),
        ("[" * 100_000, 1),
    ],
)
def test_what_is_no_baseline(text: str, line: int) -> None:
    with pytest.raises(BaselineProblem) as problem:
        read(text)
    assert problem.value.line == line


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=10)), max_size=4))
def test_any_text_survives(places: list[tuple[str, str]]) -> None:
    findings, sources = [], {}
    for number, (text, file) in enumerate(places):
        name = f"{number}{file}"
        sources[name] = text
        findings.append(diagnostic("CO001", Span(1, 1, 1, 9, name), ""))
    written = write(findings, sources, named, {})
    assert judge(findings, read(written), sources, named) == ((), {})
    assert write(findings[::-1], sources, named, {}) == written
