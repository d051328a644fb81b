"""What the YAML parser complains about, in words that help the writer of a saga."""

from __future__ import annotations

from typing import NamedTuple

import yaml

from .codes import diagnostic
from .diagnostics import Diagnostic, Label
from .reader_slips import Slip, find_slip
from .span import Span


class _Words(NamedTuple):
    message: str
    help: str
    at_context: bool = False  # the place is where the construct began, not where it broke


_INDENTATION = _Words(
    "The indentation does not fit: this line belongs to nothing above it.",
    "Put the keys of one mapping, and the dashes of one list, into the same column.",
)
_UNCLOSED_TEXT = _Words(
    "This quoted text is never closed.", "Put the same quote at its end.", at_context=True
)
_WORDS = {
    "mapping values are not allowed in this context": _Words(
        "A ':' with a space after it may not stand here.",
        "Quote the text that holds it, or check the indentation of the line before.",
    ),
    "could not find expected ':'": _Words(
        "This line is neither 'key: value' nor part of the text above it.",
        "Write a ':' and a space after the key, or check the indentation.",
        at_context=True,
    ),
    "did not find expected key": _INDENTATION,
    "did not find expected '-' indicator": _INDENTATION,
    "block sequence entries are not allowed in this context": _Words(
        "A list may not start here.", "Put the first '-' on a line of its own, below the key."
    ),
    "found unexpected end of stream": _UNCLOSED_TEXT,
    "found unexpected document indicator": _UNCLOSED_TEXT,
    "did not find expected ',' or '}'": _Words(
        "A ',' or the '}' of this mapping is missing.",
        "Separate the entries by ',', end with '}'.",
        at_context=True,
    ),
    "did not find expected ',' or ']'": _Words(
        "A ',' or the ']' of this list is missing.",
        "Separate the items by ',', end with ']'.",
        at_context=True,
    ),
}


def yaml_error(error: yaml.YAMLError, text: str, file: str, last: Span) -> Diagnostic:
    """The finding for an ``error`` of the YAML parser while it read ``text``.

    ``last`` is where the value stands that was read before it.
    """
    problem = str(getattr(error, "problem", None) or "it cannot be read")
    mark = getattr(error, "problem_mark", None)
    context = getattr(error, "context_mark", None)
    if mark is None:
        words = _words(problem, "")
        return diagnostic("SY001", Span(1, 1, 1, 1, file), words.message, help=words.help)
    slip = _long_text(text, mark, last) or find_slip(
        problem,
        text,
        mark.line,
        mark.column,
        (context.line, context.column) if context is not None else None,
    )
    if slip is not None:
        labels = () if slip.line == mark.line else (Label("noticed here", _at(mark, file)),)
        if slip.above is not None:
            above = len(text.split("\n")[slip.above]) - len(text.split("\n")[slip.above].lstrip())
            place = Span(slip.above + 1, above + 1, slip.above + 1, above + 2, file)
            labels = (Label("the line above", place),)
        span = Span(slip.line + 1, slip.column + 1, slip.line + 1, slip.column + 2, file)
        return diagnostic("SY001", span, slip.message, help=slip.help, labels=labels)
    words = _words(problem, text[mark.index : mark.index + 1])
    return _as_said(words, mark, context, file)


def _as_said(words: _Words, mark: yaml.Mark, context: yaml.Mark | None, file: str) -> Diagnostic:
    labels: tuple[Label, ...] = ()
    place = mark
    if context is not None and context.line != mark.line:
        labels = (Label("inside what starts here", _at(context, file)),)
        if words.at_context:
            place, labels = context, (Label("noticed here", _at(mark, file)),)
    elif words.at_context and context is not None and "never closed" in words.message:
        place = context
    return diagnostic("SY001", _at(place, file), words.message, help=words.help, labels=labels)


def _long_text(text: str, mark: yaml.Mark, last: Span) -> Slip | None:
    """A quoted text over several lines right before the error: its end quote is missing."""
    if last.line == last.end_line or last.end_line != mark.line + 1:
        return None
    lines = text.split("\n")
    opening = lines[last.line - 1][last.column - 1 : last.column]
    if opening not in ("'", '"'):
        return None
    message = f"This quoted text goes on to line {last.end_line}: its end quote is missing."
    help = f"Put a {opening} at its end, on the same line."
    return Slip(message, help, last.line - 1, last.column - 1)


def _words(problem: str, character: str) -> _Words:
    if problem in _WORDS:
        return _WORDS[problem]
    if "cannot start any token" in problem:
        return _Words(
            f"A value cannot start with the character {character!r}.", "Put it into quotes."
        )
    return _Words(f"The file is not valid YAML: {problem}.", "Check quotes and indentation here.")


def _at(mark: yaml.Mark, file: str) -> Span:
    return Span(mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2, file)
