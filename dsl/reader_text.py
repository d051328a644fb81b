"""From bytes to text that YAML can read; what is wrong with characters is reported in place."""

from __future__ import annotations

import codecs
import re

from .characters import name_of
from .codes import diagnostic
from .diagnostics import Diagnostics
from .span import Span

REPLACEMENT = "\ufffd"
LONGEST_SHOWN = 60  # characters of the file inside a message
UNQUOTED = "Inside { } and [ ] an expression must be quoted."
UNCLOSED = 'Write "${...}".'
# Stand-ins of the same width for what ends a plain text in flow style, from a private use area.
INSIDE = {ord(char): 0xF8D0 + index for index, char in enumerate("{}[],:#?")}
MOST_REPORTED = 20  # bad characters of one file

# Control characters, surrogates and non-characters are no YAML. The line separators of YAML 1.1
# would shift every line number, and characters that turn the direction of writing hide meaning.
_FORBIDDEN = (
    "[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
    "|[\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
_BREAKS = dict.fromkeys(map(ord, "\t\n\r"))
_FORBIDDEN_ASCII = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_OTHER_SPACES = "^ *([\xa0\u2000-\u200a\u202f\u3000][ \xa0\u2000-\u200a\u202f\u3000]*)"
_OTHER_ENCODINGS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decode(source: str | bytes, file: str, found: Diagnostics) -> str | None:
    """The text of ``source``; None if it is in another encoding. Reports to ``found``."""
    if isinstance(source, str):
        return source
    if source.startswith(_OTHER_ENCODINGS):
        _report(found, Span(1, 1, 1, 1, file), "The file is encoded as UTF-16, not as UTF-8.")
        return None
    try:
        return source.decode("utf-8")
    except UnicodeDecodeError as error:
        before = source[: error.start].decode("utf-8")
        span = place(before, len(before), file)
        byte = f"0x{source[error.start]:02x}"
        _report(found, span, f"The file is not valid UTF-8: the byte {byte} does not belong here.")
    return source.decode("utf-8", errors="replace")


def check_characters(text: str, file: str, found: Diagnostics) -> str:
    """Reports characters that may not stand in a file; returns ``text`` with each replaced."""
    if text.startswith("\ufeff"):
        message = "The file starts with a byte order mark."
        _report(found, Span(1, 1, 1, 1, file), message)
        text = text[1:]
    if not text.isascii():
        text = _plain_indents(text, file, found)
    elif text.translate(_BREAKS).isprintable():  # nearly always, and seen at once
        return text
    # compiled when it is needed: the ranges cost as much as reading a saga
    forbidden = _FORBIDDEN_ASCII if text.isascii() else re.compile(_FORBIDDEN)
    for count, match in enumerate(forbidden.finditer(text)):
        if count == MOST_REPORTED:
            break
        span = place(text, match.start(), file)
        found.add(
            diagnostic(
                "SY001",
                span,
                f"The character {name_of(match[0])} may not stand in a file.",
                help='Remove it, or write it as an escape inside double quotes, such as "\\u0007".',
            )
        )
    return forbidden.sub(REPLACEMENT, text)


def _plain_indents(text: str, file: str, found: Diagnostics) -> str:
    """Reports spaces of other scripts that indent a line; returns ``text`` with plain ones."""
    other_spaces = re.compile(_OTHER_SPACES, re.M)
    for count, match in enumerate(other_spaces.finditer(text)):
        if count == MOST_REPORTED:
            break
        message = f"The line is indented by {name_of(match[1][0])}, which is no space to YAML."
        span = place(text, match.start(1), file)
        found.add(diagnostic("SY001", span, message, help="Indent with plain spaces."))
    return other_spaces.sub(lambda match: " " * len(match[0]), text)


def short(text: str) -> str:
    """``text`` as it may stand inside a message: quoted, cut off when it is long."""
    shown = repr(text)
    return shown if len(shown) <= LONGEST_SHOWN else shown[:LONGEST_SHOWN] + "...'"


def place(text: str, index: int, file: str) -> Span:
    """The span of the one character of ``text`` at ``index``."""
    before = text[:index].replace("\r\n", "\n").replace("\r", "\n")
    line = before.count("\n") + 1
    column = len(before) - before.rfind("\n")
    return Span(line, column, line, column + 1, file)


def _report(found: Diagnostics, span: Span, message: str) -> None:
    found.add(
        diagnostic("SY001", span, message, help="Save it as UTF-8 without a byte order mark.")
    )
