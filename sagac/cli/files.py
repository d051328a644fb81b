"""Which files the user means: a folder stands for the saga files below it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from .support import usage

ENDING = ".saga.yaml"
# Folders of tools, in which copies of other people's files lie; hidden ones are passed over too.
PASSED_OVER = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})


def saga_files(names: Iterable[str]) -> Iterator[str]:
    """The files of ``names``, folders replaced by the saga files below them, sorted.

    Raises UsageProblem for a folder without one.
    """
    for name in names:
        if name == "-" or not os.path.isdir(name):
            yield name
            continue
        below = sorted(_below(name))
        if not below:
            raise usage(f"{name}: there is no *{ENDING} file in this folder or below it.")
        yield from below


def _below(folder: str) -> Iterator[str]:
    for here, folders, files in os.walk(folder):
        folders[:] = [each for each in folders if each[0] != "." and each not in PASSED_OVER]
        yield from (Path(here, each).as_posix() for each in files if each.endswith(ENDING))
