"""Names in generated code."""

from __future__ import annotations

import ast
import keyword

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


def test_packages_do_not_hide_what_generated_code_imports() -> None:
    assert naming.package("handlers") == "handlers_saga"
    assert naming.package("order-fulfilment") == "order_fulfilment"


def test_calls_break_only_when_they_are_too_long() -> None:
    assert lines(call("f", "a", b="1")) == ["f(a, b=1)"]
    assert lines(call("f", "a" * 60, b="b" * 60)) == [
        "f(",
        f"    {'a' * 60},",
        f"    b={'b' * 60},",
        ")",
    ]
