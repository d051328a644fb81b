"""Expressions: what is taken, what is refused, and where each finding stands."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagac.dsl.diagnostics import Diagnostics
from sagac.dsl.durations import parse_duration, parse_duration_or_expression
from sagac.dsl.expressions import parse_expression, parse_reference, parse_value
from sagac.dsl.model import Seconds
from sagac.dsl.nodes import Entry, Mapping, Node, Scalar, Sequence
from sagac.dsl.scope import path_of
from sagac.dsl.span import Span
from sagac.dsl.syntax import (
    Array,
    Attribute,
    Call,
    Compare,
    Comprehension,
    Constant,
    Literal,
    Logic,
    Record,
    Reference,
    Template,
)


def scalar(text: str, value: str | int | float | bool | None = "", quoted: bool = False) -> Scalar:
    """A scalar at line 3, column 7."""
    width = len(text) + 2 * quoted
    value = text if value == "" else value
    return Scalar(text, value, Span(3, 7, 3, 7 + width, "x.saga.yaml"), not quoted)


def refused(text: str, quoted: bool = False) -> tuple[str, str, str, str]:
    """The code, the marked text, the message and the help of the one finding."""
    found = Diagnostics()
    assert parse_expression(scalar(text, quoted=quoted), found) is None
    (one,) = found
    start = one.span.column - 7 - quoted
    assert one.span.line == one.span.end_line == 3
    return one.code, text[start : one.span.end_column - 7 - quoted], one.message, one.help or ""


REFUSED = [
    # text, the part that is marked, a part of the message or the help
    ("", "", "empty"),
    ("  ", "  ", "empty"),
    ("input.__class__", "input.__class__", "underscore"),
    ("_x", "_x", "underscore"),
    ("1 + lambda: 1", "lambda", "not an expression"),
    ("[lambda: 1]", "lambda: 1", "a lambda"),
    ("[(x := 1)]", "x := 1", "an assignment"),
    ("f'{input.x}'", "f'{input.x}'", "an f-string"),
    ("10 ** 10 ** 10", "10 ** 10 ** 10", "a power"),
    ("1 + {'a': 1}", "{'a': 1}", "a mapping"),
    ("(1, 2)", "(1, 2)", "a tuple"),
    ("x[1:2]", "1:2", "a slice"),
    ("len(*x)", "*x", "a star"),
    ("(y for y in x)", "(y for y in x)", "without brackets"),
    ("a & b", "a & b", "Write `and`"),
    ("~a", "~a", "Write `not`"),
    ("a && b", "&", "Write `and`"),
    ("a || b", "|", "Write `or`"),
    ("a = 1", "=", "write `==`"),
    ("a == '=' =", "=", "write `==`"),
    ("a ? b : c", "?", "a if condition else b"),
    ("!a", "!", "Write `not`"),
    ("a # b", "# b", "no comment"),
    ("1) + (2", ")", "not an expression"),
    ("'open", "'", "unterminated"),
    ("'\\d'", "'", "invalid escape"),
    ("eval('1')", "eval", "no function `eval`"),
    ("x.upper()", "x.upper()", "Only functions"),
    ("len", "len", "Call it"),
    ("len(x, y)", "len(x, y)", "takes 1 argument, not 2"),
    ("sorted(x, key=y)", "sorted(x, key=y)", "have no names"),
    ("round(x, -999999999)", "-999999999", "0 to 20"),
    ("round(x, y)", "y", "0 to 20"),
    ("round(x, true)", "true", "0 to 20"),
    ("a is 1", "a is 1", "Write `==`"),
    ("1e999", "1e999", "exactly"),
    ("0.12345678901234567890123", "0.12345678901234567890123", "exactly"),
    ("1" * 60, "1" * 60, "too large"),
    ("1" * 5000, "1" * 5000, "longer than"),
    ("b'x'", "b'x'", "`bytes`"),
    ("...", "...", "`ellipsis`"),
    ("1j", "1j", "`complex`"),
    ("𝒊nput.x", "𝒊nput", "letters a to z"),
    ("input.ｘ", "input.ｘ", "letters a to z"),
    ("'é' + ñ", "ñ", "letters a to z"),
    ("[x for y in z for x in y]", "[x for y in z for x in y]", "one `for`"),
    ("[x for x in z if a if b]", "[x for x in z if a if b]", "one `if`"),
    ("[a for a, b in z]", "a, b", "one name"),
    ("[len for len in z]", "len", "something else"),
    ("${a} + 1", "${a}", "only a part"),
    ("${a", "${", "never closed"),
    ("${'a}", "${", "not closed either"),
    ("${}", " ", "empty"),
]


@pytest.mark.parametrize(("text", "marked", "said"), REFUSED)
def test_refused_with_the_exact_place(text: str, marked: str, said: str) -> None:
    code, place, message, help = refused(text)
    assert code == "TY001"
    if text not in ("", "${}"):
        assert place == marked
    assert said in f"{message} {help}"


@pytest.mark.parametrize(
    "text", ["(" * 900 + "1" + ")" * 900, "-" * 1999 + "1", "[" * 60 + "]" * 60]
)
def test_deep_nesting_is_one_finding(text: str) -> None:
    code, _, message, _ = refused(text)
    assert code == "TY001"
    assert "nested" in message


def test_quoted_text_is_counted_from_its_first_character() -> None:
    assert refused("input._x", quoted=True)[1] == "input._x"


def test_places_that_cannot_be_counted_are_the_whole_scalar() -> None:
    folded = Scalar("input._x\n+ 1", "input._x\n+ 1", Span(3, 7, 5, 1), False)
    found = Diagnostics()
    assert parse_expression(folded, found) is None
    assert [one.span for one in found] == [folded.span]


@given(st.text(max_size=60) | st.text("${}[]()'\"\\.+ax1 \n#:=", max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_value_or_one_finding(text: str) -> None:
    for parse in (parse_expression, parse_value, parse_reference):
        found = Diagnostics()
        value = parse(scalar(text), found)
        assert len(found) == (0 if value is not None else 1)


def taken(text: str) -> object:
    found = Diagnostics()
    value = parse_expression(scalar(text), found)
    assert not list(found)
    return value


def test_what_is_taken() -> None:
    assert isinstance(taken("${ input.x > 1 }"), Compare)
    assert isinstance(taken("sum(x.a for x in input.l if x.b)"), Call)
    assert isinstance(taken("[x for x in input.l]"), Comprehension)
    for text, value in [("true", True), ("False", False), ("null", None), ("0.1", 0.1)]:
        constant = taken(text)
        assert isinstance(constant, Constant)
        assert constant.value is value or constant.value == value
    comparison = taken("x == null")
    assert isinstance(comparison, Compare)
    assert comparison.rest[0][0] == "is"
    field = taken("input['x']")
    assert isinstance(field, Attribute)
    assert path_of(field) == ("input", "x")


def test_characters_are_counted_not_bytes() -> None:
    value = taken("'é' == input.x")
    assert isinstance(value, Compare)
    assert value.rest[0][1].span == Span(3, 14, 3, 21, "x.saga.yaml")


def test_lines_of_a_folded_expression_are_one() -> None:
    assert isinstance(taken("input.a\n  and input.b"), Logic)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a-${x}-b", ["a-", "x", "-b"]),
        ("${x}${y}", ["x", "y"]),
        ("$${x} ${y}", ["${x} ", "y"]),
        ("it's ${x}", ["it's ", "x"]),
    ],
)
def test_templates(text: str, parts: list[str]) -> None:
    value = parse_value(scalar(text), Diagnostics())
    assert isinstance(value, Template)
    assert [p.name if isinstance(p, Reference) else p for p in value.parts] == parts


def test_braces_in_quotes_are_text() -> None:
    value = parse_value(scalar("${'}' + \"{\"}"), Diagnostics())
    assert value is not None
    assert not isinstance(value, Template)


def test_values_of_mappings_and_lists() -> None:
    key = scalar("a")
    node: Node = Mapping(
        {"a": Entry(key, Sequence([scalar("1", 1), scalar("x")], key.span))}, key.span
    )
    value = parse_value(node, Diagnostics())
    assert isinstance(value, Record)
    assert value.names == {"a": key.span}
    array = value.fields["a"]
    assert isinstance(array, Array)
    assert [item.value for item in array.items if isinstance(item, Literal)] == [1, "x"]


def test_numbers_of_the_file_are_kept_exactly_or_refused() -> None:
    found = Diagnostics()
    assert parse_value(scalar("0.1", 0.1), found) == Literal(0.1, scalar("0.1").span)
    assert parse_value(scalar("0.12345678901234567891", 0.12345678901234568), found) is None
    assert parse_value(scalar(".inf", float("inf")), found) is None
    assert [one.code for one in found] == ["SY009", "SY009"]


def test_names() -> None:
    for text, path in [
        ("order_id", ("input", "order_id")),
        ("reserve.id", ("reserve", "id")),
        ("saga.failure.reason", ("saga", "failure", "reason")),
    ]:
        value = parse_reference(scalar(text), Diagnostics())
        assert value is not None
        assert path_of(value) == path
        assert value.span == scalar(text).span
    for node in (
        scalar("${x}"),
        scalar("a b"),
        scalar("_x"),
        scalar("3", 3),
        Sequence([], Span(1, 1, 1, 2)),
    ):
        found = Diagnostics()
        assert parse_reference(node, found) is None
        assert [one.code for one in found] == ["TY001"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("200ms", 0.2), ("10s", 10), ("5m", 300), ("1.5h", 5400), ("14d", 1209600)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(scalar(text), Diagnostics()) == Seconds(seconds, text, scalar(text).span)


@pytest.mark.parametrize(
    ("node", "code"),
    [
        (scalar("30", 30), "SY009"),
        (scalar("-1s"), "SY009"),
        (scalar("5 min"), "SY009"),
        (scalar("5M"), "SY009"),
        (scalar("٣s"), "SY009"),
        (scalar("999999d"), "SY009"),
        (scalar("9" * 5000 + "s"), "SY009"),
        (scalar("", None), "SY009"),
        (Sequence([], Span(1, 1, 1, 3)), "SY004"),
    ],
)
def test_what_is_no_duration(node: Node, code: str) -> None:
    found = Diagnostics()
    assert parse_duration(node, found) is None
    assert [(one.code, one.span) for one in found] == [(code, node.span)]


def test_a_duration_may_be_an_expression() -> None:
    value = parse_duration_or_expression(scalar("${input.delay}"), Diagnostics())
    assert isinstance(value, Attribute)
    assert isinstance(parse_duration_or_expression(scalar("5s"), Diagnostics()), Seconds)
