"""Files of the user written anew: whole, or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from sagac.cli.usage import UsageProblem


def write(path: str | Path, content: bytes) -> None:
    """Puts ``content`` into the file ``path``; a link stays one, permissions stay as they were.

    Raises UsageProblem if the system refuses.
    """
    place = Path(os.path.realpath(path))
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=".sagac-", dir=place.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            os.chmod(temporary, _mode(place))
            os.replace(temporary, place)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        raise UsageProblem(f"{path}: cannot be written ({error.strerror}).") from None


def _mode(place: Path) -> int:
    """The permissions of a file that is replaced, or those that a new file gets here."""
    if place.exists():
        return stat.S_IMODE(place.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
