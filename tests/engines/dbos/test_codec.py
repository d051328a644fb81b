"""JSON data and back, type by type; what does not fit is refused with its place."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Literal
from uuid import UUID

import pytest

from sagac.templates.dbos.engine import DecodeError, decode, encode


@dataclass(frozen=True, slots=True)
class Line:
    sku: str
    count: int
    parts: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Everything:
    kind: ClassVar[str] = "everything"
    lines: list[Line]
    prices: dict[str, Decimal]
    from_: str = field(metadata={"json": "from"})
    note: str | None = None


VALUES: list[tuple[Any, Any, Any]] = [
    (str, "ümlaut", "ümlaut"),
    (int, 7, 7),
    (bool, True, True),
    (float, 1.5, 1.5),
    (Decimal, Decimal("19.90"), "19.90"),
    (datetime, datetime(2024, 2, 29, 12, tzinfo=UTC), "2024-02-29T12:00:00+00:00"),
    (date, date(2024, 2, 29), "2024-02-29"),
    (timedelta, timedelta(minutes=1.5), 90.0),
    (UUID, UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    (bytes, b"\x00\xff", "AP8="),
    (Literal["a", "b"], "b", "b"),
    (Any, {"x": [1, None]}, {"x": [1, None]}),
    (list[date], [date(2024, 1, 1)], ["2024-01-01"]),
    (dict[str, bytes], {"k": b"v"}, {"k": "dg=="}),
    (int | None, None, None),
    (type(None), None, None),
    (
        Everything,
        Everything([Line("a", 1, [Line("b", 2)])], {"a": Decimal(1)}, "here"),
        {
            "lines": [{"sku": "a", "count": 1, "parts": [{"sku": "b", "count": 2, "parts": []}]}],
            "prices": {"a": "1"},
            "from": "here",
        },
    ),
]


@pytest.mark.parametrize(("kind", "value", "data"), VALUES, ids=[str(row[0]) for row in VALUES])
def test_there_and_back(kind: Any, value: Any, data: Any) -> None:
    assert encode(value) == data
    assert decode(kind, json.loads(json.dumps(data))) == value


LINE = {"sku": "a", "count": 1, "parts": []}
MISFITS: list[tuple[Any, Any, str]] = [
    (str, 1, "value: "),
    (int, True, "value: "),
    (int, 1.0, "value: "),
    (bool, 1, "value: "),
    (float, "1", "value: "),
    (float, False, "value: "),
    (Decimal, "ten", "value: "),
    (Decimal, True, "value: "),
    (Decimal, [1], "value: "),
    (datetime, "yesterday", "value: "),
    (date, "2023-02-29", "value: "),
    (timedelta, "1h", "value: "),
    (UUID, "5", "value: "),
    (bytes, "?", "value: "),
    (bytes, 5, "value: "),
    (Literal["a", "b"], "c", "value: expected one of a, b, not 'c'"),
    (list[int], {}, "value: "),
    (list[int], [1, "2"], "[1]: "),
    (dict[str, int], [], "value: "),
    (dict[str, int], {"a": None}, "a: "),
    (Everything, [], "value: "),
    (Everything, {"lines": [], "prices": {}}, "from: is missing"),
    (
        Everything,
        {"lines": [LINE, {"sku": "b", "parts": []}], "prices": {}, "from": ""},
        "lines[1].count: ",
    ),
    (
        Everything,
        {"lines": [LINE | {"parts": [{"sku": 5, "count": 1}]}], "prices": {}, "from": ""},
        "lines[0].parts[0].sku: ",
    ),
    (Everything, {"lines": [], "prices": {"a": "x"}, "from": ""}, "prices.a: "),
]


@pytest.mark.parametrize(("kind", "data", "message"), MISFITS, ids=range(len(MISFITS)))
def test_what_does_not_fit_is_refused_with_its_place(kind: Any, data: Any, message: str) -> None:
    with pytest.raises(DecodeError) as found:
        decode(kind, data)
    assert str(found.value).startswith(message)


@pytest.mark.parametrize("data", [1e300, float("nan"), float("inf"), 10**400])
def test_a_duration_that_no_clock_can_hold_is_refused(data: float) -> None:
    with pytest.raises(DecodeError):
        decode(timedelta, data)


@pytest.mark.parametrize("data", ["NaN", "sNaN", "Infinity", "-Infinity", float("nan")])
def test_a_decimal_is_a_number(data: object) -> None:
    with pytest.raises(DecodeError):
        decode(Decimal, data)


def test_a_whole_number_too_large_for_a_float_is_refused() -> None:
    with pytest.raises(DecodeError):
        decode(float, 10**400)


def test_a_decimal_with_a_huge_exponent_stays_small() -> None:
    huge = decode(Decimal, "1e999999999")
    assert encode(huge) == "1E+999999999"
    assert decode(Decimal, encode(huge)) == huge


def test_what_has_no_place_in_json() -> None:
    with pytest.raises(TypeError, match="a set has no place in JSON"):
        encode({1})
    with pytest.raises(TypeError):
        decode(set[int], [1])
