"""Where the configuration of a folder is. Most projects have none, so this imports little."""

from __future__ import annotations

from pathlib import Path

OWN, SHARED = "sagac.toml", "pyproject.toml"


def nearest(folder: Path) -> Path | None:
    """The configuration that holds in ``folder``: the nearest one upwards inside the repository.

    A ``sagac.toml`` counts before a ``pyproject.toml`` with ``[tool.sagac]`` beside it.
    """
    for each in (folder, *folder.parents):
        if (each / OWN).is_file():
            return each / OWN
        if _speaks_of_us(each / SHARED):
            return each / SHARED
        if (each / ".git").exists():
            return None
    return None


def _speaks_of_us(file: Path) -> bool:
    """Whether a ``pyproject.toml`` has ``[tool.sagac]``; a broken one that names it counts."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    if "tool.sagac" not in text:
        return False
    import tomllib

    try:
        return "sagac" in tomllib.loads(text).get("tool", {})
    except (tomllib.TOMLDecodeError, RecursionError):
        return True
