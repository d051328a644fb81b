"""Compares sagas with what they were at a revision of git: ``sagac lint --against REV``."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sagac.cli.guard import say
from sagac.cli.support import LARGEST, STDIN, usage

if TYPE_CHECKING:
    from sagac.dsl.compile import Compilation
    from sagac.dsl.diagnostics import Diagnostic

LONGEST = 30  # seconds for one call of git


class Revision:
    """The files of a repository as they were at a revision.

    ``asked`` is how the user named it. Raises UsageProblem if there is no git, no repository around
    ``folder``, or no such revision.
    """

    def __init__(self, name: str, folder: Path, asked: str | None = None) -> None:
        self.name = name
        asked = asked or f"--against {name}"
        root = _git(folder, "rev-parse", "--show-toplevel")
        if root is None:
            raise usage(f"{asked}: {folder} is not in a git repository.")
        self.root = Path(os.path.realpath(os.fsdecode(root).rstrip("\n")))
        commit = _git(
            folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
        )
        if commit is None:
            raise usage(f"{asked}: git knows no such revision.")
        self.commit = commit.decode("ascii").strip()

    def load(self, path: str) -> bytes:
        """The bytes of a file at the revision.

        Raises FileNotFoundError if it was not there, ValueError if it is not to be read.
        """
        place = Path(os.path.realpath(path))
        if not place.is_relative_to(self.root):
            raise ValueError("it is outside the repository")
        name = f"{self.commit}:{place.relative_to(self.root).as_posix()}"
        size = _git(self.root, "cat-file", "-s", name)
        text = None
        if size is not None and int(size) <= LARGEST:
            text = _git(self.root, "cat-file", "blob", name)
        if text is None:
            raise FileNotFoundError("there is no such file")
        return text


def changes(compilations: list[Compilation], revision: str) -> Iterator[Diagnostic]:
    """What is wrong with the change of each saga since ``revision``.

    A file that was not there has not changed; one that had errors cannot be compared, which is said
    on stderr. Raises UsageProblem if the revision cannot be had.
    """
    from sagac.dsl.compile import compile as compile_spec
    from sagac.dsl.rules import registry

    known: dict[Path, Revision] = {}
    for each in compilations:
        if each.graph is None or each.saga is None:
            continue
        path = each.saga.span.file
        if path == STDIN:
            raise usage("--against needs to know the file: add --stdin-filename.")
        folder = Path(os.path.realpath(path)).parent
        before = known.get(folder) or known.setdefault(folder, Revision(revision, folder))
        try:
            text = before.load(path)
        except (FileNotFoundError, ValueError):
            continue
        earlier = compile_spec(text, path, before.load).graph
        if earlier is None:
            say(f"sagac: {path}: it had errors at {revision}, so it is not compared.")
            continue
        yield from registry.run(
            registry.change_checks(each.graph, earlier, revision), each.saga.name.span
        )


def _git(folder: Path, *arguments: str) -> bytes | None:
    """What git prints; None if it refuses. Raises UsageProblem if it cannot be run."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            timeout=LONGEST,
            check=False,
        )
    except FileNotFoundError:
        raise usage("an earlier revision needs git, and there is none.") from None
    except (OSError, subprocess.TimeoutExpired):
        raise usage("an earlier revision: git does not answer.") from None
    return done.stdout if done.returncode == 0 else None
