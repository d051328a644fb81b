"""The Python that expressions become, to the letter; and evaluation of hostile values and data."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from decimal import Decimal

import pytest

from sagac.dsl.diagnostics import Diagnostics
from sagac.dsl.evaluate import EvaluationError, evaluate
from sagac.dsl.expressions import parse_value
from sagac.dsl.nodes import Node
from sagac.dsl.reader import read
from sagac.dsl.scope import Scope
from sagac.dsl.syntax import Value
from sagac.dsl.translate import Names, to_python
from sagac.dsl.type_parser import parse_type
from sagac.dsl.types import RecordType, Type


def node(text: str) -> Node:
    tree, _ = read(text, "x.saga.yaml", Diagnostics())
    assert tree is not None
    return tree


def type_of(text: str) -> Type:
    type_ = parse_type(node(text), Diagnostics(), [])
    assert type_ is not None
    return type_


def value_of(text: str) -> Value:
    found = Diagnostics()
    value = parse_value(node(text), found)
    assert value is not None, [one.message for one in found]
    return value


INPUT = type_of(
    "{name: string, note?: string, count: integer, amount: decimal, rate: number, at: datetime,"
    " raw: any, express: boolean, limit?: integer, counts: [integer],"
    " items: [{sku: string, quantity: integer}]}"
)
SAGA = type_of("{key: string, failure: {reason: string}}")
SCOPE = Scope({"input": INPUT, "saga": SAGA, "pay": type_of("{id: string}")})


class _Names(Names):
    def root(self, name: str) -> str:
        return {"input": "request"}.get(name, name)

    def path(self, path: tuple[str, ...]) -> str | None:
        return "call.saga_key" if path == ("saga", "key") else None

    def record(self, type_: RecordType, values: Mapping[str, str]) -> str:
        return f"Made({', '.join(f'{name}={value}' for name, value in values.items())})"


WRITTEN = [
    # value, the type that is asked for, the source
    ("plain", None, '"plain"'),
    ("it's", None, '"it\'s"'),
    ("1.5", "decimal", 'Decimal("1.5")'),
    ("1.5", "number", "1.5"),
    ("2", "decimal", "Decimal(2)"),
    ("true", None, "True"),
    ('"12.50"', "decimal", 'Decimal("12.50")'),
    ('"2026-03-01"', "date", 'dt.date.fromisoformat("2026-03-01")'),
    ("90m", "duration", "dt.timedelta(seconds=5400)"),
    ("${input.count}", None, "request.count"),
    ("${input.count}", "decimal", "Decimal(request.count)"),
    ("${input.count}", "number", "request.count"),
    ("${input.limit}", "decimal", "None if request.limit is None else Decimal(request.limit)"),
    ("${input.counts}", "[decimal]", "[Decimal(each) for each in request.counts]"),
    ("${[1, input.count]}", "[decimal]", "[Decimal(1), Decimal(request.count)]"),
    ("${0.1 + 0.2}", "number", 'float(Decimal("0.1") + Decimal("0.2"))'),
    ("${-0.5}", "number", "-0.5"),
    ("${input.rate > 0.1}", None, "request.rate > 0.1"),
    ("${input.amount > 0.1}", None, 'request.amount > Decimal("0.1")'),
    ("${min(input.amount, 5)}", None, "min(request.amount, Decimal(5))"),
    ("${(1 + input.count) * 2}", None, "(1 + request.count) * 2"),
    ("${(1 + (input.count * 2))}", None, "1 + request.count * 2"),
    ("${1 - (2 - 3)}", None, "1 - (2 - 3)"),
    ("${-(1 + 2)}", None, "-(1 + 2)"),
    ("${(not input.express) == true}", None, "(not request.express) == True"),
    ("${not (1 < 2 and 3 != 4)}", None, "not (1 < 2 and 3 != 4)"),
    ("${(true or false) and true}", None, "(True or False) and True"),
    ("${(1 if true else 2) + 3}", None, "(1 if True else 2) + 3"),
    ("${upper(input.name + 'x')}", None, '(request.name + "x").upper()'),
    ("${str(input.at)}", None, "request.at.isoformat()"),
    ("${input.raw.a.b}", None, 'request.raw.get("a").get("b")'),
    ("${any(x.quantity > 1 for x in input.items)}", None,
     "any(x.quantity > 1 for x in request.items)"),
    ("${len([x for x in input.counts if x > 1])}", None,
     "len([x for x in request.counts if x > 1])"),
    ("${[request + input.count for request in input.counts]}", None,
     "[request_ + request.count for request_ in request.counts]"),
    ("${[Decimal * 0.5 for Decimal in input.counts]}", None,
     '[Decimal_ * Decimal("0.5") for Decimal_ in request.counts]'),
    ("order-${input.count}", None, 'f"order-{request.count}"'),
    ("${saga.key}:${saga.failure.reason}", None, 'f"{call.saga_key}:{saga.failure.reason}"'),
    ("{a} ${input.count}", None, 'f"{{a}} {request.count}"'),
    ("a ${input.at} ${input.note}", None,
     "f\"a {request.at.isoformat()} {'' if request.note is None else request.note}\""),
    ("a ${'#' + input.name}", None, "\"a {}\".format('#' + request.name)"),
    ("a:${pay.id}", None, 'f"a:{pay.id}"'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted", "source"), WRITTEN)
def test_source(text: str, wanted: str | None, source: str) -> None:
    if text.startswith("{"):
        text = f"'{text}'"
    target = type_of(wanted) if wanted else None
    written = to_python(value_of(text), SCOPE, _Names(), target)
    assert written == source
    ast.parse(written, mode="eval")


def test_records_are_made_by_the_generator() -> None:
    text = '{amount: "${input.count}", lines: [{id: "${pay.id}"}]}'
    target = type_of("{amount: decimal, lines: [{id: string}]}")
    source = to_python(value_of(text), SCOPE, _Names(), target)
    assert source == "Made(amount=Decimal(request.count), lines=[Made(id=pay.id)])"
    assert to_python(value_of(text), SCOPE, Names()) == (
        '{"amount": input.count, "lines": [{"id": pay.id}]}'
    )


def test_a_value_of_another_type_is_converted_by_the_generator() -> None:
    class Converting(_Names):
        def convert(self, source: str, given: Type, wanted: Type) -> str:
            return f"to({source})"

    assert to_python(value_of("${input.raw}"), SCOPE, Converting(), type_of("string")) == (
        "to(request.raw)"
    )
    assert to_python(value_of("${input.name}"), SCOPE, Converting(), type_of("string")) == (
        "request.name"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${input.amount * 0.1}", Decimal("0.15")),
        ("${input.rate > 0.1}", False),
        ("${input.rate in [0.1]}", True),
        ("${max(input.rate, 0.2)}", 0.2),
        ("${input.missing is None}", True),
        ("a${input.missing}b", "ab"),
        ("{a: '${input.list[-1]}', b: [1, '${1 + 1}']}", {"a": 2, "b": [1, 2]}),
        ("${input.missing is not None and input.missing.x}", False),
        ("${[x for x in input.list if x > 1]}", [2]),
        ("${any(x == 2 for x in input.list) and not all(x == 2 for x in input.list)}", True),
        ("${sorted([3, 1])[0] < 2 < 3}", True),
        ("${int('12') + round(2.6) + len('abc')}", 18),
        ("${upper('a') + lower('B') + str(1.50)}", "Ab1.5"),
    ],
)
def test_evaluation(text: str, expected: object) -> None:
    data = {"input": {"amount": Decimal("1.5"), "rate": 0.1, "list": [1, 2]}}
    assert evaluate(value_of(text), data) == expected


@pytest.mark.parametrize(
    "text",
    [
        "${nobody}",
        "${input.text.x}",
        "${input.text * 1000000000}",
        "${input.format % 1}",
        "${input.list * 1000000000}",
        "${input.list[9]}",
        "${input.text['a b']}",
        "${1 / 0}",
        "${1.5 / 0}",
        "${0.0 // 0}",
        "${1 < 'a'}",
        "${input.none < 1}",
        "${int('x')}",
        "${int(input.digits)}",
        "${int(input.huge)}",
        "${round(input.huge)}",
        "${round(input.nan)}",
        "${int(input.infinite)}",
        "${float(input.big)}",
        "${input.big * input.big * input.big * input.big}",
        "${-input.text}",
        "${sum(input.texts)}",
        "${min(input.none)}",
        "${max([])}",
        "${sorted(input.mixed)}",
        "${[x for x in input.text]}",
        "${len(5)}",
        "${upper(1)}",
        "a${input.list}",
        "a${input.yes}",
        "${1 in 5}",
        "${1 in 'a'}",
        "${sum([sum([sum([1 for c in input.long]) for b in input.long]) for a in input.long])}",
        "${len([input.wide + input.wide for a in input.long])}",
    ],
)
def test_evaluation_is_bounded_and_fails_in_one_way(text: str) -> None:
    data = {
        "text": "ab",
        "format": "%0999999999d",
        "list": [1, 2],
        "none": None,
        "digits": "9" * 10_000,
        "huge": Decimal("1e999999"),
        "nan": float("nan"),
        "infinite": Decimal("Infinity"),
        "big": 10**3000,
        "texts": ["a", "b"],
        "mixed": [1, "a"],
        "yes": True,
        "long": list(range(1000)),
        "wide": "x" * 100_000,
    }
    with pytest.raises(EvaluationError) as raised:
        evaluate(value_of(text), {"input": data})
    assert str(raised.value)
