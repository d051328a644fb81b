"""What the linter finds of the seeded defects, and what it says about sagas that have none.

``python -m bench.defects`` names the open files that are not found; `specs/defects/README.md` says
how the files came about.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner

from bench.page import Table
from bench.seeding import EXPECTED, FOLDER, held_out
from sagac.cli import cli

USAGE, BUG = 2, 3
FOUND, MORE, ELSEWHERE, MISSED = "found", "found and more", "other place or code", "missed"
FAMILIES = {
    "SY": "reading",
    "NA": "names",
    "TY": "types",
    "ST": "structure",
    "CO": "compensation",
    "PI": "pivot and roles",
    "DA": "data",
    "TI": "time",
    "RE": "repetition",
    "IS": "isolation",
    "HA": "handlers",
}

INTRO = """\
{seeded} sagas with one seeded defect each and {good} without any, of all kinds of item
([how they were made](../specs/defects/README.md)). Found is a finding of the expected code that
marks the expected line. "More" are those of the found ones about which something else is reported,
too. A third, chosen by a hash of the name, was held out: its findings were not looked at while the
rules were written. False alarms, which are warnings and errors about sagas without a defect:
{alarms} in {open_good} open and {held_alarms} in {held_good} held-out ones."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file; ``others`` are the codes and lines that were not expected."""

    path: str
    code: str | None
    outcome: str
    others: tuple[str, ...]

    @property
    def aside(self) -> bool:
        """Whether it belongs to the held-out third."""
        return held_out(self.path)


def results() -> Iterator[Result]:
    """Lints every file of the corpus as a user would."""
    expected = yaml.safe_load(EXPECTED.read_text(encoding="utf-8"))
    for path, entry in expected.items():
        yield _judged(path, entry, _linted(path, entry))


def _linted(path: str, entry: dict[str, Any]) -> list[dict[str, Any]]:
    """The findings about the file; about all sagas of its folder if it lies in one of its own."""
    if not path.startswith("across/"):
        return _lint([str(FOLDER / path)]) or []
    folder = FOLDER / "/".join(path.split("/")[:2])
    options = [
        each
        for name, value in entry.get("options", {}).items()
        for each in (f"--{name}", str(folder / value))
    ]
    files = [str(each) for each in sorted(folder.glob("*.saga.yaml"))]
    for arguments in ([*options, str(folder)], [*options, *files], files):
        found = _lint(arguments)
        if found is not None:
            return found
    return []


def _lint(arguments: Sequence[str]) -> list[dict[str, Any]] | None:
    """The findings; None if there is no such option. Raises RuntimeError if sagac breaks."""
    done = CliRunner().invoke(cli, ["lint", "--format", "json", *arguments])
    if done.exit_code == USAGE:
        return None
    broke = done.exception is not None and not isinstance(done.exception, SystemExit)
    if broke or done.exit_code == BUG:
        raise RuntimeError(f"{arguments}: {done.exception!r}") from done.exception
    document = json.loads(done.stdout)
    return list(document["diagnostics"])


def _judged(path: str, entry: dict[str, Any], findings: list[dict[str, Any]]) -> Result:
    code = entry.get("code")
    right = [each for each in findings if each["code"] == code and _marks(each, path, entry)]
    others = tuple(
        f"{each['code']}:{Path(each['file']).name}:{each['span']['start']['line']}"
        for each in findings
        if each not in right and each["severity"] != "info"
    )
    if right:
        return Result(path, code, MORE if others else FOUND, others)
    return Result(path, code, ELSEWHERE if others else MISSED, others)


def _marks(finding: dict[str, Any], path: str, entry: dict[str, Any]) -> bool:
    """Whether the finding or one of its labels stands on the expected line."""
    marks = [finding, *({"file": finding["file"], **each} for each in finding["labels"])]
    return any(
        Path(mark["file"]).resolve() == (FOLDER / path).resolve()
        and mark["span"]["start"]["line"] == entry["line"]
        for mark in marks
    )


def counted(found: Sequence[Result]) -> dict[str, dict[str, int]]:
    """For each part, open and held out: the defects that were found and the false alarms."""
    return {
        name: {
            "found": sum(each.outcome in (FOUND, MORE) for each in part if each.code),
            "false alarms": sum(bool(each.others) for each in part if not each.code),
        }
        for name, part in _parts(found).items()
    }


def _parts(found: Sequence[Result]) -> dict[str, list[Result]]:
    return {
        "open": [each for each in found if not each.aside],
        "held out": [each for each in found if each.aside],
    }


def measure() -> Table:
    """Lints the corpus and counts by family."""
    found = list(results())
    parts, counts = _parts(found), counted(found)
    good = {name: sum(not each.code for each in part) for name, part in parts.items()}
    intro = INTRO.format(
        seeded=sum(each.code is not None for each in found),
        good=sum(good.values()),
        alarms=counts["open"]["false alarms"],
        held_alarms=counts["held out"]["false alarms"],
        open_good=good["open"],
        held_good=good["held out"],
    )
    head = ["family"]
    for part in ("open", "held out"):
        head += [f"{part}: seeded", "found", "of these more", "other place or code", "missed"]
    rows = [_row(words, parts, family) for family, words in FAMILIES.items()]
    return Table("Seeded defects", intro, head, [*rows, _row("all", parts, "")])


def _row(words: str, parts: dict[str, list[Result]], family: str) -> list[str]:
    row = [words]
    for part in parts.values():
        outcomes = Counter(
            each.outcome for each in part if each.code is not None and each.code.startswith(family)
        )
        row += [
            str(outcomes.total()),
            str(outcomes[FOUND] + outcomes[MORE]),
            str(outcomes[MORE]),
            str(outcomes[ELSEWHERE]),
            str(outcomes[MISSED]),
        ]
    return row


def main() -> int:
    """Names what was not found and what was found for nothing, in the open part."""
    found = list(results())
    for each in _parts(found)["open"]:
        if each.code and each.outcome != FOUND:
            print(f"{each.code} {each.outcome}: {each.path} {' '.join(each.others)}")
        elif not each.code and each.others:
            print(f"false alarm: {each.path} {' '.join(each.others)}")
    print(json.dumps(counted(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
