"""Patterns of paths, as ``.gitignore`` has them: ``legacy/**``, ``*.draft.yaml``, ``generated``."""

from __future__ import annotations

import re
from functools import lru_cache

_SIGNS = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_MEANINGS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def matches(pattern: str, path: str) -> bool:
    """Whether ``pattern`` fits ``path`` or a folder that it lies in.

    ``path`` has ``/`` between its parts and starts where the pattern starts. ``*`` and ``?`` stay
    inside one part, ``**`` crosses them; a pattern without ``/`` fits at any depth.
    """
    parts = path.split("/")
    if "/" not in pattern.rstrip("/"):
        return any(_compiled(pattern.rstrip("/")).fullmatch(part) for part in parts)
    compiled = _compiled(pattern.strip("/").removeprefix("./"))
    return any(compiled.fullmatch("/".join(parts[: end + 1])) for end in range(len(parts)))


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    signs = _SIGNS.findall(pattern)
    return re.compile("".join(_MEANINGS.get(sign) or re.escape(sign) for sign in signs), re.DOTALL)
