"""Names in generated code."""

from __future__ import annotations

import ast
import keyword
import sys

import pytest

from sagac.generators import naming
from sagac.generators.layout import call, lines
from sagac.generators.naming import Names


@pytest.mark.parametrize(
    ("text", "snake", "camel"),
    [
        ("order-fulfilment", "order_fulfilment", "OrderFulfilment"),
        ("reserve_inventory", "reserve_inventory", "ReserveInventory"),
        ("OrderPlaced", "order_placed", "OrderPlaced"),
        ("2nd_try", "n2nd_try", "N2ndTry"),
    ],
)
def test_cases(text: str, snake: str, camel: str) -> None:
    assert (naming.snake(text), naming.camel(text)) == (snake, camel)


def test_two_of_one_name_differ_and_stay() -> None:
    names = Names({"saga"})
    given = [names.of(key, "line") for key in ("a", "b", "c")]
    assert given == ["line", "line_", "line_3"]
    assert names.of("b", "line") == "line_"
    assert names.of("saga item", "saga") == "saga_"


@pytest.mark.parametrize("word", [*keyword.kwlist, "str", "field", "Decimal", "Item"])
def test_field_names_hide_nothing(word: str) -> None:
    name = naming.field_names([word])[word]
    assert name.isidentifier()
    assert not keyword.iskeyword(name)
    assert name != word


@pytest.mark.parametrize("text", ['a """ b', "ends in \\", 'ends in "', "two\nlines", "\u202eback"])
def test_descriptions_stay_inside_their_docstring(text: str) -> None:
    source = f'"""{naming.docstring(text)}"""\nx = 1\n'
    assert [type(each) for each in ast.parse(source).body] == [ast.Expr, ast.Assign]
    assert "\n" not in naming.one_line(text)
    assert "\u202e" not in naming.one_line(text)


@pytest.mark.parametrize(
    "text", ["type: ignore", "Type : x", "mypy: ignore-errors", "ruff: noqa", "noqa", "fmt: off"]
)
def test_descriptions_give_no_orders_to_tools(text: str) -> None:
    assert naming.comment(text) == f"# - {text}"
    source = f"def f() -> None:\n    {naming.comment(text)}\n    pass\n"
    assert not ast.parse(source, type_comments=True).type_ignores


def test_comments_are_cut() -> None:
    assert naming.comment("two words", 4) == "# two"
    assert naming.comment("typed: by hand", -5) == "# t"


def test_no_text_says_how_a_file_is_encoded() -> None:
    assert naming.one_line("coding=utf-7 coding: x") == "coding =utf-7 coding : x"


@pytest.mark.parametrize("module", ["handlers", "json", "queue", "calendar", "dbos", "pytest"])
def test_packages_do_not_hide_what_generated_code_imports(module: str) -> None:
    assert naming.package(module) == f"{module}_saga"


def test_packages_do_not_hide_the_standard_library() -> None:
    names = [each for each in sys.stdlib_module_names if each == naming.snake(each)]
    assert names
    assert not [each for each in names if naming.package(each) == each]


def test_other_packages_have_the_name_of_their_saga() -> None:
    assert naming.package("order-fulfilment") == "order_fulfilment"


def test_calls_break_only_when_they_are_too_long() -> None:
    assert lines(call("f", "a", b="1")) == ["f(a, b=1)"]
    assert lines(call("f", "a" * 60, b="b" * 60)) == [
        "f(",
        f"    {'a' * 60},",
        f"    b={'b' * 60},",
        ")",
    ]
