"""Texts that stand for something else: how the file writes a date, a duration, an id, bytes."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from .diagnostics import Diagnostics
from .durations import parse_duration
from .nodes import Scalar
from .span import NOWHERE


def _duration(text: str) -> dt.timedelta:
    seconds = parse_duration(Scalar(text, text, NOWHERE, True), Diagnostics())
    if seconds is None:
        raise ValueError(text)
    return dt.timedelta(seconds=seconds.value)


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not value.is_finite() or not text.isascii():
        raise ValueError(text)
    return value


def _uuid(text: str) -> object:
    from uuid import UUID

    return UUID(text)


READERS: dict[str, Callable[[str], object]] = {
    "decimal": _decimal,
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "duration": _duration,
    "uuid": _uuid,
    "bytes": lambda text: base64.b64decode(text, validate=True),
}
EXAMPLES = {
    "decimal": "12.50",
    "datetime": "2026-03-01T09:30:00+00:00",
    "date": "2026-03-01",
    "duration": "30s",
    "uuid": "6f1c9d0e-3c7b-4c59-9d3e-0c5f5b0a7a11",
    "bytes": "aGVsbG8=",
}


def read_literal(text: str, type_name: str) -> object:
    """What ``text`` writes as a value of the primitive ``type_name``; ValueError if nothing."""
    return READERS[type_name](text)
