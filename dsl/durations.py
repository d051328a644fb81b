"""Durations: ``200ms 10s 5m 24h 14d``, also ``1.5h``. One number, one unit, at most 100 years."""

from __future__ import annotations

import re
from decimal import Decimal

from .codes import diagnostic
from .diagnostics import Diagnostics
from .expressions import parse_expression
from .model import Seconds
from .nodes import Node, Scalar, describe
from .syntax import Expr

UNITS = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
}
LONGEST = 36500 * 86400
_UNIT_OF = {
    **dict.fromkeys(("millisecond", "milli", "msec"), "ms"),
    **dict.fromkeys(("s", "sec", "second"), "s"),
    **dict.fromkeys(("m", "min", "minute"), "m"),
    **dict.fromkeys(("h", "hr", "hour"), "h"),
    **dict.fromkeys(("d", "day"), "d"),
}
_IN_WORDS = rf"([0-9]{{1,6}}) ?({'|'.join(_UNIT_OF)})s?"  # compiled where it is needed
_SHAPE = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)([a-zA-Z]+)", re.ASCII)


def parse_duration(node: Node, found: Diagnostics) -> Seconds | None:
    """The duration that ``node`` holds; None after adding SY009 (SY004 for a mapping or list)."""
    if not isinstance(node, Scalar):
        message = f"A duration is expected here, not {describe(node)}."
        found.add(diagnostic("SY004", node.span, message, help="Write it as `30s` or `5m`."))
        return None
    match = _SHAPE.fullmatch(node.text)
    unit = UNITS.get(match[2]) if match else None
    if match is None or unit is None:
        message = f"{_capital(describe(node))} is not a duration."
        found.add(diagnostic("SY009", node.span, message, help=_instead(node.text)))
        return None
    value = Decimal(match[1]) * unit
    if value > LONGEST:
        found.add(diagnostic("SY009", node.span, "A duration is at most 36500d, a hundred years."))
        return None
    return Seconds(float(value), node.text, node.span)


def parse_duration_or_expression(node: Node, found: Diagnostics) -> Seconds | Expr | None:
    """As ``parse_duration``; what starts with ``${`` is an expression (TY001 if wrong)."""
    if isinstance(node, Scalar) and node.text.lstrip().startswith("${"):
        if re.search(r"\}\s*(?:ms|[smhd])\s*$", node.text):
            message = "A duration is not put together from a number and a unit."
            help = "Give the field the type `duration` and write it alone: `${input.FIELD}`."
            found.add(diagnostic("TY001", node.span, message, help=help))
            return None
        return parse_expression(node, found)
    return parse_duration(node, found)


def _instead(text: str) -> str:
    units = "the units are ms, s, m, h and d"
    if text.isascii() and text.isdigit() and len(text) < 12:
        return f"Say the unit, such as `{text}s`; {units}."
    words = re.fullmatch(_IN_WORDS, text, re.ASCII | re.IGNORECASE)
    if words is not None:
        return f"Write `{words[1]}{_UNIT_OF[words[2].lower()]}`; {units}."
    return f"Write a number and a unit, such as `30s` or `5m`; {units}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
