"""What ``translate`` writes and what ``evaluate`` computes are the same."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from sagac.dsl.diagnostics import Diagnostics
from sagac.dsl.evaluate import EvaluationError, evaluate
from sagac.dsl.expressions import parse_value
from sagac.dsl.nodes import Scalar
from sagac.dsl.relations import BOOLEAN, DECIMAL, INTEGER, NUMBER, STRING
from sagac.dsl.scope import Scope
from sagac.dsl.span import Span
from sagac.dsl.translate import Names, to_python
from sagac.dsl.typecheck import infer
from sagac.dsl.types import ANY, Field, ListType, RecordType, Type

ITEM = RecordType((Field("sku", STRING, False), Field("quantity", INTEGER, False)))
INPUT = RecordType(
    (
        Field("name", STRING, False),
        Field("note", STRING, True),
        Field("count", INTEGER, False),
        Field("limit", INTEGER, True),
        Field("amount", DECIMAL, False),
        Field("rate", NUMBER, False),
        Field("express", BOOLEAN, False),
        Field("items", ListType(ITEM), False),
        Field("prices", ListType(DECIMAL), False),
        Field("rates", ListType(NUMBER), False),
    )
)
SCOPE = Scope({"input": INPUT})

small = st.integers(-5, 5)
decimals = st.decimals(-9, 9, allow_nan=False, places=2)
floats = st.floats(-9, 9, allow_nan=False).map(lambda x: round(x, 2))
texts = st.text("ab'\"\\#{}é ", max_size=4)
data = st.fixed_dictionaries(
    {
        "name": texts,
        "note": st.none() | texts,
        "count": small,
        "limit": st.none() | small,
        "amount": decimals,
        "rate": floats,
        "express": st.booleans(),
        "items": st.lists(st.fixed_dictionaries({"sku": texts, "quantity": small}), max_size=3),
        "prices": st.lists(decimals, max_size=3),
        "rates": st.lists(floats, min_size=1, max_size=3),
    }
)


def _of(*choices: str) -> st.SearchStrategy[str]:
    return st.sampled_from(choices)


def _form(shape: str, **parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.fixed_dictionaries(parts).map(lambda values: shape.format(**values))


# Each is expressions of one kind, one level deeper each time around.
integer = _of(
    "input.count", "1", "0", "-2", "len(input.items)", "sum(x.quantity for x in input.items)"
)
decimal = _of("input.amount", "0.1", "2.50", "sum(input.prices)", "max(input.amount, 1)")
number = _of("input.rate", "float(input.amount)", "sum(input.rates)", "input.count / 3")
text = _of("input.name", "'a'", '"it\'s"', "str(input.count)", "input.name.sku", "'#{}'")
boolean = _of(
    "input.express", "true", "input.note is not None", "input.note == 'a'", "'a' in input.name"
)
for _ in range(2):
    arithmetic = _of("+", "-", "*", "//", "%", "/")
    exact = _of("+", "-", "*", "/")
    order = _of("==", "!=", "<", "<=", ">", ">=")
    integer, decimal, number, text, boolean = (
        integer
        | _form("({a}) {o} ({b})", a=integer, b=integer, o=_of("+", "-", "*", "//", "%"))
        | _form("{a} if {c} else {b}", a=integer, b=integer, c=boolean)
        | _form("round({a})", a=decimal | number)
        | _form("abs({a})", a=integer)
        | _form("len([x for x in input.items if x.quantity > {a}])", a=integer)
        | _form("-({a})", a=integer),
        decimal
        | _form("({a}) {o} ({b})", a=decimal, b=decimal | integer, o=exact)
        | _form("{a} {o} {b}", a=integer, b=decimal, o=exact)
        | _form("round({a}, 1)", a=decimal)
        | _form("min({a}, {b})", a=decimal, b=integer)
        | _form("({a} if {c} else {b})", a=decimal, b=decimal, c=boolean),
        number
        | _form(
            "({a}) {o} ({b})", a=number, b=number | integer | _of("0.1", "0.1 + 0.2"), o=arithmetic
        )
        | _form("max({a}, 0.1)", a=number),
        text
        | _form("({a}) + ({b})", a=text, b=text)
        | _form("upper({a})", a=text)
        | _form("(input.note if input.note is not None else {a})", a=text),
        boolean
        | _form("not ({a})", a=boolean)
        | _form("({a}) {o} ({b})", a=boolean, b=boolean, o=_of("and", "or", "=="))
        | _form("{a} {o} {b}", a=integer, b=integer | decimal | number, o=order)
        | _form("{a} {o} {b} < {c}", a=number, b=_of("0.1"), c=number, o=order)
        | _form("{a} {o} [0.1, {b}]", a=number, b=number, o=_of("in", "not in"))
        | _form("input.limit is not None and input.limit {o} {a}", a=integer, o=order)
        | _form("any(x.quantity {o} {a} for x in input.items)", a=integer, o=order)
        | _form("all([str(x) != {a} for x in input.prices])", a=text),
    )
whole = (integer | decimal | number | text | boolean).map(lambda source: f"${{{source}}}")
templates = st.lists(
    st.sampled_from(["-", "{", "'", '"', "\\", "é"])
    | _form(
        "${{{a}}}",
        a=integer | text | _of("input.note", "input.limit", "input.amount", "input.rate", "None"),
    ),
    max_size=4,
).map("".join)


class _Objects(Names):
    def root(self, name: str) -> str:
        return {"input": "x.request"}.get(name, name)


def _objects(value: object) -> object:
    if isinstance(value, dict):
        return SimpleNamespace(**{name: _objects(each) for name, each in value.items()})
    return [_objects(each) for each in value] if isinstance(value, list) else value


def _computed(source: str, values: object) -> object:
    scope = {"x": SimpleNamespace(request=_objects(values)), "Decimal": Decimal, "dt": dt}
    try:
        return eval(source, {**scope, "UUID": UUID})
    except (ArithmeticError, ValueError, IndexError):
        return EvaluationError


@settings(max_examples=500, deadline=None)
@given(whole | templates, data)
def test_translation_and_evaluation_agree(source: str, values: dict[str, object]) -> None:
    found = Diagnostics()
    scalar = Scalar(source, source, Span(1, 1, 1, 1 + len(source)), True)
    value = parse_value(scalar, found)
    if value is None:
        assert len(found) == 1
        return
    type_: Type = infer(value, SCOPE, found)
    if found.has_errors:
        assert type_ == ANY
        return
    try:
        evaluated = evaluate(value, {"input": values})
    except EvaluationError:
        evaluated = EvaluationError
    python = to_python(value, SCOPE, _Objects())
    assert _computed(python, values) == evaluated, python
    if type_ == DECIMAL and evaluated is not EvaluationError:
        asked = _computed(to_python(value, SCOPE, _Objects(), DECIMAL), values)
        assert asked == evaluated
        assert isinstance(asked, Decimal)
