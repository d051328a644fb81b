"""Configuration files: read, checked, and with them the files that they extend."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sagac.cli.usage import UsageProblem
from sagac.dsl.suggest import did_you_mean

from .keys import EXTENDS, KEYS, Wrong, described
from .lines import line_of
from .nearest import SHARED

LARGEST = 1024 * 1024
_AT = re.compile(r"\s*\(at line (\d+), column \d+\)")


class Given(NamedTuple):
    """A value that a file writes, and where; ``folder`` is what its paths start from."""

    value: Any
    origin: str
    folder: Path


class Layer(NamedTuple):
    """What one file says, by the path of each key below ``[lint]``."""

    file: Path
    values: dict[tuple[str, ...], Given]


def layers(file: Path) -> tuple[Layer, ...]:
    """What ``file`` and the files that it extends say, the most basic one first.

    Raises UsageProblem for what cannot be read or is wrong: all of it, each with file and line.
    """
    problems: list[str] = []
    found = tuple(_layers(_placed(file), (), problems))
    if problems:
        raise UsageProblem(*dict.fromkeys(problems))
    return found


def shown(file: Path) -> str:
    """``file`` as messages name it: relative to the working folder."""
    return Path(os.path.relpath(file)).as_posix()


def _layers(file: Path, open_ones: tuple[Path, ...], problems: list[str]) -> Iterator[Layer]:
    try:
        settings = _File(file, _text(file))
    except UsageProblem as problem:
        problems.append(problem.message)
        return
    values, bases = settings.values(), list[Path]()
    for name, key in settings.extended():
        base = _placed(file.parent / name)
        chain = (*open_ones, file)
        if base in chain:
            circle = " -> ".join(shown(each) for each in (*chain[chain.index(base) :], base))
            settings.wrong(f"'extends' goes round in a circle: {circle}.", key)
        elif not base.is_file():
            settings.wrong(f"'extends' names {name!r}, and there is no such file.", key)
        else:
            bases.append(base)
    problems += settings.problems()
    for base in bases:
        yield from _layers(base, (*open_ones, file), problems)
    yield Layer(file, values)


def _placed(file: Path) -> Path:
    """``file`` in the real place of its folder; its paths start there, even if it is a link."""
    return Path(os.path.realpath(file.parent)) / file.name


class _File:
    """One file, read and checked."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self.text = text
        self._wrong: list[tuple[int, str]] = []
        self.prefix: tuple[str, ...] = ("tool", "sagac") if file.name == SHARED else ()
        found: Any = self._document()
        for part in self.prefix:
            found = found.get(part, {}) if isinstance(found, dict) else {}
        if not isinstance(found, dict):
            self.wrong(f"'tool.sagac' must be a table, found {described(found)}.", ())
            found = {}
        self.table = found
        self.lint = found.get("lint", {})
        if not isinstance(self.lint, dict):
            self.wrong(f"'lint' must be a table, found {described(self.lint)}.", ("lint",))
            self.lint = {}
        self._known(found, ("lint", EXTENDS), ())
        self._known(self.lint, (*KEYS, EXTENDS), ("lint",))

    def wrong(self, message: str, path: tuple[str, ...]) -> None:
        """Keeps what is wrong at the key ``path``."""
        line = line_of(self.text, (*self.prefix, *path))
        self._wrong.append((line, f"{shown(self.file)}:{line}: {message}"))

    def problems(self) -> list[str]:
        """All that is wrong, in the order of the file."""
        return [message for _, message in sorted(self._wrong, key=lambda each: each[0])]

    def extended(self) -> list[tuple[str, tuple[str, ...]]]:
        """The files that this one extends, as it writes them, and under which key: at the top, or
        in ``[lint]``."""
        names: list[tuple[str, tuple[str, ...]]] = []
        for table, path in ((self.table, (EXTENDS,)), (self.lint, ("lint", EXTENDS))):
            given = table.get(EXTENDS, [])
            listed = [given] if isinstance(given, str) else given
            if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
                self.wrong(f"'extends' must be a path, found {described(given)}.", path)
                continue
            names += [(name, path) for name in listed]
        return names

    def values(self) -> dict[tuple[str, ...], Given]:
        """The values of ``[lint]``; of a table each entry by itself."""
        found: dict[tuple[str, ...], Given] = {}
        for name, raw in self.lint.items():
            if name == EXTENDS or name not in KEYS:
                continue
            try:
                value = KEYS[name].read(raw)
            except Wrong as wrong:
                for each in wrong.every:
                    path = (name, *each.path)
                    self.wrong(f"'lint.{'.'.join(path)}': {each}", ("lint", *path))
                continue
            if isinstance(value, dict):
                found |= {(name, key): self._given(each, name, key) for key, each in value.items()}
            else:
                found[(name,)] = self._given(value, name)
        return found

    def _given(self, value: Any, *path: str) -> Given:
        line = line_of(self.text, (*self.prefix, "lint", *path))
        return Given(value, f"{shown(self.file)}:{line}", self.file.parent)

    def _known(self, table: dict[str, Any], known: tuple[str, ...], path: tuple[str, ...]) -> None:
        for key in table:
            if key not in known:
                name = ".".join((*path, key))
                hint = did_you_mean(key, known)
                if not path and key in KEYS:
                    hint = f"It belongs under [{'.'.join((*self.prefix, 'lint'))}]."
                elif not path and key == "tool":
                    hint = "In this file the table is [lint]; [tool.sagac.lint] is for "
                    hint += f"{SHARED}."
                self.wrong(f"there is no setting {name!r}. {hint}", (*path, key))

    def _document(self) -> dict[str, Any]:
        import tomllib

        try:
            return tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            message = str(error)
            at = _AT.search(message)
            line = int(at[1]) if at else self.text.count("\n") + 1
            told = _AT.sub("", message).removesuffix("(at end of document)").strip()
            raise UsageProblem(f"{shown(self.file)}:{line}: not valid TOML: {told}.") from None
        except RecursionError:
            raise UsageProblem(f"{shown(self.file)}: it is nested too deep.") from None


def _text(file: Path) -> str:
    try:
        with open(file, "rb") as opened:
            content = opened.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise UsageProblem(f"{shown(file)}: the file is larger than {LARGEST // 1024} kB.")
        return content.decode().replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise UsageProblem(f"{shown(file)}: it is not UTF-8 text.") from None
    except OSError as error:
        raise UsageProblem(f"{shown(file)}: cannot be read ({error.strerror}).") from None
