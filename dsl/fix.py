"""Fixes made until nothing is left to fix: ``sagac fix`` without the disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from .compile import Compilation, Load
from .compile import compile as compile_saga
from .diagnostics import Diagnostic, Severity
from .fixing import applied, edits_of, fitting
from .records import dataclass
from .rules.registry import stops_the_compiler

MOST_ROUNDS = 50
Wanted = Callable[[Diagnostic], bool]


@dataclass(frozen=True, slots=True)
class Fixed:
    """The text with the fixes, what was ``made``, and what the compiler says of the result."""

    text: str
    made: tuple[Diagnostic, ...]
    compilation: Compilation


def fix(
    text: str,
    path: str,
    load: Load,
    *,
    unsafe: bool = False,
    wanted: Wanted = lambda finding: True,
) -> Fixed:
    """Applies the fixes of the findings of ``text`` that are ``wanted``, round by round.

    ``unsafe``: those as well that may not be what was meant. A fix that would bring an error that
    was not there before is not made. Nothing is raised for bad input.
    """
    fixed = Fixed(text, (), compile_saga(text, path, load))
    for _ in range(MOST_ROUNDS):
        found = [each for each in fixed.compilation.diagnostics if wanted(each)]
        following = _round(fixed, fitting(found, path, unsafe=unsafe), path, load)
        if following is None:
            break
        fixed = following
    return fixed


def _round(before: Fixed, fixing: tuple[Diagnostic, ...], path: str, load: Load) -> Fixed | None:
    """The text after one round; None if no fix can be made."""
    together = _with(before, fixing, path, load)
    if together is not None:
        return together
    good: tuple[Diagnostic, ...] = ()
    best: Fixed | None = None
    for each in fixing if len(fixing) > 1 else ():
        tried = _with(before, (*good, each), path, load)
        if tried is not None:
            good, best = (*good, each), tried
    return best


def _with(before: Fixed, fixing: tuple[Diagnostic, ...], path: str, load: Load) -> Fixed | None:
    """The text with the fixes; None if nothing changes or it would have new errors."""
    text = applied(before.text, edits_of(fixing))
    if text == before.text:
        return None
    compilation = compile_saga(text, path, load)
    if _has_new_errors(before.compilation, compilation):
        return None
    return Fixed(text, (*before.made, *fixing), compilation)


def _has_new_errors(before: Compilation, after: Compilation) -> bool:
    """Whether a fix brought an error; one that another error may have hidden is not new.

    With an error in what the file says, rules keep silent about it, so theirs count only if there
    was none.
    """
    old, new = _errors(before), _errors(after)
    hidden = any(stops_the_compiler(code) for code, _ in old)
    return any(stops_the_compiler(code) or not hidden for code, _ in new - old)


def _errors(compilation: Compilation) -> Counter[tuple[str, str]]:
    return Counter(
        (each.code, each.message)
        for each in compilation.diagnostics
        if each.severity is Severity.ERROR
    )
