"""What the YAML parser complains about, in words that help the writer of a saga."""

from __future__ import annotations

from typing import NamedTuple

import yaml

from .codes import diagnostic
from .diagnostics import Diagnostic, Label
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
        "A ',' or the '}' of this mapping is missing.", "Separate the entries by ',', end with '}'."
    ),
    "did not find expected ',' or ']'": _Words(
        "A ',' or the ']' of this list is missing.", "Separate the items by ',', end with ']'."
    ),
}
_TAB = _Words("A tab may not indent.", "Indent with spaces.")


def yaml_error(error: yaml.YAMLError, text: str, file: str) -> Diagnostic:
    """The finding for an ``error`` of the YAML parser while it read ``text``."""
    problem = str(getattr(error, "problem", None) or "it cannot be read")
    words = _words(problem, error, text)
    mark = getattr(error, "problem_mark", None)
    context = getattr(error, "context_mark", None)
    if words.at_context and context is not None:
        mark, context = context, None
    if mark is None:
        return diagnostic("SY001", Span(1, 1, 1, 1, file), words.message, help=words.help)
    labels: tuple[Label, ...] = ()
    if context is not None and context.line != mark.line:
        labels = (Label("inside what starts here", _at(context, file)),)
    return diagnostic("SY001", _at(mark, file), words.message, help=words.help, labels=labels)


def _words(problem: str, error: yaml.YAMLError, text: str) -> _Words:
    if problem in _WORDS:
        return _WORDS[problem]
    if "cannot start any token" in problem:
        character = _character(error, text)
        if character == "\t":
            return _TAB
        return _Words(
            f"A value cannot start with the character {character!r}.", "Put it into quotes."
        )
    return _Words(f"The file is not valid YAML: {problem}.", "Check quotes and indentation here.")


def _character(error: yaml.YAMLError, text: str) -> str:
    mark = getattr(error, "problem_mark", None)
    return text[mark.index : mark.index + 1] if mark is not None else ""


def _at(mark: yaml.Mark, file: str) -> Span:
    return Span(mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2, file)
