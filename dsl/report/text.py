"""Findings for people: the message, the lines of the file it is about, the way out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

from sagac.dsl.diagnostics import Diagnostic, Safety, Severity
from sagac.dsl.span import Span

from .paint import Paint, plain, visible, width

WIDEST = 140  # of a source line; more is cut off around what is marked
_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_BREAK = re.compile(r"\r\n|\r|\n")


class Mark(NamedTuple):
    """A stretch of one line to underline, and what to say about it."""

    line: int
    start: int  # columns from 0
    end: int
    message: str
    primary: bool


def render(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], *, colour: bool = False
) -> str:
    """Returns the findings as text, one after another; ``sources`` holds the files by name."""
    lines = _Lines(sources)
    return "\n".join(_Report(found, lines, colour).text() for found in diagnostics)


def summary(diagnostics: Iterable[Diagnostic], files: int) -> str:
    """One line that counts: ``2 errors and 1 warning in 3 files.``, and what can be fixed."""
    if not files:
        return "No file was looked at: the settings exclude all of them."
    found = list(diagnostics)
    severities = [each.severity for each in found]
    counts = [
        _counted(severities.count(severity), word)
        for severity, word in _WORDS.items()
        if severity in severities
    ]
    listed = ", ".join(counts[:-1])
    told = f"{listed} and {counts[-1]}" if listed else "".join(counts) or "Nothing found"
    return f"{told} in {_counted(files, 'file')}{_fixable(found)}."


def _fixable(found: list[Diagnostic]) -> str:
    fixes = [each.fix.safety for each in found if each.fix is not None]
    safe, unsafe = fixes.count(Safety.SAFE), fixes.count(Safety.UNSAFE)
    if safe:
        more = f", with `--unsafe` {unsafe} more" if unsafe else ""
        return f"; `sagac fix` puts {safe} right{more}"
    return f"; `sagac fix --unsafe` puts {unsafe} right" if unsafe else ""


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


class _Lines(dict[str, list[str]]):
    """The lines of the files by name; each file is taken apart once, when it is first shown."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        super().__init__()
        self.sources = sources

    def __missing__(self, file: str) -> list[str]:
        self[file] = lines = _BREAK.split(self.sources.get(file, ""))
        return lines


class _Report:
    """Writes one finding."""

    def __init__(self, found: Diagnostic, lines: _Lines, colour: bool) -> None:
        self.found = found
        self.paint = Paint(colour)
        self.lines = lines
        spans = [found.span, *(label.span for label in found.labels)]
        self.gutter = len(str(max(span.line for span in spans)))

    def text(self) -> str:
        return "".join(f"{line.rstrip()}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        found, paint = self.found, self.paint
        head = paint.severity(f"{found.severity.value}[{found.code}]", found.severity)
        yield f"{head} {paint.strong(visible(found.message))}"
        primary = found.span.file
        files = [primary, *(label.span.file for label in found.labels)]
        for position, file in enumerate(dict.fromkeys(files)):
            yield from self._frame(file, first=position == 0)
        if found.help:
            first, *rest = found.help.splitlines()
            yield f"{self._bar('=')} {paint.strong('help')}: {visible(first)}"
            yield from (f"{' ' * self.gutter}     {visible(line)}" for line in rest)
        yield f"{self._bar('=')} {found.name}: `sagac explain {found.code}`"

    def _frame(self, file: str, *, first: bool) -> Iterator[str]:
        lines = self.lines[file]
        marks = list(self._marks(file, lines))
        span = self.found.span if first else self._first_label(file)
        place = f"{visible(file)}:{span.line}:{span.column}"
        yield f"{' ' * self.gutter}{self.paint.dim('-->' if first else ':::')} {place}"
        if not marks:
            return
        yield self._bar("|")
        before = marks[0].line - 1
        for line, on_line in groupby(marks, key=lambda mark: mark.line):
            if line == before + 2:
                yield self._source(before + 1, lines[before], 0, 0)[0]
            elif line > before + 2:
                yield self.paint.dim(f"{'.' * 3}")
            yield from self._marked(line, lines[line - 1], list(on_line))
            before = line
        yield self._bar("|")

    def _first_label(self, file: str) -> Span:
        return next(label.span for label in self.found.labels if label.span.file == file)

    def _marks(self, file: str, lines: list[str]) -> Iterator[Mark]:
        primary = self.found.span
        own = (label.message for label in self.found.labels if label.span == primary)
        wanted = [(primary, ", ".join(own), True)]
        wanted += [
            (label.span, label.message, False)
            for label in self.found.labels
            if label.span != primary
        ]
        marks = [
            _mark(span, lines[span.line - 1], visible(message), primary)
            for span, message, primary in wanted
            if span.file == file and 1 <= span.line <= len(lines) and any(lines)
        ]
        return iter(sorted(marks, key=lambda mark: (mark.line, mark.start)))

    def _marked(self, line: int, source: str, marks: list[Mark]) -> Iterator[str]:
        shown, cut = self._source(line, source, marks[0].start, marks[-1].end)
        yield shown
        for mark in marks:
            before = " " * width(plain(source[cut : min(mark.start, cut + WIDEST)]))
            if cut:
                before += "  "
            sign = "^" if mark.primary else "-"
            marked = source[mark.start : min(mark.end, mark.start + WIDEST)]
            length = min(width(plain(marked)), WIDEST)
            under = sign * max(1, length)
            text = f"{under} {mark.message}" if mark.message else under
            yield f"{self._bar('|')} {before}{self.paint.mark(text, mark.primary, self.found)}"

    def _source(self, line: int, source: str, start: int, end: int) -> tuple[str, int]:
        """The line as shown, and how many of its first characters were cut off."""
        text, cut = source.rstrip(), 0
        if len(text) > WIDEST:
            cut = max(0, start - 20) if end > WIDEST else 0
            rest = plain(text[cut : cut + WIDEST])
            text = ("… " if cut else "") + rest + (" …" if cut + WIDEST < len(text) else "")
        else:
            text = plain(text)
        number = self.paint.dim(f"{line:>{self.gutter}} |")
        return f"{number} {text}", cut

    def _bar(self, sign: str) -> str:
        return self.paint.dim(f"{' ' * self.gutter} {sign}")


def _mark(span: Span, source: str, message: str, primary: bool) -> Mark:
    """Of a stretch over several lines the first line is marked."""
    last = len(source.rstrip())
    start = min(span.column - 1, last)
    end = span.end_column - 1 if span.end_line == span.line else last
    return Mark(span.line, start, max(start + 1, min(end, last)), message, primary)
