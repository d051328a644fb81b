"""What somebody may have meant: the known word nearest to an unknown one."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from .characters import name_of

MOST_COMPARED = 500  # known words; comparing is quadratic in their length
FEW = 50  # of them are compared closely
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
    if not by_lower:
        return None
    import difflib

    likely = sorted(by_lower) if len(by_lower) <= FEW else _likely(lower, by_lower)
    close = difflib.get_close_matches(lower, likely, n=1, cutoff=cutoff)
    return by_lower[close[0]] if close else None


def _likely(word: str, known: Iterable[str]) -> list[str]:
    """The FEW of ``known`` that have the most pairs of letters in common with ``word``."""
    import heapq

    pairs = set(pairwise(word))

    def shared(each: str) -> int:
        return len(pairs.intersection(pairwise(each)))

    return heapq.nlargest(FEW, sorted(known), key=shared)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A help text: the nearest of ``known`` if one is near, and all of them if they are few.

    Such as ``Did you mean 'service'? Expected one of: action, service.``; empty if ``known`` is.
    """
    words = list(dict.fromkeys(known))
    parts: list[str] = []
    near = nearest(word, words)
    if near is not None:
        parts.append(f"Did you mean {near!r}?")
        if not word.isascii():
            strange = next((each for each in word if not each.isascii() and each not in near), "")
            parts += [f"Yours holds {name_of(strange)}."] if strange else []
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
