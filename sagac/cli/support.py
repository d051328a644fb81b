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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

if TYPE_CHECKING:
    from sagac.dsl.compile import Compilation
    from sagac.dsl.diagnostics import Diagnostic
    from sagac.dsl.graph import SagaGraph

Load = Callable[[str], bytes]

LARGEST = 16 * 1024 * 1024  # bytes of a file
STDIN = "<stdin>"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")  # UTF-16 text holds zero bytes


class UsageProblem(click.ClickException):
    """The user has to call sagac differently: one line on stderr, exit code 2."""

    exit_code = 2

    def show(self, file: TextIO | None = None) -> None:  # type: ignore[override]
        """Writes the message as all other messages of sagac are written."""
        click.echo(f"sagac: {self.format_message()}", file=file, err=file is None)


@dataclass(frozen=True, slots=True)
class Spec:
    """A spec that was read.

    ``path`` is how the user named it and how findings name it; ``name`` is its path below
    ``root``, the same on every machine; ``load`` reads the other files that it names.
    """

    text: bytes
    path: str
    load: Load
    root: Path
    name: str


def read_spec(path: str, stdin_filename: str | None = None) -> Spec:
    """Reads the file ``path``; ``-`` is standard input, shown as ``stdin_filename``.

    Raises UsageProblem if it cannot be read, is too large or is not text.
    """
    if path == "-":
        text, shown = _standard_input(), stdin_filename or STDIN
    else:
        text, shown = _named_file(path), Path(path).as_posix()
    place = _folder(shown) / Path(shown).name
    root = project_root(place.parent)
    name = place.relative_to(root).as_posix()
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
    """Writes the errors and warnings of ``compilation`` to stderr; nothing if there are none."""
    from sagac.dsl.diagnostics import Severity
    from sagac.dsl.report.text import render

    shown = [each for each in compilation.diagnostics if each.severity is not Severity.INFO]
    if shown:
        text = render(shown, compilation.sources, colour=colour(sys.stderr))
        click.echo(text, err=True, nl=False)


def refuse_findings(spec: Spec, findings: Sequence[Diagnostic]) -> None:
    """Writes ``findings`` about ``spec`` to stderr and exits with 1; nothing if there are none."""
    from sagac.dsl.report.text import render

    if findings:
        sources = {spec.path: spec.text.decode("utf-8", "replace")}
        click.echo(render(findings, sources, colour=colour(sys.stderr)), err=True, nl=False)
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
    return _checked(sys.stdin.buffer.read(LARGEST + 1), "standard input")


def _named_file(path: str) -> bytes:
    try:
        return _read(path, path, special=True)
    except FileNotFoundError:
        raise UsageProblem(f"{path}: there is no such file.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageProblem(f"{path}: cannot be read ({reason}).") from None


def _read(path: str | Path, shown: str, *, special: bool = False) -> bytes:
    """The bytes of a file. A pipe is only read if the user named it (``special``)."""
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise UsageProblem(f"{shown}: this is a folder, not a saga file.")
    if not special and not stat.S_ISREG(mode):
        raise ValueError("it is not a regular file")
    with open(path, "rb") as file:
        return _checked(file.read(LARGEST + 1), shown)


def _checked(text: bytes, shown: str) -> bytes:
    if len(text) > LARGEST:
        raise UsageProblem(f"{shown}: the file is larger than {LARGEST // 1024**2} MB.")
    if b"\0" in text[:4096] and not text.startswith(_WIDE_MARKS):
        raise UsageProblem(f"{shown}: this is a binary file, not a saga file.")
    return text


def _folder(shown: str) -> Path:
    return _real((Path.cwd() / shown).parent)


def _loader(root: Path) -> Load:
    here = Path.cwd()

    def load(path: str) -> bytes:
        """``path`` starts where the spec's own path starts; links count as what they point to."""
        place = _real(here / path)
        if not place.is_relative_to(root):
            raise ValueError("it is outside the project's folder")
        try:
            return _read(place, path)
        except UsageProblem as problem:
            raise ValueError(problem.message.removeprefix(f"{path}: ")) from None
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
