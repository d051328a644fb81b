"""Which codes a person wants to see, and how much each weighs: chosen by code or prefix.

A selector is a code (``CO009``), the beginning of one (``CO``, ``CO0``) or ``ALL``; of several that
fit a code the longest counts. What stops the compiler is always shown: without it nothing can be
said of a file, so a run that hides it would call an unreadable file clean.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from .codes import CODES
from .diagnostics import Diagnostic, Severity
from .records import dataclass, replace
from .rules.registry import stops_the_compiler

ALL = "ALL"
_WEIGHT = {Severity.INFO: 0, Severity.WARNING: 1, Severity.ERROR: 2}


@dataclass(frozen=True, slots=True)
class Selection:
    """What is shown: ``select`` without ``ignore``, and the ``severity`` of what differs."""

    select: tuple[str, ...] = (ALL,)
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity] | None = None

    def shows(self, code: str) -> bool:
        """Whether findings of ``code`` are shown."""
        if always_shown(code):
            return True
        chosen, refused = longest(code, self.select), longest(code, self.ignore)
        return chosen is not None and (refused is None or _length(chosen) > _length(refused))

    def weighed(self, finding: Diagnostic) -> Diagnostic:
        """``finding`` with the severity that is wanted."""
        selector = longest(finding.code, self.severity or ())
        if selector is None or self.severity is None:
            return finding
        wanted = self.severity[selector]
        if always_shown(finding.code) and weighs_less(wanted, finding.severity):
            return finding
        return replace(finding, severity=wanted)


def longest(code: str, selectors: Collection[str]) -> str | None:
    """The most exact one of ``selectors`` that fits ``code``; None if none does."""
    return max((each for each in selectors if fits(each, code)), key=_length, default=None)


def fits(selector: str, code: str) -> bool:
    """Whether ``selector`` stands for ``code``."""
    return selector == ALL or code.startswith(selector)


def known(selector: str) -> bool:
    """Whether ``selector`` stands for any code."""
    return selector == ALL or (selector != "" and any(code.startswith(selector) for code in CODES))


def code_of(name: str) -> str | None:
    """The code of the rule with this ``name``; None if there is none."""
    return next((code for code, entry in CODES.items() if entry.name == name), None)


def selectors() -> Iterable[str]:
    """Words that somebody may have meant: the codes, the families, ``ALL``."""
    return (*CODES, *dict.fromkeys(code[:2] for code in CODES), ALL)


def always_shown(code: str) -> bool:
    """Whether ``code`` can be neither ignored nor lowered."""
    return stops_the_compiler(code) and CODES[code].severity is Severity.ERROR


def weighs_less(one: Severity, other: Severity) -> bool:
    """Whether ``one`` is less severe than ``other``."""
    return _WEIGHT[one] < _WEIGHT[other]


def _length(selector: str) -> int:
    return 0 if selector == ALL else len(selector)
