"""Dataclasses to JSON data and back, by their type hints. Coders are made once per type."""

from __future__ import annotations

import base64
import types
from collections.abc import Callable
from contextlib import suppress
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import (
    Any,
    ClassVar,
    Literal,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import UUID

T = TypeVar("T")
Coder = Callable[[Any], Any]

_PLAIN = (types.NoneType, str, int, float)


class DecodeError(ValueError):
    """Data that do not fit a type; ``path`` says where (``items[2].quantity``)."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path.removeprefix('.') or 'value'}: {problem}")
        self.path = path
        self.problem = problem


def encode(value: Any) -> Any:
    """JSON data of ``value``, without fields that are None. Raises TypeError for other types."""
    if isinstance(value, _PLAIN):
        return value
    kind: Any = type(value)
    if kind is list or kind is tuple:
        return [encode(each) for each in value]
    if kind is dict:
        return {key: encode(each) for key, each in value.items()}
    coder: Coder = _encoder(kind)
    return coder(value)


def decode(kind: type[T], data: Any) -> T:
    """A ``kind`` from JSON data. Raises DecodeError that names the place."""
    hint: Any = kind
    coder: Coder = _decoder(hint)
    return cast(T, coder(data))


@cache
def _encoder(kind: Any) -> Coder:
    if isinstance(kind, type) and is_dataclass(kind):
        return _record_encoder(kind)
    if issubclass(kind, datetime | date):
        return lambda value: value.isoformat()
    if issubclass(kind, timedelta):
        return lambda value: value.total_seconds()
    if issubclass(kind, bytes):
        return lambda value: base64.b64encode(value).decode("ascii")
    if issubclass(kind, Decimal | UUID):
        return str
    raise TypeError(f"a {kind.__name__} has no place in JSON")


def _record_encoder(kind: Any) -> Coder:
    names = [(each.name, _json_name(each)) for each in fields(kind)]

    def encode_record(value: Any) -> dict[str, Any]:
        return {
            json: each if isinstance(each, _PLAIN) else encode(each)
            for name, json in names
            if (each := getattr(value, name)) is not None
        }

    return encode_record


def _json_name(each: Field[Any]) -> str:
    return str(each.metadata.get("json", each.name))


@cache
def _decoder(kind: Any) -> Coder:
    if kind is Any or kind is object:
        return lambda data: data
    if kind is None or kind is types.NoneType:
        return lambda data: None
    origin = get_origin(kind)
    if origin is not None:
        return _generic_decoder(origin, get_args(kind))
    if isinstance(kind, type) and is_dataclass(kind):
        return _record_decoder(kind)
    if kind in _SCALARS:
        return _SCALARS[kind]
    raise TypeError(f"JSON data cannot become a {kind}")


def _generic_decoder(origin: Any, args: tuple[Any, ...]) -> Coder:
    if origin is Literal:
        return _choice_decoder(args)
    if origin is list:
        return _list_decoder(_decoder(args[0]))
    if origin is dict:
        return _dict_decoder(_decoder(args[1]))
    if origin in (Union, types.UnionType):
        rest = [each for each in args if each is not types.NoneType]
        if len(rest) == 1:
            inner = _decoder(rest[0])
            return lambda data: None if data is None else inner(data)
    raise TypeError(f"JSON data cannot become a {origin}")


def _choice_decoder(choices: tuple[Any, ...]) -> Coder:
    def decode_choice(data: Any) -> Any:
        if data not in choices:
            raise DecodeError("", f"expected one of {', '.join(map(str, choices))}, not {data!r}")
        return data

    return decode_choice


def _list_decoder(inner: Coder) -> Coder:
    def decode_list(data: Any) -> list[Any]:
        if not isinstance(data, list):
            raise _expected("a list", data)
        return [_within(f"[{index}]", inner, each) for index, each in enumerate(data)]

    return decode_list


def _dict_decoder(inner: Coder) -> Coder:
    def decode_dict(data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise _expected("an object", data)
        return {key: _within(f".{key}", inner, each) for key, each in data.items()}

    return decode_dict


def _record_decoder(kind: type) -> Coder:
    hints = {name: hint for name, hint in get_type_hints(kind).items() if not _is_class_var(hint)}
    rows = [
        (each.name, _json_name(each), each.default is MISSING, _takes_none(hints[each.name]))
        for each in fields(kind)
    ]
    coders: dict[str, Coder] = {}

    def decode_record(data: Any) -> Any:
        if not isinstance(data, dict):
            raise _expected("an object", data)
        if not coders:  # on first use, so that types may refer to themselves
            coders.update({name: _decoder(hint) for name, hint in hints.items()})
        found: dict[str, Any] = {}
        try:
            for name, json, required, takes_none in rows:
                if (value := data.get(json)) is not None:
                    found[name] = coders[name](value)
                elif required and not takes_none:
                    raise DecodeError("", "is missing")
                elif required:
                    found[name] = None
        except DecodeError as problem:
            raise DecodeError(f".{json}{problem.path}", problem.problem) from None
        return kind(**found)

    return decode_record


def _is_class_var(hint: Any) -> bool:
    return hint is ClassVar or get_origin(hint) is ClassVar


def _takes_none(hint: Any) -> bool:
    return hint is Any or hint is types.NoneType or types.NoneType in get_args(hint)


def _within(place: str, coder: Coder, data: Any) -> Any:
    try:
        return coder(data)
    except DecodeError as problem:
        raise DecodeError(place + problem.path, problem.problem) from None


def _expected(what: str, data: Any) -> DecodeError:
    return DecodeError("", f"expected {what}, not {data!r}")


def _exactly(kind: type, what: str) -> Coder:
    def decode_exactly(data: Any) -> Any:
        if type(data) is kind:
            return data
        if isinstance(data, kind) and (kind is bool or not isinstance(data, bool)):
            return data
        raise _expected(what, data)

    return decode_exactly


def _number(data: Any) -> float:
    if isinstance(data, int | float) and not isinstance(data, bool):
        with suppress(OverflowError):
            return float(data)
    raise _expected("a number", data)


def _duration(data: Any) -> timedelta:
    seconds = _number(data)
    with suppress(OverflowError, ValueError):
        return timedelta(seconds=seconds)
    raise _expected("a duration in seconds", data)


def _decimal(data: Any) -> Decimal:
    try:
        if isinstance(data, str | int | float | Decimal) and not isinstance(data, bool):
            number = Decimal(str(data))
            if number.is_finite():
                return number
    except (InvalidOperation, ValueError):  # ValueError: an int of too many digits
        pass
    raise _expected("a decimal", data)


def _parsed(kind: Callable[[str], Any], what: str) -> Coder:
    def decode_parsed(data: Any) -> Any:
        try:
            return kind(_SCALARS[str](data))
        except ValueError:
            raise _expected(what, data) from None

    return decode_parsed


_SCALARS: dict[Any, Coder] = {
    str: _exactly(str, "a text"),
    int: _exactly(int, "a whole number"),
    bool: _exactly(bool, "true or false"),
    float: _number,
    Decimal: _decimal,
    datetime: _parsed(datetime.fromisoformat, "a date with time"),
    date: _parsed(date.fromisoformat, "a date"),
    timedelta: _duration,
    UUID: _parsed(UUID, "a UUID"),
    bytes: _parsed(lambda text: base64.b64decode(text, validate=True), "base64 text"),
}
