"""``sagac.lock``: what was generated, from which spec and meaning, as JSON.

One section per saga and style; a stale file is looked for in its own section only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from .base import KeptVersion

LOCK = "sagac.lock"
FORMAT = 1


class ManifestError(ValueError):
    """The lock file is not one of ours, or of a later format."""


@dataclass(frozen=True, slots=True)
class Section:
    """What was generated for one saga in one style; ``files``: the owned ones, path -> sha256."""

    tool: str
    target: str
    template: str
    spec: str
    spec_sha256: str
    version: int
    meaning: Mapping[str, str]
    actions: Mapping[str, Any]
    files: Mapping[str, str]
    kept: tuple[KeptVersion, ...] = ()
    version_folder: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The section as JSON data."""
        plain = {name: getattr(self, name) for name in _FIELDS}
        plain["kept"] = {str(each.version): each.actions for each in self.kept}
        return plain


_FIELDS = [
    "tool",
    "target",
    "template",
    "spec",
    "spec_sha256",
    "version",
    "meaning",
    "actions",
    "files",
    "version_folder",
]


@dataclass(frozen=True, slots=True)
class Manifest:
    """All sections by ``saga/style``."""

    sections: Mapping[str, Section] = field(default_factory=dict)

    def owner(self, path: str, but: str) -> str | None:
        """The section of another saga than that of ``but`` that a file belongs to, or None."""
        found = (name for name, each in self.sections.items() if path in each.files)
        return next((name for name in found if saga_of(name) != saga_of(but)), None)

    def sisters(self, name: str) -> dict[str, Section]:
        """The sections of the same saga in other styles: what styles share is in each of them."""
        others = {each: section for each, section in self.sections.items() if each != name}
        return {each: s for each, s in others.items() if saga_of(each) == saga_of(name)}

    def with_section(self, name: str, section: Section) -> Manifest:
        """This manifest with one section put in or replaced; its sisters know what they share."""
        others = {
            each: replace(sister, files=_shared(sister.files, section.files))
            for each, sister in self.sisters(name).items()
        }
        return Manifest({**self.sections, **others, name: section})

    def text(self) -> str:
        """The content of the lock file."""
        sections = {name: each.to_json() for name, each in sorted(self.sections.items())}
        plain = {"format": FORMAT, "sections": sections}
        return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"


def saga_of(section: str) -> str:
    """The saga of a section's name."""
    return section.rpartition("/")[0]


def _shared(mine: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    return {path: new.get(path, sha) for path, sha in mine.items()}


def read_manifest(text: bytes | None) -> Manifest:
    """The manifest of a lock file's content; None: there is no lock file. Raises ManifestError."""
    if text is None:
        return Manifest()
    try:
        plain = json.loads(text)
        if plain["format"] != FORMAT:
            raise ManifestError(f"format {plain['format']!r} is not known to this sagac")
        return Manifest({name: _section(each) for name, each in plain["sections"].items()})
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as problem:
        if isinstance(problem, ManifestError):
            raise
        raise ManifestError("it is not a lock file that sagac wrote") from problem


def _section(plain: dict[str, Any]) -> Section:
    values = {name: plain[name] for name in _FIELDS}
    if not isinstance(values["version"], int):
        raise ManifestError("a version is not a whole number")
    for name in ("meaning", "files", "actions"):
        if not isinstance(values[name], dict):
            raise ManifestError(f"{name!r} is not a mapping")
    kept = sorted((int(version), actions) for version, actions in plain["kept"].items())
    return Section(**values, kept=tuple(KeptVersion(*each) for each in kept))


def digest(content: bytes) -> str:
    """The sha256 of a file's content, in hex."""
    return sha256(content).hexdigest()
