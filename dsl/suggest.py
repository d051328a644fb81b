"""What somebody may have meant: the known word nearest to an unknown one."""

from __future__ import annotations

from collections.abc import Iterable

MOST_COMPARED = 2000  # known words; comparing is quadratic in their length
MOST_LISTED = 24
CUTOFF = 0.66  # of three letters two in their order
SLIP = 0.87  # one letter of eight: two words that people tell apart are farther from each other


def nearest(word: str, known: Iterable[str], cutoff: float = CUTOFF) -> str | None:
    """The one of ``known`` that is most like ``word``; None if none is near.

    ``SLIP`` as ``cutoff`` is for words that need not be known: only a slip of the hand is near.
    """
    if not 0 < len(word) <= 80:
        return None
    lower = word.lower()
    spread = max(2, len(word) // 3)
    by_lower: dict[str, str] = {}
    for each in known:
        if each != word and abs(len(each) - len(word)) <= spread:
            by_lower.setdefault(each.lower(), each)
            if len(by_lower) == MOST_COMPARED:
                break
    if lower in by_lower:
        return by_lower[lower]
    import difflib

    close = difflib.get_close_matches(lower, sorted(by_lower), n=1, cutoff=cutoff)
    return by_lower[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A help text: the nearest of ``known`` if one is near, and all of them if they are few.

    Such as ``Did you mean 'service'? Expected one of: action, service.``; empty if ``known`` is.
    """
    words = list(dict.fromkeys(known))
    parts: list[str] = []
    near = nearest(word, words)
    if near is not None:
        parts.append(f"Did you mean {near!r}?")
    if 0 < len(words) <= MOST_LISTED or (words and near is None):
        parts.append(expected_one_of(words))
    return " ".join(parts)


def expected_one_of(words: Iterable[str]) -> str:
    """``Expected one of: a, b, c.``, cut off when there are very many."""
    listed = list(words)
    if len(listed) == 1:
        return f"Expected: {listed[0]}."
    rest = len(listed) - 2 * MOST_LISTED
    shown = ", ".join(listed[: 2 * MOST_LISTED])
    return f"Expected one of: {shown}" + (f" and {rest} more." if rest > 0 else ".")
