"""The slip behind a YAML error: what the lines around it look like to a person.

libyaml says where it could not go on. What went wrong stands there or on the line before: a missing
dash, colon or quote, a space too many, a tab.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .parser_vocabulary import COMMON, KINDS, TOP

_WORDS = frozenset((*TOP, *COMMON, *KINDS, *(key for keys in KINDS.values() for key in keys)))
_KINDS = "|".join(KINDS)
_KEY = re.compile(r"([ ]*)((?:- +)*)([A-Za-z_][\w-]*\??):(?:\s|$)")
_NO_SPACE = re.compile(r"([ ]*(?:- +)*)([A-Za-z_][\w-]*\??):(?=[^\s:/])")
_NO_COLON = re.compile(r"[ ]*((?:- +)*)([a-z_]+)(?:( *= *)|\s+|$)(.*)")
_NO_DASH_SPACE = re.compile(rf"([ ]*)-({_KINDS}):")
_SMART = re.compile("[\u2018\u2019\u201c\u201d]")


class Slip(NamedTuple):
    """What went wrong, and where: line and column, counted from 0."""

    message: str
    help: str
    line: int
    column: int
    above: int | None = None  # a line that seems wrong for the same reason


def find_slip(
    problem: str, text: str, line: int, column: int, begun: tuple[int, int] | None
) -> Slip | None:
    """The slip that explains a ``problem`` of libyaml at a place; ``begun`` is its context's.

    None if nothing tells more than libyaml.
    """
    lines = text.split("\n")
    last = line if begun is None else max(line, begun[0])
    lines += [""] * (last + 1 - len(lines))  # the end of the file; libyaml knows more line breaks
    here = lines[line]
    before = _before(lines, line)
    for found in _guesses(problem, lines, line, column, before, begun):
        if found is not None:
            return found
    return _closing(here, line, column)


def _guesses(
    problem: str,
    lines: Sequence[str],
    line: int,
    column: int,
    before: int,
    begun: tuple[int, int] | None,
) -> Iterator[Slip | None]:
    here = lines[line]
    if "tab" in problem or here[column : column + 1] == "\t":
        yield _tab(here, line)
    yield _dash(here, line)
    if "<document start>" in problem:
        yield _colon(lines[before], before)
    elif problem == "mapping values are not allowed in this context":
        yield _colon(lines[before], before)
        yield _deeper(lines[before], here, line, column)
    elif problem == "could not find expected ':'":
        start = line if begun is None else begun[0]
        yield _tab(lines[start], start)
        yield _dash(lines[start], start)
        yield _colon(lines[start], start)
    elif problem == "did not find expected '-' indicator" and begun is not None:
        if lines[before].lstrip().startswith("- "):
            yield _colon(lines[before], before)
        yield _no_item(here, line, begun[1])
    elif problem == "did not find expected key" and begun is not None:
        yield _first_dash(lines, line)
        yield _deeper_list(lines[before], here, line)


def _before(lines: Sequence[str], line: int) -> int:
    """The last line before ``line`` that says something."""
    for number in range(min(line, len(lines)) - 1, -1, -1):
        if lines[number].strip() and not lines[number].lstrip().startswith("#"):
            return number
    return line


def _tab(here: str, line: int) -> Slip | None:
    indent = here[: len(here) - len(here.lstrip(" \t-"))]
    if "\t" not in indent:
        return None
    message = "YAML takes no tabs: this one indents the line."
    return Slip(message, "Indent with spaces.", line, indent.index("\t"))


def _dash(here: str, line: int) -> Slip | None:
    match = _NO_DASH_SPACE.match(here)
    if match is None:
        return None
    help = f"Write `- {match[2]}: ...`."
    return Slip("A space is missing after the '-'.", help, line, len(match[1]))


def _colon(here: str, line: int) -> Slip | None:
    """A key without its ':', or without the space after it."""
    match = _NO_SPACE.match(here)
    if match is not None:
        help = f"Write `{match[2]}: ...`."
        return Slip("A space is missing after the ':'.", help, line, match.end() - 1)
    match = _NO_COLON.match(here)
    if match is None or match[2] not in _WORDS or match[4].startswith(":"):
        return None
    help = f"Write `{match[2]}: ...`."
    if match[3]:
        message = f"Between {match[2]!r} and its value stands a ':', not a '='."
        return Slip(message, help, line, match.start(3) + len(match[3]) - len(match[3].lstrip()))
    return Slip(f"A ':' is missing after {match[2]!r}.", help, line, match.end(2))


def _deeper(above: str, here: str, line: int, column: int) -> Slip | None:
    """A key that stands deeper than the one above it, which holds a value already."""
    key, over = _KEY.match(here), _KEY.match(above)
    if key is None or over is None or column > key.end(3):
        return None
    start = over.start(3)
    if key.start(3) <= start:
        return None
    if key[2]:
        message = "This '-' stands deeper than the dashes of the list above."
        return Slip(
            message, "Put all dashes of a list into one column.", line, len(key[1]), line - 1
        )
    message = f"{key[3]!r} is indented deeper than {over[3]!r}, which has its value already."
    return Slip(
        message, f"Begin it in column {start + 1}, below {over[3]!r}.", line, key.start(3), line - 1
    )


def _deeper_list(above: str, here: str, line: int) -> Slip | None:
    """The same after a value that is a list or a mapping in one line."""
    over = _KEY.match(above)
    if over is None or not above[over.end(3) + 1 :].strip():
        return None
    return _deeper(above, here, line, 0)


def _no_item(here: str, line: int, dashes: int) -> Slip | None:
    """A key in the column in which each line begins with a dash, or near it."""
    match = _KEY.match(here)
    if match is None or match[2]:
        return None
    indent = len(match[1])
    if match[3] in KINDS:
        help = f"Write `- {match[3]}: ...`."
        return Slip(f"A '-' is missing before {match[3]!r}.", help, line, indent)
    message = f"{match[3]!r} is not indented as the keys of the item above, so it belongs to none."
    return Slip(message, f"Begin it in column {dashes + 3}.", line, indent)


def _first_dash(lines: Sequence[str], line: int) -> Slip | None:
    """The first item of a list without its dash; the second one has it."""
    here = lines[line]
    indent = len(here) - len(here.lstrip())
    if not here.lstrip().startswith("- "):
        return None
    first = line
    while first and (
        not lines[first - 1].strip() or lines[first - 1].startswith(" " * (indent + 1))
    ):
        first -= 1
    match = _KEY.match(lines[first])
    if match is None or match[2] or match[3] not in KINDS or first == line:
        return None
    help = f"Write `- {match[3]}: ...`."
    return Slip(f"A '-' is missing before {match[3]!r}.", help, first, len(match[1]))


def _closing(here: str, line: int, column: int) -> Slip | None:
    """A character that only stands inside brackets, or ends them."""
    character = here[column : column + 1]
    if character == ",":
        message = "A ',' separates entries only inside { } and [ ]."
        return Slip(
            message, "Remove it; entries in a block stand on lines of their own.", line, column
        )
    if character and character in "]}":
        message = f"This {character!r} closes nothing."
        return Slip(message, "Remove it, or open it before.", line, column)
    return None
