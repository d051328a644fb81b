"""``sagac diff``: a saga beside what it was at a revision of git, and the JSON of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sagac.cli import cli

from .test_against import CHILD, git, shop, write

__all__ = ["shop"]

FILE = "parts/packing.saga.yaml"


def diff(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["diff", *arguments])


@pytest.mark.usefixtures("shop")
def test_a_revision_of_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert diff(f"HEAD:{FILE}", FILE).exit_code == 0
    write(FILE, CHILD.replace("unpack", "take_out"))
    result = diff(f"HEAD:{FILE}", FILE)
    assert result.exit_code == 1
    assert "Write `version: 2`" in result.stdout
    assert diff(FILE, f"HEAD:{FILE}").exit_code == 1
    monkeypatch.chdir(tmp_path / "parts")
    assert diff(f"HEAD:{FILE}", "packing.saga.yaml").stdout == result.stdout
    assert diff("HEAD:./packing.saga.yaml", "packing.saga.yaml").stdout == result.stdout
    git("commit", "--quiet", "--all", "-m", "second")
    assert diff(f"HEAD~1:{FILE}", f"HEAD:{FILE}").stdout == result.stdout


@pytest.mark.usefixtures("shop")
def test_a_saga_that_it_uses_is_read_at_the_same_revision() -> None:
    write(FILE, CHILD.replace("unpack", "take_out"))
    result = diff("HEAD:purchase.saga.yaml", "purchase.saga.yaml")
    assert result.exit_code == 1
    assert "steps.packing" in result.stdout


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("old", "message"),
    [
        ("HEAD:nowhere.saga.yaml", "there is no such file"),
        ("HEAD:../outside.saga.yaml", "it is outside the repository"),
        ("v9:purchase.saga.yaml", "git knows no such revision"),
        ("--:purchase.saga.yaml", "git knows no such revision"),
    ],
)
def test_what_cannot_be_had(old: str, message: str) -> None:
    result = diff("--", old, "purchase.saga.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("packing.saga.yaml", CHILD)
    result = diff("HEAD:packing.saga.yaml", "packing.saga.yaml")
    assert result.exit_code == 2
    assert "is not in a git repository" in result.stderr


@pytest.mark.usefixtures("shop")
def test_json() -> None:
    write("new.saga.yaml", CHILD.replace("input: { id: string }", "input: { id: uuid }"))
    result = diff(FILE, "new.saga.yaml", "--format", "json")
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert found["breaks"] == sum(each["breaks"] for each in found["changes"])
    starters = [each for each in found["changes"] if each["for"] == "starters"]
    assert [each["what"] for each in starters] == ["the input 'id' has another type now"]
    assert {"handlers", "running sagas", "subscribers"} <= {
        each["for"] for each in found["changes"] if each["breaks"]
    }


@pytest.mark.usefixtures("shop")
def test_what_services_cannot_do_alone_is_said() -> None:
    lock = "locks: { box: { key: input.id } }\nsteps:"
    other = "\n  - step: wrap\n    service: desk\n    input: [id]\n    locks: [box]\n"
    text = CHILD.replace("steps:", lock).replace("unpack", "unpack\n    locks: [box]") + other
    text = text.replace("{ stock: {} }", "{ stock: {}, desk: {} }") + "    compensate: unwrap\n"
    write("locked.saga.yaml", text)
    result = diff("locked.saga.yaml", "locked.saga.yaml")
    assert result.exit_code == 0
    assert "(CH001), so events were not compared" in result.stderr
    assert (
        "CH001"
        not in diff("locked.saga.yaml", "locked.saga.yaml", "--style", "orchestration").stderr
    )
