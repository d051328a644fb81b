"""What the commands share: reading specs safely, compiling them, colour.

A spec may name other files. They are read only inside the project's root, the nearest folder
above the spec with a ``sagac.toml``, a ``pyproject.toml`` that has ``[tool.sagac]``, or ``.git``;
without one it is the spec's own folder.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

if TYPE_CHECKING:
    from sagac.cli.usage import UsageProblem as UsageProblem
    from sagac.dsl.compile import Compilation
    from sagac.dsl.diagnostics import Diagnostic
    from sagac.dsl.graph import SagaGraph

Load = Callable[[str], bytes]

LARGEST = 16 * 1024 * 1024  # bytes of a file
STDIN = "<stdin>"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")  # UTF-16 text holds zero bytes


class _Refused(Exception):
    """A file that will not be read; the reason ends a message that names the file."""


def __getattr__(name: str) -> object:
    """``UsageProblem`` needs click, which ``lint`` imports only where something is wrong."""
    if name != "UsageProblem":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sagac.cli.usage import UsageProblem

    return UsageProblem


def usage(message: str) -> UsageProblem:
    """The problem to raise, for modules that do without click."""
    from sagac.cli.usage import UsageProblem

    return UsageProblem(message)


class Spec(NamedTuple):
    """A spec that was read.

    ``path`` is how the user named it and how findings name it; ``name`` is its path below
    ``root``, the same on every machine; ``load`` reads the other files that it names.
    """

    text: bytes
    path: str
    load: Load
    root: Path
    name: str


Folders = dict[str, tuple[Path, Path]]  # as shown -> where it really is, and its project's root


def read_spec(path: str, stdin_filename: str | None = None, folders: Folders | None = None) -> Spec:
    """Reads the file ``path``; ``-`` is standard input, shown as ``stdin_filename``.

    ``folders`` keeps what is known of folders from one call to the next. Raises UsageProblem if
    the file cannot be read, is too large or is not text.
    """
    if path == "-":
        text, shown = _standard_input(), stdin_filename or STDIN
    else:
        text, shown = _named_file(path), Path(path).as_posix()
    last = shown.rpartition("/")[2]
    above = shown.removesuffix(last)  # with its slash: the root is not the working folder
    known = folders.get(above) if folders is not None else None
    if known is None:
        folder = _real((Path.cwd() / shown).parent)
        known = (folder, project_root(folder))
        if folders is not None:
            folders[above] = known
    folder, root = known
    below = folder.relative_to(root).as_posix()
    name = last if below == "." else f"{below}/{last}"
    return Spec(text, shown, _loader(root), root, name)


def project_root(folder: Path) -> Path:
    """The nearest folder from ``folder`` upwards that is marked as a project, else ``folder``."""
    for each in (folder, *folder.parents):
        if (each / "sagac.toml").is_file() or (each / ".git").exists() or _has_table(each):
            return each
    return folder


def read_json(text: str) -> Any:
    """The value of a JSON text from the user.

    Raises ValueError for what is no JSON, is nested too deep, or holds half characters, which no
    database keeps.
    """
    import json

    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except UnicodeEncodeError:
        raise ValueError("it holds half a character, a lone surrogate") from None
    return found


def compile_or_exit(spec: Spec) -> SagaGraph:
    """The graph of ``spec``. Findings go to stderr as text; an error among them exits with 1."""
    from sagac.dsl.compile import compile as compile_spec

    compilation = compile_spec(spec.text, spec.path, spec.load)
    print_findings(compilation)
    if compilation.graph is None:
        raise SystemExit(1)
    return compilation.graph


def print_findings(compilation: Compilation) -> None:
    """Writes the errors and warnings of ``compilation`` to stderr; nothing if there are none.

    The project's settings choose among the warnings; errors are shown, since they stop the command.
    """
    from sagac.cli.lint_settings import Wishes, effective
    from sagac.dsl.diagnostics import Severity
    from sagac.dsl.report.text import render

    found = [each for each in compilation.diagnostics if each.severity is not Severity.INFO]
    settings = effective(Wishes(), {each.span.file for each in found}) if found else None
    shown = [
        each
        for each in found
        if each.severity is Severity.ERROR or settings is None or settings.judged([each])
    ]
    if shown:
        text = render(shown, compilation.sources, colour=colour(sys.stderr))
        write(text, sys.stderr)


def write(text: str, stream: TextIO | None = None) -> None:
    """Writes ``text`` to ``stream`` (default: stdout) and lets it be seen at once."""
    stream = stream or sys.stdout
    stream.write(text)
    stream.flush()


def refuse_findings(spec: Spec, findings: Sequence[Diagnostic]) -> None:
    """Writes ``findings`` about ``spec`` to stderr and exits with 1; nothing if there are none."""
    from sagac.dsl.report.text import render

    if findings:
        sources = {spec.path: spec.text.decode("utf-8", "replace")}
        write(render(findings, sources, colour=colour(sys.stderr)), sys.stderr)
        raise SystemExit(1)


def colour(stream: TextIO | None = None) -> bool:
    """Whether ``stream`` (default: stdout) gets colour: NO_COLOR, FORCE_COLOR, else a terminal."""
    forced = forced_colour()
    if forced is not None:
        return forced
    return (stream or sys.stdout).isatty() and os.environ.get("TERM") != "dumb"


def forced_colour() -> bool | None:
    """What the environment says about colour; None if it leaves the choice to the terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    return True if os.environ.get("FORCE_COLOR") else None


def _standard_input() -> bytes:
    try:
        return _checked(sys.stdin.buffer.read(LARGEST + 1))
    except _Refused as refused:
        raise usage(f"standard input: {refused}.") from None


def read_file(path: str) -> bytes:
    """The bytes of a regular file. Raises UsageProblem if it cannot be read or is no text."""
    try:
        return _read(path)
    except _Refused as refused:
        raise usage(f"{path}: {refused}.") from None
    except (OSError, ValueError) as error:
        raise _cannot_be_read(path, error) from None


def _named_file(path: str) -> bytes:
    try:
        return _read(path, special=True)
    except FileNotFoundError:
        raise usage(f"{path}: there is no such file.") from None
    except _Refused as refused:
        raise usage(f"{path}: {refused}.") from None
    except (OSError, ValueError) as error:
        raise _cannot_be_read(path, error) from None


def _cannot_be_read(path: str, error: OSError | ValueError) -> UsageProblem:
    reason = getattr(error, "strerror", None) or str(error)
    return usage(f"{path}: cannot be read ({reason}).")


def _read(path: str | Path, *, special: bool = False) -> bytes:
    """The bytes of a file. A pipe is only read if the user named it (``special``)."""
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise _Refused("this is a folder, not a file")
    if not special and not stat.S_ISREG(mode):
        raise ValueError("it is not a regular file")
    with open(path, "rb") as file:
        return _checked(file.read(LARGEST + 1))


def _checked(text: bytes) -> bytes:
    if len(text) > LARGEST:
        raise _Refused(f"the file is larger than {LARGEST // 1024**2} MB")
    if b"\0" in text[:4096] and not text.startswith(_WIDE_MARKS):
        raise _Refused("this is a binary file, not a text")
    return text


def _loader(root: Path) -> Load:
    here = Path.cwd()

    def load(path: str) -> bytes:
        """``path`` starts where the spec's own path starts; links count as what they point to."""
        place = _real(here / path)
        if not place.is_relative_to(root):
            raise ValueError("it is outside the project's folder")
        try:
            return _read(place)
        except _Refused as refused:
            raise ValueError(f"{refused}.") from None
        except (FileNotFoundError, NotADirectoryError):
            raise FileNotFoundError("there is no such file") from None
        except OSError as error:
            raise ValueError(error.strerror or str(error)) from None

    return load


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _has_table(folder: Path) -> bool:
    try:
        text = (folder / "pyproject.toml").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    if "tool.sagac" not in text:
        return False
    import tomllib

    try:
        return "sagac" in tomllib.loads(text).get("tool", {})
    except tomllib.TOMLDecodeError:
        return False
