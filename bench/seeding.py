"""``python -m bench.seeding``: writes the seeded defects from good sagas and a list of edits.

``specs/defects/edits.yaml`` says, for each file, which saga it was made from, what was changed
in it and what has to be found. The same list gives the same files.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[1] / "specs" / "defects"
EDITS, EXPECTED = FOLDER / "edits.yaml", FOLDER / "expected.yaml"
CLEAN, DEFECTIVE, ACROSS = "clean", "defective", "across"
HEAD = """\
# What has to be found in each file: written by `python -m bench.seeding` from edits.yaml.
# A third, chosen by a hash of the path, is held out: it is not looked at while rules are written.
"""


class Unclear(ValueError):
    """An edit does not say what it means: a text that is not there, or there twice."""


def held_out(path: str) -> bool:
    """Whether a file belongs to the third that is set aside."""
    return hashlib.sha256(path.encode()).digest()[0] % 3 == 0


def edited(text: str, edits: list[dict[str, Any]]) -> str:
    """``text`` after all ``edits``. Raises Unclear."""
    for edit in edits:
        ((kind, given),) = edit.items()
        text = _KINDS[kind](text, given)
    return text


def line_of(text: str, at: str | list[Any]) -> int:
    """The line of the only place of ``at`` in ``text``, or of the n-th for ``[at, n]``."""
    wanted, count = (at[0], int(at[1])) if isinstance(at, list) else (at, 0)
    lines = text.splitlines(keepends=True)
    places = [number for number, line in enumerate(lines, 1) if wanted in line]
    if not places or (not count and len(places) > 1):
        raise Unclear(f"{wanted!r} stands on {len(places)} lines")
    return places[(count or 1) - 1]


def _swap(text: str, given: list[str]) -> str:
    old, new = given
    if text.count(old) != 1:
        raise Unclear(f"{old!r} stands there {text.count(old)} times")
    return text.replace(old, new)


def _drop(text: str, given: str) -> str:
    lines = text.splitlines(keepends=True)
    del lines[line_of(text, given) - 1]
    return "".join(lines)


def _add(text: str, given: list[str], shift: int) -> str:
    lines = text.splitlines(keepends=True)
    at = line_of(text, given[0]) - 1
    indent = " " * (len(lines[at]) - len(lines[at].lstrip()))
    new = [f"{indent}{line}\n" if line else "\n" for line in given[1].rstrip("\n").split("\n")]
    return "".join(lines[: at + shift] + new + lines[at + shift :])


_KINDS: dict[str, Callable[[str, Any], str]] = {
    "swap": _swap,
    "drop": _drop,
    "after": lambda text, given: _add(text, given, 1),
    "before": lambda text, given: _add(text, given, 0),
    "end": lambda text, given: text + given,
    "begin": lambda text, given: given + text,
}


def entries() -> Iterator[tuple[str, dict[str, Any], str]]:
    """Path in the folder, what is expected, and text of each file. Raises Unclear."""
    for entry in yaml.safe_load(EDITS.read_text(encoding="utf-8")):
        try:
            yield _entry(entry)
        except (Unclear, KeyError, ValueError, OSError) as error:
            raise Unclear(f"{entry.get('name')}: {error}") from error


def _entry(entry: Mapping[str, Any]) -> tuple[str, dict[str, Any], str]:
    code = entry.get("code")
    if "file" in entry:  # across files: the one in which it is to be found
        path = f"{ACROSS}/{entry['name']}/{entry['file']}"
    else:
        path = f"{DEFECTIVE if code else CLEAN}/{entry['name']}.saga.yaml"
    if "from" in entry:
        source = (FOLDER / CLEAN / f"{entry['from']}.saga.yaml").read_text(encoding="utf-8")
        text, made = edited(source, entry["edit"]), f"from {entry['from']}"
        if code:  # what is used lies with the good ones
            text = text.replace("use: meter-change", f"use: ../{CLEAN}/meter-change")
    else:
        text, made = (FOLDER / path).read_text(encoding="utf-8"), "by hand"
    expected: dict[str, Any] = {}
    if code:
        expected = {"code": code, "line": line_of(text, entry["at"])}
    if "options" in entry:
        expected["options"] = entry["options"]
    return path, {**expected, "made": made, "why": entry["why"]}, text


def _aside(path: str) -> dict[str, bool]:
    return {"held-out": True} if held_out(path) else {}


def main() -> int:
    """Writes all files and what is expected of them."""
    found: dict[str, dict[str, Any]] = {}
    for path, expected, text in entries():
        if path in found:
            raise Unclear(f"{path} is there twice")
        found[path] = {**expected, **_aside(path)}
        (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / path).write_text(text, encoding="utf-8")
    for good in sorted((FOLDER / CLEAN).glob("*.saga.yaml")):
        path = f"{CLEAN}/{good.name}"
        found.setdefault(path, {"made": "by hand", **_aside(path)})
    text = yaml.safe_dump(
        dict(sorted(found.items())), sort_keys=False, width=98, allow_unicode=True
    )
    EXPECTED.write_text(HEAD + text, encoding="utf-8")
    print(f"{len(found)} files", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
