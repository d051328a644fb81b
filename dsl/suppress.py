"""``# sagac: ignore[CODE] reason``: honoured for the rules, and watched over."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from .codes import CODES, diagnostic
from .diagnostics import MOST, Diagnostic, Repair, Safety, Severity
from .model import Suppression
from .records import replace
from .repairs import removed, written
from .rules.registry import needs_more, stops_the_compiler
from .span import Span
from .suggest import nearest

SHAPE = "# sagac: ignore[CODE] reason"


def apply_suppressions(
    diagnostics: tuple[Diagnostic, ...], suppressions: tuple[Suppression, ...]
) -> tuple[Diagnostic, ...]:
    """Returns ``diagnostics`` without the silenced ones, with what is wrong with suppressions."""
    if not suppressions:
        return diagnostics
    by_place = {
        (each.span.file, each.span.line, code): each
        for each in suppressions
        for code in each.codes
        if code in CODES and not stops_the_compiler(code)
    }
    used: set[tuple[Span, str]] = set()
    kept: list[Diagnostic] = []
    for finding in diagnostics:
        by = by_place.get((finding.span.file, finding.span.line, finding.code))
        if by is None:
            kept.append(finding)
        else:
            used.add((by.span, finding.code))
    stopped = any(finding.severity is Severity.ERROR for finding in kept)
    wrong = [each for one in suppressions for each in _complaints(one, used, stopped)]
    kept += wrong[:MOST]
    if len(wrong) > MOST:
        message = f"{len(wrong) - MOST} more comments from here on have a mistake of this kind."
        kept.append(diagnostic(wrong[MOST].code, wrong[MOST].span, message))
    return tuple(sorted(kept, key=lambda finding: finding.sort_key))


def without_silenced(
    diagnostics: Iterable[Diagnostic],
    suppressions: Iterable[Suppression],
    *,
    complete: Container[str] = (),
) -> tuple[Diagnostic, ...]:
    """The findings that no suppression silences, sorted.

    Suppressions of the codes in ``complete`` are reported where they silence nothing: all that
    could be found for these codes is among ``diagnostics``.
    """
    known = tuple(dict.fromkeys(suppressions))
    by_place = {(each.span.file, each.span.line, code) for each in known for code in each.codes}
    kept: list[Diagnostic] = []
    used: set[tuple[str, int, str]] = set()
    for finding in diagnostics:
        place = (finding.span.file, finding.span.line, finding.code)
        if place in by_place:
            used.add(place)
        else:
            kept.append(finding)
    for each in known:
        places = ((each.span.file, each.span.line, code) for code in each.codes)
        unused = [place[2] for place in places if place[2] in complete and place not in used]
        # without a fix: `sagac fix` looks at single files, where nobody can tell
        kept += [replace(_unused(each, unused), fix=None)] if unused else ()
    return tuple(sorted(kept, key=lambda finding: finding.sort_key))


def _complaints(
    suppression: Suppression, used: set[tuple[Span, str]], stopped: bool
) -> Iterator[Diagnostic]:
    """What is wrong with a suppression; with errors about, rules may have kept silent."""
    if not suppression.codes:
        yield diagnostic(
            "SY020",
            suppression.span,
            "This comment speaks to sagac but is not understood.",
            help=f"Write `{SHAPE}`.",
        )
        return
    unused = [
        code
        for code in suppression.codes
        if (suppression.span, code) not in used and not (code in CODES and _unsure(code, stopped))
    ]
    if unused:
        yield _unused(suppression, unused)
    elif not suppression.reason:
        yield diagnostic(
            "SY020",
            suppression.span,
            f"This silences {' and '.join(suppression.codes)} without a reason, so nobody can tell"
            " later whether it still holds.",
            help=f"Write `{SHAPE}`.",
        )


def _unsure(code: str, stopped: bool) -> bool:
    """Whether a finding of ``code`` might be there, had the rule been able to see it."""
    return needs_more(code) or (stopped and not stops_the_compiler(code))


def _unused(suppression: Suppression, unused: list[str]) -> Diagnostic:
    first = unused[0]
    if first not in CODES:
        message = f"There is no rule {first!r} to silence."
        near = nearest(first.upper(), CODES)
        help = f"Did you mean {near!r}?" if near else "`sagac explain` lists the codes."
    elif stops_the_compiler(first):
        message = f"{first} cannot be silenced: without it the file has no meaning."
        help = "Put right what it reports, and remove the comment."
    else:
        verb = "does" if len(unused) == 1 else "do"
        names = " and ".join(unused)
        message = f"{names} {verb} not occur on this line, so nothing is silenced."
        help = "Remove the comment, or move it to the line that the finding names."
    fix = _without(suppression, unused) if first in CODES else None
    return diagnostic("SY021", suppression.span, message, help=help, fix=fix)


def _without(suppression: Suppression, unused: list[str]) -> Repair:
    """The comment without the codes that silence nothing; without any code, no comment."""
    used = [code for code in suppression.codes if code not in unused]
    if not used:
        return removed("# sagac: ignore", suppression.span, safety=Safety.SAFE)
    text = f"# sagac: ignore[{', '.join(used)}] {suppression.reason}".rstrip()
    return written(suppression.span, text, Safety.SAFE)
