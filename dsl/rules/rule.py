"""What a rule says about itself."""

from __future__ import annotations

from enum import StrEnum

from sagac.dsl.codes import CODES
from sagac.dsl.diagnostics import Severity
from sagac.dsl.records import dataclass


class Fix(StrEnum):
    """Whether the finding can be put right without a person, and how safely."""

    NONE = "none"
    UNSAFE = "unsafe"
    SAFE = "safe"


FILE = "# file: "


def files_of(example: str) -> dict[str, str]:
    """The files of an example by their names; the name is empty if the example is one file."""
    if not example.startswith(FILE):
        return {"": example}
    parts = f"\n{example}".split(f"\n{FILE}")[1:]
    named = (part.partition("\n") for part in parts)
    return {name: text if text.endswith("\n") else f"{text}\n" for name, _, text in named}


@dataclass(frozen=True, slots=True)
class Rule:
    """The documentation of a code: what it finds, why that is bad, an example, the way out.

    ``example`` and ``use_instead`` are YAML: the items of ``steps``, or whole files that start with
    ``saga:``; several files each begin with a line ``# file: NAME``. A rule that is ``local``
    judges one item by its own keys, so that it still speaks when other items could not be read. One
    that is ``of_absence`` says that something is missing or used by nothing: it waits until all
    names are known, for a misspelt one may be what is missing.
    """

    code: str
    summary: str
    why: str
    example: str
    use_instead: str
    fix: Fix = Fix.NONE
    local: bool = False
    of_absence: bool = False

    @property
    def name(self) -> str:
        """The kebab-case name of the table of codes."""
        return CODES[self.code].name

    @property
    def severity(self) -> Severity:
        """The severity of the table of codes."""
        return CODES[self.code].severity
