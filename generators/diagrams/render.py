"""Dot text to svg or png, by the graphviz library and the engine that comes as a wheel."""

from __future__ import annotations

import os
import shutil
import sysconfig
from pathlib import Path

RESOLUTION = 144  # dots per inch of a png

MISSING = (
    "there is no dot engine to draw with: install the wheel graphviz-pure or Graphviz itself, or"
    " set SAGAC_DOT to a dot command; the formats mermaid and dot need none"
)


class EngineMissingError(RuntimeError):
    """No dot engine was found."""


class EngineFailedError(RuntimeError):
    """The dot engine did not draw the picture; the text says why."""


def find_engine() -> Path:
    """The dot command: SAGAC_DOT, else the wheel's, else a system one. Or EngineMissingError."""
    wished = os.environ.get("SAGAC_DOT")
    if wished:
        found = shutil.which(wished)
        if found is None:
            raise EngineMissingError(f"SAGAC_DOT names {wished!r}, which is no command; " + MISSING)
        return Path(found)
    scripts = sysconfig.get_path("scripts")
    found = shutil.which("graphviz-pure", path=scripts) or shutil.which("dot")
    if found is None:
        raise EngineMissingError(MISSING)
    return Path(found)


def render(dot: str, format: str) -> bytes:
    """The picture as ``svg`` or ``png``. Raises EngineMissingError or EngineFailedError."""
    import graphviz  # type: ignore[import-untyped]
    from graphviz.backend import dot_command  # type: ignore[import-untyped]

    dot_command.DOT_BINARY = find_engine()
    if format == "png":
        dot = dot.replace("graph [", f"graph [dpi={RESOLUTION}, ", 1)
    try:
        drawn: bytes = graphviz.pipe("dot", format, dot.encode(), quiet=True)
    except (graphviz.CalledProcessError, OSError) as error:
        reason = getattr(error, "stderr", b"") or str(error).encode()
        raise EngineFailedError(_first_line(reason)) from error
    return drawn


def _first_line(reason: bytes) -> str:
    """What went wrong: a warning, as about a font, is said only if nothing else is."""
    lines = reason.decode(errors="replace").strip().splitlines()
    errors = [line for line in lines if line and not line.startswith("Warning:")]
    return next(iter(errors or lines), "the dot engine failed and gave no reason")
