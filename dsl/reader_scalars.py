"""Values of plain scalars by the YAML 1.2 core schema, without its octal-looking surprises.

``no``, ``on``, ``1:30``, ``0123``, dates, ``.inf`` and ``.nan`` are text: they have no one meaning
in every YAML tool, or none in JSON.
"""

from __future__ import annotations

import math
import re

from .nodes import Plain

WORDS: dict[str, Plain] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
# What a plain scalar that is not text may start with; all others skip the patterns.
_LETTERS = frozenset("~nNtTfF")
STARTS = _LETTERS | frozenset("+-.0123456789")
LONGEST_NUMBER = 100  # characters; longer ones stay text, conversion is quadratic

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


def core_value(text: str) -> Plain:
    """The value of the plain scalar ``text``: None, a boolean, a finite number or the text."""
    if text in WORDS:
        return WORDS[text]
    if text[0] in _LETTERS or len(text) > LONGEST_NUMBER:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text
