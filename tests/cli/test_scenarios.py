"""What the user types and what they see: each ``*.scenario`` is a folder of files and commands.

A line that starts with ``==== `` opens a part: ``file PATH`` (its text follows), ``run COMMAND``,
then as needed ``stdin``, ``stdout``, ``stderr`` (what is not written is not looked at, an empty
part means that nothing may come) and ``exit CODE`` (default 0). Commands of one scenario share a
folder."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCENARIOS = sorted(Path(__file__).parent.glob("*.scenario"))
MARK = "==== "


@dataclass
class Command:
    """A command and what is expected of it."""

    line: str
    parts: dict[str, str] = field(default_factory=dict)
    exit: int = 0


@dataclass
class Scenario:
    """The files that are there, and the commands in their order."""

    files: dict[str, str] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)


def read(text: str) -> Scenario:
    """Reads a scenario; text before the first part says what it is about."""
    scenario = Scenario()
    for part in f"\n{text}".split(f"\n{MARK}")[1:]:
        head, _, body = part.partition("\n")
        body = body.rstrip("\n") + "\n" if body.strip("\n") else ""
        word, _, rest = head.strip().partition(" ")
        if word == "file":
            scenario.files[rest] = body
        elif word == "run":
            scenario.commands.append(Command(rest))
        elif word == "exit":
            scenario.commands[-1].exit = int(rest)
        elif word in ("stdin", "stdout", "stderr"):
            scenario.commands[-1].parts[word] = body
        else:
            raise ValueError(f"unknown part {head!r}")
    return scenario


def run(command: Command, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs the command of the work tree in ``folder``."""
    program, *arguments = shlex.split(command.line)
    assert program == "sagac"
    environment = {key: value for key, value in os.environ.items() if not key.endswith("_COLOR")}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-m", "sagac", *arguments],
        input=command.parts.get("stdin", ""),
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        env=environment,
    )


@pytest.mark.parametrize("path", SCENARIOS, ids=[path.stem for path in SCENARIOS])
def test_scenario(path: Path, tmp_path: Path) -> None:
    scenario = read(path.read_text(encoding="utf-8"))
    assert scenario.commands
    for name, text in scenario.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for command in scenario.commands:
        seen = run(command, tmp_path)
        for stream in ("stdout", "stderr"):
            if stream in command.parts:
                assert getattr(seen, stream) == command.parts[stream], command.line
        assert seen.returncode == command.exit, (command.line, seen.stderr)
