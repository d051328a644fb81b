"""Which files the user means: a folder stands for the saga files below it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from .support import UsageProblem

ENDING = ".saga.yaml"
# Folders of tools, in which copies of other people's files lie; hidden ones are passed over too.
PASSED_OVER = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})


class SagaFiles(NamedTuple):
    """Files to look at; ``whole``: a folder was named, so that there are no others."""

    files: tuple[str, ...]
    whole: bool


def saga_files(names: Iterable[str]) -> SagaFiles:
    """The files of ``names``, each once, folders replaced by the saga files below them, sorted.

    Raises UsageProblem for a folder without one.
    """
    found: dict[str, None] = {}
    whole = False
    for name in names:
        if name == "-" or not os.path.isdir(name):
            found[name] = None
            continue
        whole = True
        below = sorted(_below(name))
        if not below:
            raise UsageProblem(f"{name}: there is no *{ENDING} file in this folder or below it.")
        found |= dict.fromkeys(below)
    return SagaFiles(tuple(found), whole)


def _below(folder: str) -> Iterator[str]:
    for here, folders, files in os.walk(folder):
        folders[:] = [each for each in folders if each[0] != "." and each not in PASSED_OVER]
        yield from (Path(here, each).as_posix() for each in files if each.endswith(ENDING))
