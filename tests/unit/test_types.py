"""Types as they are written, how they relate, and what is said about values of a wrong type."""

from __future__ import annotations

import pytest

from sagac.dsl.diagnostics import Diagnostics
from sagac.dsl.expressions import parse_value
from sagac.dsl.nodes import Node
from sagac.dsl.reader import read
from sagac.dsl.relations import resolved
from sagac.dsl.type_parser import parse_record, parse_type
from sagac.dsl.typecheck import Scope, assignable, check, infer, narrow, show
from sagac.dsl.types import ANY, NamedType, RecordType, SchemaType, Type


def node(text: str) -> Node:
    found = Diagnostics()
    tree, _ = read(text, "x.saga.yaml", found)
    assert tree is not None
    assert not list(found)
    return tree


def type_of(text: str) -> Type:
    found = Diagnostics()
    type_ = parse_type(node(text), found, ["Item", "Tree"])
    assert type_ is not None, [one.message for one in found]
    return type_


TYPES = {
    "Item": type_of("{sku: string, quantity: integer}"),
    "Tree": type_of("{label: string, children: [Tree]}"),
    "Loop": NamedType("Loop"),
}
INPUT = type_of(
    """
name: string
note?: string
count: integer
limit?: integer
amount: decimal
rate: number
express: boolean
size: {enum: [small, large]}
items: [Item]
item: Item
more?: {reason: string, detail?: string}
due: date
at: datetime
raw: any
maybe: [string]
tree: Tree
plain: {schema: {type: object}}
"""
)
SCOPE = Scope({"input": INPUT}, TYPES)


@pytest.mark.parametrize(
    "text",
    [
        "string",
        "[integer]",
        "{a: string, b?: [decimal]}",
        "{enum: [small, large]}",
        "{enum: string}",
        "{schema: string}",
        "Item",
        "[[Item]]",
        "{}",
    ],
)
def test_types_are_shown_as_they_are_written(text: str) -> None:
    assert show(type_of(text)) == text


def test_json_schema_is_kept_as_canonical_json() -> None:
    type_ = type_of("{schema: {type: array, items: {$ref: item.json}}}")
    assert type_ == SchemaType('{"items": {"$ref": "item.json"}, "type": "array"}')


WRONG_TYPES = [
    # text, code, the marked text, a part of the message or help
    ("a: strng", "TY003", "strng", "'string'"),
    ("a: int", "TY003", "int", "Write `integer`"),
    ("a: Itm", "TY003", "Itm", "'Item'"),
    ("a: string?", "TY003", "string?", "on its name"),
    ("a: 3", "TY003", "3", "the number 3"),
    ("a: []", "TY003", "[]", "one type in brackets"),
    ("a: [string, string]", "TY003", "[string, string]", "not 2"),
    ("a: {enum: []}", "TY003", "[]", "at least one"),
    ("a: {enum: [x, 1]}", "TY003", "1", "in quotes"),
    ("a: {enum: [x, x]}", "TY003", "x", "twice"),
    ("a: {schema: {type: strng}}", "TY003", "strng", "JSON Schema"),
    ("_a: string", "SY008", "_a", "starts with a letter"),
    ("class: string", "SY008", "class", "keyword"),
    ("a-b: string", "SY008", "a-b", "letters"),
    ("{a: string, a?: string}", "SY005", "a?", "twice"),
]


@pytest.mark.parametrize(("text", "code", "marked", "said"), WRONG_TYPES)
def test_what_is_no_type(text: str, code: str, marked: str, said: str) -> None:
    found = Diagnostics()
    parse_record(node(text), found, ["Item"])
    (one,) = found
    place = text[one.span.column - 1 : one.span.end_column - 1]
    assert (one.code, place) == (code, marked)
    assert said in f"{one.message} {one.help}"


@pytest.mark.parametrize(
    ("source", "target", "fits"),
    [
        ("integer", "decimal", True),
        ("integer", "number", True),
        ("decimal", "number", False),
        ("number", "decimal", False),
        ("number", "integer", False),
        ("boolean", "integer", False),
        ("{enum: [a]}", "{enum: [a, b]}", True),
        ("{enum: [a, b]}", "{enum: [a]}", False),
        ("{enum: [a]}", "string", True),
        ("string", "{enum: [a]}", False),
        ("[integer]", "[decimal]", True),
        ("Item", "{sku: string, quantity: decimal}", True),
        ("{sku: string}", "Item", False),
        ("Item", "{sku: string}", False),
        ("{a: string}", "{a: string, b?: string}", True),
        ("{a?: string}", "{a: string}", False),
        ("{a: string}", "{a?: string}", True),
        ("any", "Item", True),
        ("Item", "any", True),
        ("Tree", "{label: string, children: [{label: string, children: [Tree]}]}", True),
        ("Tree", "{label: integer, children: [Tree]}", False),
    ],
)
def test_what_fits_where(source: str, target: str, fits: bool) -> None:
    assert assignable(type_of(source), type_of(target), TYPES) is fits


def test_names_that_lead_only_to_each_other_are_any() -> None:
    assert resolved(NamedType("Loop"), TYPES) == ANY


def infer_text(text: str, scope: Scope = SCOPE) -> tuple[Type, list[tuple[str, str, str]]]:
    tree = node(text)
    found = Diagnostics()
    value = parse_value(tree, found)
    assert value is not None, [one.message for one in found]
    type_ = infer(value, scope, found)
    return type_, [
        (
            one.code,
            text[one.span.column - 1 : one.span.end_column - 1],
            f"{one.message} {one.help}",
        )
        for one in found
    ]


GOOD = [
    ("${input.count + 1}", "integer"),
    ("${input.count / 2}", "number"),
    ("${input.count * 0.5}", "decimal"),
    ("${input.amount * 0.5}", "decimal"),
    ("${input.rate * 0.5}", "number"),
    ("${round(input.amount)}", "integer"),
    ("${round(input.amount, 2)}", "decimal"),
    ("${input.name + '-' + input.size}", "string"),
    ("a-${input.note}-${input.at}-${input.raw}", "string"),
    ("${input.note}", "string (may be absent)"),
    ("${input.note if input.note is not None else 'x'}", "string"),
    ("${input.limit is not None and input.limit > 3}", "boolean"),
    ("${input.limit is None or input.limit > 3}", "boolean"),
    ("${not (input.limit is None) and input.limit > 3}", "boolean"),
    ("${0 if input.limit is None else input.limit + 1}", "integer"),
    ("${None if input.express else input.count}", "integer (may be absent)"),
    ("${input.more is not None and input.more.reason == 'x'}", "boolean"),
    ("${[x.sku for x in input.items if x.quantity > 1]}", "[string]"),
    ("${input.items[0].quantity}", "integer"),
    ("${max([x.quantity for x in input.items])}", "integer"),
    ("${sorted(x.sku for x in input.items)}", "[string]"),
    ("${input.size == 'small'}", "boolean"),
    ("${input.note == 'x'}", "boolean"),
    ("${input.size in ['small', 'large']}", "boolean"),
    ("${input.raw.x.y + 1}", "any"),
    ("${input.plain.x}", "any"),
    ("${input.tree.children[0].label}", "string"),
    ("${input.due < input.due}", "boolean"),
    ("${['a', input.name]}", "[string]"),
]


@pytest.mark.parametrize(("text", "type_"), GOOD)
def test_types_of_expressions(text: str, type_: str) -> None:
    inferred, found = infer_text(text)
    assert found == []
    assert show(inferred) == type_


BAD = [
    # text, code, the marked text, a part of the message or help
    ("${input.nota}", "NA004", "nota", "'note'"),
    ("${input.item.skuu}", "NA004", "skuu", "'sku'"),
    ("${input.name.x}", "TY002", "input.name.x", "no fields"),
    ("${input.more.reason}", "DA001", "input.more", "`input.more` may be absent"),
    ("${input.limit + 1}", "DA001", "input.limit", "is not None and"),
    ("${input.limit is not None or input.limit > 3}", "DA001", "input.limit", "absent"),
    ("${input.limit > 3 and input.limit is not None}", "DA001", "input.limit", "absent"),
    ("${len(input.note)}", "DA001", "input.note", "absent"),
    ("${input.amount + input.rate}", "TY002", "input.rate", "float(...)"),
    ("${input.amount < input.rate}", "TY002", "input.rate", "exact"),
    ("${input.amount // 2}", "TY002", "input.amount // 2", "integers"),
    ("${input.count % 0.5}", "TY002", "input.count % 0.5", "integers"),
    ("${input.name + 1}", "TY002", "input.name", "str(...)"),
    ("${'ab' * 1000000000}", "TY002", "'ab'", "numbers"),
    ("${'%0999999999d' % 1}", "TY002", "'%0999999999d'", "numbers"),
    ("${input.items * 3}", "TY002", "input.items", "numbers"),
    ("${1 if input.count else 2}", "TY002", "input.count", "boolean"),
    ("${not input.name}", "TY002", "input.name", "boolean"),
    ("${1 if input.express else 'a'}", "TY002", "'a'", "before `if`"),
    ("${[1, 'a']}", "TY002", "'a'", "before"),
    ("${input.size == 'smal'}", "TY002", "'smal'", "'small'"),
    ("${input.size in ['smal']}", "TY002", "['smal']", "'small'"),
    ("${input.count == 'a'}", "TY002", "'a'", "compared with integer"),
    ("${input.items < input.items}", "TY002", "input.items", "order"),
    ("${1 in input.name}", "TY002", "1", "text in a text"),
    ("${1 in input.count}", "TY002", "input.count", "list or a text"),
    ("${input.items['a b']}", "TY002", "'a b'", "index is an integer"),
    ("${[x for x in input.name]}", "TY002", "input.name", "over a list"),
    ("${sum(input.items)}", "TY002", "input.items", "list of numbers"),
    ("${len(input.count)}", "TY002", "input.count", "a list or a text"),
    ("${max(1, 'a')}", "TY002", "'a'", "compared"),
    ("${str(input.items)}", "TY002", "input.items", "takes"),
    ("a ${input.items}", "TY002", "input.items", "text"),
    ("a ${input.express}", "TY002", "input.express", "'yes'"),
    ("${input.limit if input.limit is None else 1 + input.nota}", "NA004", "nota", "'note'"),
]


@pytest.mark.parametrize(("text", "code", "marked", "said"), BAD)
def test_one_mistake_is_one_finding(text: str, code: str, marked: str, said: str) -> None:
    inferred, found = infer_text(text)
    assert inferred == ANY
    ((found_code, place, message),) = found
    assert (found_code, place) == (code, marked)
    assert said in message


@pytest.mark.parametrize("shape", ["(1 if {} < 2 else 2)", "(1 if 1 in [{}] else 2)", "max({}, 2)"])
def test_deep_nesting_takes_no_exponential_time(shape: str) -> None:
    text = "1"
    for _ in range(12):
        text = shape.replace("{}", text)
    assert infer_text(f"${{{text}}}")[1] == []


def test_a_condition_around_it_makes_an_optional_present() -> None:
    condition = parse_value(node("${input.note is not None}"), Diagnostics())
    assert condition is not None
    inside = narrow(condition, SCOPE)  # type: ignore[arg-type]
    assert infer_text("${len(input.note)}", inside)[1] == []
    outside = narrow(condition, SCOPE, holds=False)  # type: ignore[arg-type]
    assert len(infer_text("${len(input.note)}", outside)[1]) == 1
    assert len(infer_text("${len(input.note)}", inside.bind("input", INPUT))[1]) == 1


TARGET = type_of("{id: string, amount: decimal, size: {enum: [s, l]}, due?: date, items?: [Item]}")

CHECKED = [
    # text, the findings: code and marked text
    ("{id: a, amount: 1.5, size: s}", []),
    ('{id: a, amount: "12.50", size: s, due: "2026-03-01"}', []),
    ("{id: a, amount: 1, size: s, items: [{sku: a, quantity: 1}]}", []),
    ("{id: a, amount: 1, size: m}", [("TY002", "m")]),
    ("{id: 1, amount: a, size: s}", [("TY002", "1"), ("TY002", "a")]),
    ("{id: a, amount: 1, size: s, due: soon}", [("TY002", "soon")]),
    ("{id: a, amount: 1}", [("TY002", "{id: a, amount: 1}")]),
    ("{id: a, amout: 1, size: s}", [("NA004", "amout")]),
    ('{id: "${input.note}", amount: 1, size: s}', [("DA001", "input.note")]),
    ('{id: "${input.nota}", amount: 1, size: s}', [("NA004", "nota")]),
    ('{id: a, amount: "${input.rate}", size: s}', [("TY002", "input.rate")]),
    ("{id: a, amount: 1, size: s, items: [{sku: a}]}", [("TY002", "{sku: a}")]),
]


@pytest.mark.parametrize(("text", "expected"), CHECKED)
def test_values_where_a_type_is_asked_for(text: str, expected: list[tuple[str, str]]) -> None:
    assert isinstance(TARGET, RecordType)
    found = Diagnostics()
    value = parse_value(node(text), found)
    assert value is not None
    check(value, TARGET, SCOPE, found)
    places = [(one.code, text[one.span.column - 1 : one.span.end_column - 1]) for one in found]
    assert places == expected


def test_a_field_of_no_type_is_there_and_may_be_anything() -> None:
    found = Diagnostics()
    record = parse_record(node("a: int"), found, [])
    assert record is not None
    assert [(field.name, show(field.type)) for field in record.fields] == [("a", "any")]
