"""Known findings that are not shown again: how sagac is adopted in an old repository.

A finding is recognised by its code, its file and the text of its place, not by its line, so that
it stays known when lines move and comes up again when what it is about is written anew.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from .codes import CODES, diagnostic
from .diagnostics import Diagnostic
from .records import dataclass
from .selection import always_shown
from .span import NOWHERE, Span

VERSION = 1
LONGEST = 200  # characters of a place's text; a longer one is told apart by what follows them
_BREAK = re.compile(r"\r\n|\r|\n")
_COUNT = ', "count"'
_KEYS = {"code": str, "file": str, "text": str, "count": int}


class Entry(NamedTuple):
    """What a finding is recognised by; ``file`` is as the baseline names it."""

    code: str
    file: str
    text: str


class BaselineProblem(ValueError):
    """A text is no baseline; ``line`` says where it goes wrong."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Baseline:
    """How often each finding is known, and where in the baseline it stands."""

    counts: Mapping[Entry, int]
    places: Mapping[Entry, Span]


class Judged(NamedTuple):
    """What a baseline leaves of some findings: the new ones, and what it knows in vain."""

    new: tuple[Diagnostic, ...]
    stale: Mapping[Entry, int]  # how often each is known too much


Naming = Callable[[str], str]  # of a file: as findings name it -> as the baseline names it


def read(text: str) -> Baseline:
    """The baseline ``text``. Raises BaselineProblem."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise BaselineProblem("it is not valid JSON", line) from None
    found = document.get("findings") if isinstance(document, dict) else None
    if not isinstance(found, list) or document.get("version") != VERSION:
        raise BaselineProblem("it is not a baseline that this version of sagac reads")
    counts: dict[Entry, int] = {}
    for each in found:
        entry, count = _entry(each)
        counts[entry] = counts.get(entry, 0) + count
    return Baseline(counts, _lines(text, counts))


def write(
    findings: Iterable[Diagnostic],
    sources: Mapping[str, str],
    name: Naming,
    kept: Mapping[Entry, int],
) -> str:
    """The text of a baseline that knows ``findings``, but for those that stop the compiler.

    ``kept`` comes to it: what is known of files that were not looked at. An entry stands on one
    line, and all are sorted, so that a change of it reads well.
    """
    counts = Counter(kept)
    counts.update(entry_of(each, sources, name) for each in findings if can_hold(each))
    rows = [_row(entry, counts[entry]) for entry in sorted(counts, key=lambda e: (e[1], e))]
    body = ",\n".join(f"    {row}" for row in rows)
    listed = f"[\n{body}\n  ]" if rows else "[]"
    return f'{{\n  "version": {VERSION},\n  "findings": {listed}\n}}\n'


def judge(
    findings: Iterable[Diagnostic], baseline: Baseline, sources: Mapping[str, str], name: Naming
) -> Judged:
    """Splits off the known ``findings``; of more than are known the first count as known."""
    left = Counter(baseline.counts)
    new: list[Diagnostic] = []
    for each in findings:
        entry = entry_of(each, sources, name)
        if left[entry] > 0 and can_hold(each):
            left[entry] -= 1
        else:
            new.append(each)
    return Judged(tuple(new), +left)


def can_hold(found: Diagnostic) -> bool:
    """Whether a baseline may hold ``found``; not what stops the compiler, nor what is stale."""
    return not always_shown(found.code) and found.code != "SY022"


def stale(entry: Entry, left: int, file: str, baseline: Baseline) -> Diagnostic:
    """The finding that ``entry`` of the baseline ``file`` is known ``left`` times too much."""
    known = baseline.counts[entry]
    found = "no longer found" if left == known else f"found {known - left} times, not {known},"
    return diagnostic(
        "SY022",
        baseline.places.get(entry, NOWHERE)._replace(file=file),
        f"{entry.code} is known here for {entry.text!r} in {entry.file}, and is {found} there.",
        help="Write the baseline anew with `--write-baseline`.",
    )


def entry_of(found: Diagnostic, sources: Mapping[str, str], name: Naming) -> Entry:
    """What ``found`` is recognised by."""
    return Entry(found.code, name(found.span.file), _text(found.span, sources))


def _text(span: Span, sources: Mapping[str, str]) -> str:
    """The text at ``span``, with single blanks; of a very long one the beginning and a digest."""
    lines = _BREAK.split(sources.get(span.file, ""))[span.line - 1 : span.end_line]
    if lines:
        if span.end_line - span.line + 1 == len(lines):
            lines[-1] = lines[-1][: span.end_column - 1]
        lines[0] = lines[0][span.column - 1 :]
    text = " ".join(" ".join(lines).split())
    if len(text) <= LONGEST:
        return text
    from hashlib import sha256

    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{text[:LONGEST]}… {digest}"


def _row(entry: Entry, count: int) -> str:
    return json.dumps({**entry._asdict(), "count": count})


def _entry(given: Any) -> tuple[Entry, int]:
    right = isinstance(given, dict) and given.keys() == _KEYS.keys()
    if not right or not all(isinstance(given[key], type_) for key, type_ in _KEYS.items()):
        raise BaselineProblem("an entry needs exactly the keys code, file, text and count")
    if given["count"] < 1:
        raise BaselineProblem("the count of an entry is at least 1")
    if given["code"] not in CODES:
        raise BaselineProblem(f"there is no rule {given['code']!r}")
    return Entry(given["code"], given["file"], given["text"]), given["count"]


def _lines(text: str, entries: Iterable[Entry]) -> dict[Entry, Span]:
    """The place of each entry, where the file is laid out as sagac writes it."""
    places = {}
    for number, line in enumerate(_BREAK.split(text), start=1):
        row = line.strip().rstrip(",")
        column = len(line) - len(line.lstrip()) + 1
        places[row.rpartition(_COUNT)[0]] = Span(number, column, number, column + len(row))
    begun = {entry: json.dumps(entry._asdict())[:-1] for entry in entries}
    return {entry: places[line] for entry, line in begun.items() if line in places}
