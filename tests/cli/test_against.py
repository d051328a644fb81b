"""``sagac lint --against REV``: sagas of a real repository beside what they were."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sagac.cli import cli

if shutil.which("git") is None:
    pytest.skip("there is no git", allow_module_level=True)

CHILD = """\
saga: packing
version: 1
key: ${input.id}
services: { stock: {} }
defaults: { timeout: 10s }
input: { id: string }
steps:
  - step: pack
    service: stock
    input: [id]
    compensate: unpack
"""
PARENT = """\
saga: purchase
version: 1
key: ${input.id}
start: { service: shop }
services: { shop: {} }
defaults: { timeout: 10s }
input: { id: string }
steps:
  - saga: packing
    use: parts/packing.saga.yaml
    input: { id: "${input.id}" }
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a saga that uses another one, committed; the tests run inside it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "parts").mkdir()
    write("purchase.saga.yaml", PARENT)
    write("parts/packing.saga.yaml", CHILD)
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "-m", "first")
    return tmp_path


def git(*arguments: str) -> None:
    names = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER")
             for what in ("NAME", "EMAIL")}  # fmt: skip
    subprocess.run(["git", *arguments], check=True, env=os.environ | names)


def write(path: str, text: str) -> None:
    Path(path).write_text(text, encoding="utf-8")


def lint(*arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["lint", *arguments], input=text)


@pytest.mark.usefixtures("shop")
def test_a_change_under_the_same_version_is_an_error() -> None:
    assert lint("--against", "HEAD", "parts/packing.saga.yaml").exit_code == 0
    write("parts/packing.saga.yaml", CHILD.replace("unpack", "take_out"))
    result = lint("--against", "HEAD", "parts/packing.saga.yaml")
    assert result.exit_code == 1
    assert "error[ST014] 'packing' means something else than at HEAD" in result.stdout
    write("parts/packing.saga.yaml", CHILD.replace("unpack", "take_out").replace("n: 1", "n: 2"))
    assert lint("--against", "HEAD", "parts/packing.saga.yaml").exit_code == 0


@pytest.mark.usefixtures("shop")
def test_a_sub_saga_is_read_at_the_revision_too() -> None:
    write("parts/packing.saga.yaml", CHILD.replace("unpack", "take_out"))
    result = lint("--against", "HEAD", "purchase.saga.yaml")
    assert "`steps.packing: steps.pack`" in result.stdout
    git("commit", "--quiet", "-am", "second")
    assert lint("--against", "HEAD", "purchase.saga.yaml").exit_code == 0
    assert lint("--against", "HEAD~1", "purchase.saga.yaml").exit_code == 1


@pytest.mark.usefixtures("shop")
def test_a_new_file_and_one_that_was_broken_are_not_compared() -> None:
    write("other.saga.yaml", CHILD)
    assert lint("--against", "HEAD", "other.saga.yaml").exit_code == 0
    write("other.saga.yaml", CHILD.replace("compensate", "compansate"))
    git("add", ".")
    git("commit", "--quiet", "-m", "broken")
    write("other.saga.yaml", CHILD)
    result = lint("--against", "HEAD", "other.saga.yaml")
    assert result.exit_code == 0
    assert "other.saga.yaml: it had errors at HEAD, so it is not compared." in result.stderr


@pytest.mark.usefixtures("shop")
def test_standard_input_is_compared_under_its_name() -> None:
    changed = CHILD.replace("unpack", "take_out")
    arguments = ("--against", "HEAD", "--stdin-filename", "parts/packing.saga.yaml", "-")
    assert lint(*arguments, text=changed).exit_code == 1
    result = lint("--against", "HEAD", "-", text=changed)
    assert (result.exit_code, result.stderr) == (
        2,
        "sagac: --against needs to know the file: add --stdin-filename.\n",
    )


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("revision", ["nope", "-h", "--help", "", "HEAD:parts", "a\nb"])
def test_what_is_no_revision_is_said_in_one_line(revision: str) -> None:
    result = lint(f"--against={revision}", "purchase.saga.yaml")
    assert result.exit_code == 2
    assert result.stderr.endswith("git knows no such revision.\n")


def test_outside_a_repository_and_without_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    path = tmp_path / "packing.saga.yaml"
    write(str(path), CHILD)
    result = lint("--against", "HEAD", str(path))
    assert result.exit_code == 2
    assert "is not in a git repository" in result.stderr
    monkeypatch.setenv("PATH", str(tmp_path))
    result = lint("--against", "HEAD", str(path))
    assert (result.exit_code, result.stderr) == (
        2,
        "sagac: an earlier revision needs git, and there is none.\n",
    )
