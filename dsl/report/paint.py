"""Colour and width of text on a terminal; nothing from a file reaches it as a control sequence."""

from __future__ import annotations

from sagac.dsl.diagnostics import Diagnostic, Severity

_RESET = "\x1b[0m"
_WIDE_SPACES = "\u1680\u3000"  # the blanks that may be wider than one column
_BOLD, _RED, _YELLOW, _BLUE = "\x1b[1m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m"
_BY_SEVERITY = {Severity.ERROR: _RED, Severity.WARNING: _YELLOW, Severity.INFO: _BLUE}


class Paint:
    """Adds colour, or leaves the text as it is."""

    def __init__(self, on: bool) -> None:
        self.on = on

    def _in(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_RESET}" if self.on else text

    def severity(self, text: str, severity: Severity) -> str:
        """In the colour of the severity."""
        return self._in(_BY_SEVERITY[severity], text)

    def strong(self, text: str) -> str:
        """Bold."""
        return self._in(_BOLD, text)

    def dim(self, text: str) -> str:
        """The colour of the frame."""
        return self._in(_BLUE, text)

    def mark(self, text: str, primary: bool, found: Diagnostic) -> str:
        """An underline with its message."""
        return self.severity(text, found.severity) if primary else self.dim(text)


def visible(text: str) -> str:
    """``text`` on one line, with control characters written out."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def plain(text: str) -> str:
    """A source line, character for character: tabs and control characters become one column."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each in _WIDE_SPACES else " " for each in text)


def width(text: str) -> int:
    """How many columns of a terminal ``text`` takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(each) else 2 if east_asian_width(each) in "WF" else 1 for each in text
    )
