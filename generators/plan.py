"""What generating would change, as data: no disk is touched here.

Owned files are rewritten, scaffolds are written once, stale files are removed only if nobody
edited them; the folders of kept versions stay.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from .base import Generated, GeneratedFile, Ownership
from .manifest import LOCK, Manifest, Section, digest

Read = Callable[[str], bytes | None]
"""The content of a file of the output folder by its relative path, None if there is none."""


class PathEscape(ValueError):
    """A generated path would leave the output folder, or is not a plain relative path."""


class Kind(StrEnum):
    """What happens to a file."""

    CREATE = "create"
    UPDATE = "update"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Change:
    """A file that would change, from ``before`` to ``after``; None: there is no file."""

    path: str
    before: bytes | None
    after: bytes | None

    @property
    def kind(self) -> Kind:
        """Created, updated or removed."""
        if self.before is None:
            return Kind.CREATE
        return Kind.REMOVE if self.after is None else Kind.UPDATE

    def diff(self) -> str:
        """The change as a unified diff."""
        return diff(self.path, self.before, self.after)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change that is not made because of what lies there, with the reason."""

    change: Change
    reason: str
    forceable: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """What would change. ``left`` are stale files that stay because somebody edited them."""

    changes: tuple[Change, ...]
    refused: tuple[Refusal, ...]
    left: tuple[str, ...]

    @property
    def drift(self) -> bool:
        """Whether the output folder is not what the spec asks for."""
        return bool(self.changes or self.refused)


def make_plan(
    name: str,
    section: Section,
    generated: Generated,
    manifest: Manifest,
    read: Read,
    *,
    force: bool = False,
) -> Plan:
    """What writing ``generated`` as the section ``name`` would change.

    ``section`` is the new one, ``manifest`` that of the last time. With ``force`` edited files are
    overwritten. Raises PathEscape.
    """
    check_paths(each.path for each in generated.files)
    sisters = manifest.sisters(name).values()
    shared = {path: sha for each in sisters for path, sha in each.files.items()}
    mine = manifest.sections[name].files if name in manifest.sections else {}
    recorded = {**shared, **mine}
    changes: list[Change] = []
    refused: list[Refusal] = []
    for file in generated.files:
        change = Change(file.path, read(file.path), file.text.encode())
        reason = _obstacle(file, change, name, manifest, recorded.get(file.path))
        if reason is not None and not (force and reason.forceable):
            refused.append(reason)
        elif _wanted(file, change):
            changes.append(change)
    stale, left = _stale(set(mine) - set(section.files) - set(shared), recorded, read)
    text = manifest.with_section(name, section).text().encode()
    lock = Change(LOCK, read(LOCK), text)
    last = [lock] if lock.before != lock.after else []
    return Plan((*changes, *stale, *last), tuple(refused), tuple(left))


def owned_files(
    generated: Generated, before: Section | None, kept: Iterable[int]
) -> dict[str, str]:
    """The owned files after generating: the new ones, and those of the kept versions' folders."""
    files: dict[str, str] = {}
    if before is not None and generated.version_folder is not None:
        folders = tuple(generated.version_folder.format(version) + "/" for version in kept)
        files = {path: sha for path, sha in before.files.items() if path.startswith(folders)}
    for file in generated.files:
        if file.ownership is Ownership.OWNED:
            files[file.path] = digest(file.text.encode())
    return dict(sorted(files.items()))


def check_paths(paths: Iterable[str]) -> None:
    """Raises PathEscape for a path that is not relative, plain and unique in any case."""
    seen: dict[str, str] = {}
    for path in paths:
        if not is_inside(path):
            raise PathEscape(f"the path {path!r} is not inside the output folder")
        if path.casefold() in seen:
            other = seen[path.casefold()]
            raise PathEscape(f"the paths {path!r} and {other!r} are one file on some systems")
        seen[path.casefold()] = path


def is_inside(path: str) -> bool:
    """Whether a path is relative, plain, and cannot leave the folder that it starts in."""
    pure = PurePosixPath(path)
    plain = not pure.is_absolute() and str(pure) == path and path != "."
    return plain and ".." not in pure.parts and not any(c in path for c in '\\:\0\n*?"<>|')


def diff(path: str, before: bytes | None, after: bytes | None) -> str:
    """A unified diff of two contents of one file."""
    old = (before or b"").decode("utf-8", "replace").splitlines()
    new = (after or b"").decode("utf-8", "replace").splitlines()
    names = (
        "/dev/null" if before is None else f"a/{path}",
        "/dev/null" if after is None else f"b/{path}",
    )
    return "\n".join([*difflib.unified_diff(old, new, *names, lineterm=""), ""])


def _wanted(file: GeneratedFile, change: Change) -> bool:
    if file.ownership is Ownership.SCAFFOLD:
        return change.before is None
    return change.before != change.after


def _obstacle(
    file: GeneratedFile, change: Change, name: str, manifest: Manifest, sha: str | None
) -> Refusal | None:
    """Why an owned file must not be written over what lies there."""
    if file.ownership is Ownership.SCAFFOLD:
        return None
    other = manifest.owner(file.path, name)
    if other is not None and change.before != change.after:
        return Refusal(change, f"it belongs to {other}{_mend(file.path)}", forceable=False)
    if change.before is None or change.before == change.after:
        return None
    if sha is None:
        return Refusal(change, "it was there before and sagac did not write it")
    if digest(change.before) != sha:
        return Refusal(change, "it was edited after it was generated")
    return None


def _mend(path: str) -> str:
    """Documents have no package of their own: two sagas in one folder need two places."""
    if path.endswith(("asyncapi.yaml", ".schema.json")):
        return "; --option documents=FOLDER writes the documents of this saga elsewhere"
    return ""


def _stale(
    paths: Iterable[str], recorded: Mapping[str, str], read: Read
) -> tuple[list[Change], list[str]]:
    changes: list[Change] = []
    left: list[str] = []
    for path, sha, content in _present(paths, recorded, read):
        if digest(content) == sha:
            changes.append(Change(path, content, None))
        else:
            left.append(path)
    return changes, left


def _present(
    paths: Iterable[str], recorded: Mapping[str, str], read: Read
) -> Iterator[tuple[str, str, bytes]]:
    for path in sorted(paths):
        content = read(path)
        if content is not None:
            yield path, recorded[path], content
