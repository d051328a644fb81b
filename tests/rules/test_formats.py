"""Findings for machines: whatever a file, a name or a message holds, the reader gets it whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagac.dsl.codes import CODES, diagnostic
from sagac.dsl.diagnostics import Diagnostic, Edit, Label, Repair, Safety
from sagac.dsl.report import concise, github, json_, junit, sarif, statistics, text
from sagac.dsl.span import Span

from .sarif_shape import LOG

FILE = "orders/a b.saga.yaml"
HERE = Span(2, 3, 2, 7, FILE)
FIX = Repair("Write `b`.", Safety.SAFE, (Edit(HERE, "b"), Edit(Span(9, 1, 9, 2, "other"), "")))
ONE = diagnostic(
    "CO001",
    HERE,
    "It stays: 100%.",
    help="Do this.\nOr that.",
    labels=(
        Label("here", HERE),
        Label("may fail", Span(9, 1, 9, 2, FILE)),
        Label("too", Span(1, 1, 3, 1, "other")),
    ),
    fix=FIX,
)

TEXTS = st.text(st.characters(), max_size=12)
LINE_BREAKS = re.compile("[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


@st.composite
def findings(draw: st.DrawFn) -> Diagnostic:
    """A finding with any text in every place that can hold one."""
    file, numbers = draw(TEXTS.filter(bool)), st.integers(1, 50)
    line, column = draw(numbers), draw(numbers)
    span = Span(line, column, line + draw(st.integers(0, 2)), column + draw(numbers), file)
    labels = tuple(
        Label(draw(TEXTS), span._replace(line=1)) for _ in range(draw(st.integers(0, 2)))
    )
    fix = Repair(draw(TEXTS), draw(st.sampled_from(Safety)), (Edit(span, draw(TEXTS)),))
    return diagnostic(
        draw(st.sampled_from(sorted(CODES))),
        span,
        draw(TEXTS),
        help=draw(st.none() | TEXTS),
        labels=labels,
        fix=draw(st.sampled_from([None, fix])),
    )


# -- concise ------------------------------------------------------------------------------------


def test_a_line_points_at_all_places() -> None:
    assert concise.render([ONE]) == (
        "orders/a b.saga.yaml:2:3: error[CO001] It stays: 100%. [9:1: may fail; other:1:1: too]\n"
    )
    coloured = concise.render([ONE], colour=True)
    assert coloured != concise.render([ONE])
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == concise.render([ONE])


@given(st.lists(findings(), max_size=3))
def test_concise_is_a_line_per_finding(found: list[Diagnostic]) -> None:
    lines = LINE_BREAKS.split(concise.render(found))
    assert len(lines) == len(found) + 1
    assert all(line.isprintable() for line in lines)


# -- github -------------------------------------------------------------------------------------


def test_a_workflow_command() -> None:
    over_lines = diagnostic("PI006", Span(1, 2, 3, 4, "a:b,c%.yaml"), "m")
    told = diagnostic("TI001", HERE, "m")
    assert github.render([ONE, over_lines, told]).splitlines() == [
        "::error file=orders/a b.saga.yaml,line=2,col=3,endLine=2,endColumn=7,"
        "title=CO001 effect-without-compensation::It stays: 100%25. (here)%0A9:1: may fail%0A"
        "other:1:1: too%0Ahelp: Do this.%0Ahelp: Or that.",
        "::warning file=a%3Ab%2Cc%25.yaml,line=1,col=2,endLine=3,title=PI006"
        " retriable-before-pivot::m",
        "::error file=orders/a b.saga.yaml,line=2,col=3,endLine=2,endColumn=7,"
        "title=TI001 wait-without-end::m",
    ]


@given(st.lists(findings(), max_size=3))
def test_no_text_begins_a_command_of_its_own(found: list[Diagnostic]) -> None:
    lines = LINE_BREAKS.split(github.render(found))
    assert len(lines) == len(found) + 1
    for each, line in zip(found, lines, strict=False):
        head, separator, message = line[2:].partition("::")
        assert line.startswith("::")
        assert separator
        name, _, rest = head.partition(" ")
        assert name in ("error", "warning", "notice")
        properties = dict(part.split("=", 1) for part in rest.split(","))
        breaks = "\r\n"  # they are kept, as escapes
        file = "".join(c if c in breaks else _visible(c) for c in each.span.file)
        assert _unescaped(properties["file"]) == file
        assert _unescaped(message).startswith(_visible(each.message))


def _unescaped(text: str) -> str:
    for sign, code in ((":", "%3A"), (",", "%2C"), ("\n", "%0A"), ("\r", "%0D"), ("%", "%25")):
        text = text.replace(code, sign)
    return text


def _visible(text: str) -> str:
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


# -- junit --------------------------------------------------------------------------------------


def test_a_junit_report() -> None:
    told = diagnostic("CO001", HERE, "m")
    found = [ONE, Diagnostic("CO007", "n", type(told.severity)("info"), "told", HERE)]
    root = ElementTree.fromstring(junit.render(found, [FILE, "clean.yaml"]))
    assert root.attrib == {"name": "sagac lint", "tests": "3", "failures": "1", "errors": "0"}
    first, second = root
    assert [suite.get("name") for suite in root] == [FILE, "clean.yaml"]
    assert [suite.get("tests") for suite in root] == ["2", "1"]
    wrong, fine = first
    assert wrong.attrib["line"] == "2"
    failure = wrong[0]
    assert failure.tag == "failure"
    assert failure.attrib == {"type": "error", "message": "It stays: 100%."}
    assert failure.text == (
        "orders/a b.saga.yaml:2:3\nIt stays: 100%. (here)\n9:1: may fail\nother:1:1: too\n"
        "help: Do this.\nhelp: Or that."
    )
    assert fine[0].tag == "system-out"
    assert len(second[0]) == 0


@given(st.lists(findings(), max_size=3), TEXTS)
def test_junit_is_xml_whatever_it_holds(found: list[Diagnostic], file: str) -> None:
    written = junit.render(found, [file])
    root = ElementTree.fromstring(written.encode())
    cases = [case for suite in root for case in suite]
    empty = file not in {each.span.file for each in found}
    assert len(cases) == int(root.attrib["tests"]) == len(found) + empty
    messages = {each.attrib["message"] for each in root.iter("failure")}
    assert messages <= {_visible(each.message) for each in found}


# -- sarif --------------------------------------------------------------------------------------


def _log(found: list[Diagnostic]) -> Any:
    log = json.loads(sarif.render(found, "1.2.3"))
    jsonschema.Draft202012Validator(LOG).validate(log)
    return log["runs"][0]


def test_a_sarif_log() -> None:
    run = _log([ONE, ONE, diagnostic("PI006", HERE, "m")])
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["CO001", "PI006"]
    first, again, other = run["results"]
    assert (first["level"], other["level"]) == ("error", "warning")
    assert first["message"]["text"] == "It stays: 100%.\nDo this.\nOr that."
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "orders/a%20b.saga.yaml"},
        "region": {"startLine": 2, "startColumn": 3, "endLine": 2, "endColumn": 7},
    }
    assert [each["message"]["text"] for each in first["relatedLocations"]] == [
        "here",
        "may fail",
        "too",
    ]
    changes = first["fixes"][0]["artifactChanges"]
    assert [each["artifactLocation"]["uri"] for each in changes] == [
        "orders/a%20b.saga.yaml",
        "other",
    ]
    assert first["partialFingerprints"] != again["partialFingerprints"]


def test_a_fingerprint_does_not_depend_on_the_line() -> None:
    one = _log([diagnostic("CO001", HERE, "m")])["results"][0]
    moved = _log([diagnostic("CO001", HERE._replace(line=40, end_line=40), "m")])["results"][0]
    assert one["partialFingerprints"] == moved["partialFingerprints"]


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("/srv/a.yaml", "file:///srv/a.yaml"),
        ("<stdin>", "%3Cstdin%3E"),
        ("a%b#c?.yaml", "a%25b%23c%3F.yaml"),
        ("é.yaml", "%C3%A9.yaml"),
        ("\udcff.yaml", "%FF.yaml"),  # a name on the disk that is no UTF-8
        ("\ud800.yaml", "%ED%A0%80.yaml"),
    ],
)
def test_the_uri_of_a_file(file: str, uri: str) -> None:
    result = _log([diagnostic("CO001", HERE._replace(file=file), "m")])["results"][0]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


@given(st.lists(findings(), max_size=3))
def test_sarif_is_right_whatever_it_holds(found: list[Diagnostic]) -> None:
    run = _log(found)
    assert len(run["results"]) == len(found)
    for each, result in zip(found, run["results"], strict=True):
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == each.code
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        name = unquote_to_bytes(uri.removeprefix("file://"))
        assert each.span.file in set(_decoded(name))


def _decoded(name: bytes) -> Iterator[str]:
    yield name.decode("utf-8", "surrogateescape")
    with suppress(UnicodeDecodeError):
        yield name.decode("utf-8", "surrogatepass")


# -- json and counts ----------------------------------------------------------------------------


def test_json_shows_the_fix() -> None:
    shown = json.loads(json_.render([ONE]))["diagnostics"][0]["fix"]
    assert shown == {
        "title": "Write `b`.",
        "safety": "safe",
        "edits": [
            {
                "span": {"start": {"line": 2, "column": 3}, "end": {"line": 2, "column": 7}},
                "text": "b",
            },
            {
                "span": {"start": {"line": 9, "column": 1}, "end": {"line": 9, "column": 2}},
                "text": "",
                "file": "other",
            },
        ],
    }


def test_statistics_count_by_rule() -> None:
    found = [diagnostic("PI006", HERE, "a"), ONE, ONE, diagnostic("CO001", HERE, "b")]
    assert statistics.render(found) == (
        "3  CO001  effect-without-compensation (2 with a fix)\n1  PI006  retriable-before-pivot\n"
    )
    assert json.loads(statistics.render_json(found))["statistics"][1] == {
        "code": "PI006",
        "name": "retriable-before-pivot",
        "count": 1,
        "fixable": 0,
    }
    assert statistics.render([]) == ""


def test_the_summary_tells_what_can_be_fixed() -> None:
    unsafe = diagnostic("PI006", HERE, "", fix=Repair("", Safety.UNSAFE, ()))
    told = Diagnostic("CO001", "n", type(unsafe.severity)("info"), "", HERE)
    assert text.summary([ONE, unsafe, told], 2) == (
        "1 error, 1 warning and 1 note in 2 files; `sagac fix` puts 1 right,"
        " with `--unsafe` 1 more."
    )
    assert text.summary([unsafe], 1) == "1 warning in 1 file; `sagac fix --unsafe` puts 1 right."
    assert text.summary([ONE], 1) == "1 error in 1 file; `sagac fix` puts 1 right."
