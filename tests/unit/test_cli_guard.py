"""Whatever happens in a command becomes an exit code and one line."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from sagac.cli import COMMANDS, main
from sagac.cli.guard import guarded

ROOT = Path(__file__).resolve().parents[2]


def _raise(error: BaseException) -> object:
    raise error


def _interrupt() -> object:
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt as typed:
        raise click.Abort from typed


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (SystemExit(1), 1, ""),
        (SystemExit(), 0, ""),
        (click.UsageError("no such thing"), 2, "no such thing"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (OSError(28, "No space left on device", "out.py"), 2, "out.py: No space left on device"),
        (ModuleNotFoundError("x", name="dbos.x"), 2, "pip install 'sagac[dbos]'"),
        (ModuleNotFoundError("No module 'x'", name="x"), 3, "this is a bug in sagac"),
        (KeyError("odd\nname"), 3, r"KeyError: 'odd\nname'"),
        (RecursionError(), 3, "(RecursionError in "),
    ],
)
def test_exit_code_and_message(
    error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(lambda: _raise(error)) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") <= 1


def test_an_interrupt_that_click_has_caught(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(_interrupt) == 130
    assert capsys.readouterr().err == "sagac: interrupted\n"


def test_traceback_on_demand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SAGAC_TRACEBACK", "1")
    assert guarded(lambda: _raise(KeyError("x"))) == 3
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_results(capsys: pytest.CaptureFixture[str]) -> None:
    assert [guarded(lambda: 1), guarded(lambda: None), guarded(lambda: "text")] == [1, 0, 0]


def test_an_unknown_command_gets_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lnt"]) == 2
    assert "There is no command 'lnt'. Did you mean 'lint'?" in capsys.readouterr().err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert importlib.util.find_spec(f"sagac.cli.{COMMANDS[name][0]}") is not None
    assert main([name, "--help"]) == 0
    assert "Example" in capsys.readouterr().out


def test_a_reader_that_goes_away() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "sagac", "explain", "SY001"],
        cwd=ROOT,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_full_disk() -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "sagac", "--help"],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (2, "sagac: No space left on device\n")
