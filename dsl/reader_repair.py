"""What the writer meant where YAML reads something else; loaded only for files with such a slip."""

from __future__ import annotations

import re

import yaml

from .codes import diagnostic
from .diagnostics import Diagnostics, Label
from .habits import HOLDERS
from .nodes import Entry, Mapping, Node, Scalar
from .parser_vocabulary import KINDS
from .reader_text import INSIDE, LONGEST_SHOWN, UNCLOSED, UNQUOTED, short
from .span import Span

_RACES = ("event", "after")
_EXPRESSION = re.compile(r"\{[^{}\n\r]*\}")


def quoted(error: yaml.YAMLError, text: str, file: str, found: Diagnostics) -> str | None:
    """If an unquoted ``${...}`` in flow style is what broke: reports it, returns readable text."""
    mark = getattr(error, "problem_mark", None)
    if mark is None or text[mark.index - 1 : mark.index + 1] != "${":
        return None
    match = _EXPRESSION.match(text, mark.index)
    end = match.end() if match else mark.index + 1
    line, column = mark.line + 1, mark.column
    span = Span(line, column, line, column + end - mark.index + 1, file)
    written = "$" + text[mark.index : end][:LONGEST_SHOWN]
    found.add(
        diagnostic(
            "SY001",
            span,
            UNQUOTED,
            help=f'Write "{written}".' if match else UNCLOSED,
        )
    )
    if match is None:
        return None
    return text[: mark.index] + match[0].translate(INSIDE) + text[end:]


def split_item(
    entries: dict[str, Entry], entry: Entry
) -> tuple[dict[str, Entry], dict[str, Entry], str] | None:
    """The two items that ``entries`` are with ``entry``, and what the second begins with.

    None if no dash is missing between them.
    """
    key = entry.key.text
    if key not in entries:
        return None
    first, *later = entries
    heads = _RACES if first in _RACES else KINDS
    begins = key if key == first else next((each for each in later if each in heads), None)
    lonely = len(entries) == 1 and begins in KINDS and begins != "fail"
    if begins is None or lonely:  # a doubled head, and no missing dash
        return None
    at = len(entries) if begins == first else [*entries].index(begins)
    before, after = dict([*entries.items()][:at]), dict([*entries.items()][at:])
    after.setdefault(key, entry)
    return before, after, begins


def _left_empty(key: str, entries: dict[str, Entry]) -> bool:
    """Whether a key comes twice since it was to stand below an empty one, which is reported."""
    names = list(entries)
    later = (entries[each].value for each in names[names.index(key) + 1 :] if each in HOLDERS)
    return any(isinstance(each, Scalar) and each.value is None for each in later)


def refuse_key(key: Node, node: Node, entries: dict[str, Entry], found: Diagnostics) -> None:
    """Reports a key that cannot stand in a mapping, before the value ``node``."""
    if not isinstance(key, Scalar):
        help = "For an expression write ${...}." if isinstance(key, Mapping) else None
        message = "A key must be a text, not a list or a mapping."
        found.add(diagnostic("SY004", key.span, message, help=help))
    elif key.text in entries:
        if not _left_empty(key.text, entries):
            first = Label("first written here", entries[key.text].key.span)
            message = f"The key {short(key.text)} is written twice."
            found.add(diagnostic("SY005", key.span, message, labels=(first,)))
            written = entries[key.text].value
            if isinstance(written, Scalar) and written.value is None:
                entries[key.text] = Entry(key, node)
    else:
        message = "Merge keys ('<<') are not supported."
        help = "Write the keys out, or alias a whole value."
        found.add(diagnostic("SY004", key.span, message, help=help))
