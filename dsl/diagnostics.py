"""What sagac has to say about a file: findings with a code, a place and a way out.

The shape follows ruff's ``Diagnostic``: one primary span, labelled second spans, a help.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from .records import dataclass
from .span import Span


class Severity(StrEnum):
    """How much a finding weighs: only errors stop the compiler."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that belongs to a finding, and what is to be seen there."""

    message: str
    span: Span


class Safety(StrEnum):
    """Whether a fix keeps the meaning, or is a guess at what was meant."""

    SAFE = "safe"
    UNSAFE = "unsafe"


@dataclass(frozen=True, slots=True)
class Edit:
    """``text`` is to stand where ``span`` stands; an empty text takes it out.

    What is taken out may leave its line empty or a comma too many: ``fixing`` sees to both.
    """

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Repair:
    """How a finding is put right without a person: ``title`` says what is done."""

    title: str
    safety: Safety
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. ``name`` is that of ``code``; ``help`` says what to write instead."""

    code: str
    name: str
    severity: Severity
    message: str
    span: Span
    labels: tuple[Label, ...] = ()
    help: str | None = None
    fix: Repair | None = None

    @property
    def url(self) -> str:
        """The page of the rule, relative to the project's documentation."""
        return f"docs/rules/{self.code}.md"

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """The order in which findings are shown: by place, then by code."""
        return (self.span.file, self.span.line, self.span.column, self.code, self.message)


MOST = 500  # findings that are kept: nobody reads more, and a hostile file could have a million


class Diagnostics:
    """Collects findings during one compilation; knows the table of codes by name only.

    ``left_out`` counts those that came when MOST were there.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[str, Span, str], Diagnostic] = {}
        self.left_out = 0

    def add(self, diagnostic: Diagnostic) -> None:
        """Keeps a finding; the same one at the same place is kept once."""
        key = (diagnostic.code, diagnostic.span, diagnostic.message)
        if not self.full:
            self._found.setdefault(key, diagnostic)
        else:
            self.left_out += key not in self._found

    @property
    def full(self) -> bool:
        """Whether no more is kept, so that no help need be looked for."""
        return len(self._found) >= MOST

    def close(self, diagnostic: Diagnostic) -> None:
        """Keeps a finding that says how many there are, whatever their number."""
        self._found[(diagnostic.code, diagnostic.span, diagnostic.message)] = diagnostic

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(sorted(self._found.values(), key=lambda found: found.sort_key))

    def __len__(self) -> int:
        return len(self._found) + self.left_out

    @property
    def has_errors(self) -> bool:
        """Whether anything found stops the compiler."""
        kept = self._found.values()
        return self.left_out > 0 or any(found.severity is Severity.ERROR for found in kept)
