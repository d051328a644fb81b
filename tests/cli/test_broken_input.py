"""Broken files, folders and options: one line or findings and the right exit code, never a traceback."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sagac.cli import main

ROOT = Path(__file__).parents[2]
SPEC = """\
saga: order
version: 1
key: ${input.id}
services: { shop: {} }
input: { id: string }
steps:
  - step: reserve
    service: shop
    input: [id]
    output: { shelf: string }
    fails: [none_left]
    compensate: release
"""
LOCK, WORKFLOW = "sagac.lock", "order/generated/v1/workflow.py"
COMMANDS = ("lint", "graph", "diagram", "generate", "run")

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any) -> Call:
    """Calls sagac in a folder of its own with ``order.yaml`` in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SAGAC_TRACEBACK", "1")
    (tmp_path / "order.yaml").write_text(SPEC)
    (tmp_path / "sagac.toml").touch()

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        said = capfd.readouterr()
        assert "Traceback" not in said.err, said.err
        return code, said.out, said.err

    return run


def _arguments(command: str, file: str) -> list[str]:
    return [command, file, *(["-o", "out"] if command == "generate" else [])]


def _deep(depth: int) -> bytes:
    return b"\n".join(b" " * level + b"a:" for level in range(depth))


FILES: dict[str, tuple[bytes, int]] = {
    "binary": (bytes(range(256)) * 8, 2),
    "empty": (b"", 1),
    "blank": (b"\n \n# nothing\n", 1),
    "not UTF-8": (SPEC.encode().replace(b"order", b"\xff\xfe\xed\xa0\x80"), 1),
    "UTF-16 without end": (b"\xff\xfea\0s", 1),
    "deep in brackets": (b"saga: " + b"[" * 50_000, 1),
    "deep in lines": (_deep(2_000), 1),
    "deep in parentheses": (SPEC.encode().replace(b"input.id", b"(" * 900 + b"input.id"), 1),
    "many aliases": (b"a: &a [x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c, *d]\n", 1),
    "a tag": (b"saga: !!python/object/apply:os.system ['true']\n", 1),
    "a list": (b"- saga: x\n", 1),
    "two documents": (SPEC.encode() + b"---\n" + SPEC.encode(), 1),
    "large numbers": (SPEC.encode().replace(b"version: 1", b"version: " + b"9" * 5_000), 1),
    "a lone surrogate": (SPEC.encode().replace(b"order", b'"\\ud800"'), 1),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("what", FILES)
def test_broken_specs(call: Call, tmp_path: Path, command: str, what: str) -> None:
    content, expected = FILES[what]
    (tmp_path / "broken.yaml").write_bytes(content)
    code, out, err = call(*_arguments(command, "broken.yaml"))
    assert code == expected, err
    assert "broken.yaml" in out + err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "file", ["missing.yaml", ".", "order.yaml/x", "no\udcffutf8.yaml", "a" * 999]
)
def test_specs_that_cannot_be_read(call: Call, command: str, file: str) -> None:
    code, out, err = call(*_arguments(command, file))
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_specs_that_may_not_be_read(call: Call, tmp_path: Path, command: str) -> None:
    (tmp_path / "order.yaml").chmod(0)
    if os.access(tmp_path / "order.yaml", os.R_OK):
        pytest.skip("this user may read everything")
    code, out, err = call(*_arguments(command, "order.yaml"))
    assert (code, out) == (2, "")
    assert "order.yaml: cannot be read" in err


@pytest.mark.parametrize("command", COMMANDS)
def test_files_that_a_spec_names(call: Call, tmp_path: Path, command: str) -> None:
    steps = "  - saga: part\n    use: {}\n    input: {{ id: '${{input.id}}' }}\n"
    (tmp_path / "binary.yaml").write_bytes(b"\0\1\2")
    names = ("../x.yaml", "/etc/passwd", ".", "binary.yaml", "order2.yaml", '"a\\0b"', "a" * 999)
    for name in names:
        (tmp_path / "order2.yaml").write_text(SPEC + steps.format(name))
        code, _, err = call(*_arguments(command, "order2.yaml"))
        assert code == 1, (name, err)
        assert not (tmp_path / "out").exists()


INPUTS = {
    "bytes": b"\xff\0",
    "nothing": b"",
    "a list": b"[]",
    "deep": b'{"id": ' + b"[" * 50_000,
    "half a character": b'{"id": "\\ud800"}',
    "no text": b'{"id": {}}',
    "not a number": b'{"id": NaN}',
    "digits": b'{"id": ' + b"9" * 5_000 + b"}",
    "an empty key": b'{"id": ""}',
}


@pytest.mark.parametrize("what", INPUTS)
def test_broken_inputs(call: Call, tmp_path: Path, what: str) -> None:
    (tmp_path / "input.json").write_bytes(INPUTS[what])
    code, out, err = call("run", "order.yaml", "--input", "input.json")
    assert (code, out) == (2, "")
    problems = [line for line in err.splitlines() if "simulated participants" not in line]
    assert len(problems) == 1


@pytest.mark.parametrize(
    "options",
    [
        ["generate", "order.yaml"],
        ["generate", "order.yaml", "-o", "out", "--option", "package"],
        ["generate", "order.yaml", "-o", "out", "--option", "package=../x"],
        ["generate", "order.yaml", "-o", "out", "--option", "package=os; import os"],
        ["generate", "order.yaml", "-o", "out", "--option", "package=__init__"],
        ["generate", "order.yaml", "-o", "out", "--option", "package=json"],
        ["generate", "order.yaml", "-o", "out", "--option", "package=\udcff"],
        ["generate", "order.yaml", "-o", "out", "--option", "package=\u00e9t\u00e9"],
        ["generate", "order.yaml", "-o", "out", "--option", "package=" + "a" * 999],
        ["generate", "order.yaml", "-o", "out", "--option", "tests=maybe"],
        ["generate", "order.yaml", "-o", "out", "--option", "=\n"],
        ["generate", "order.yaml", "-o", "out", "--style", "no"],
        ["generate", "order.yaml", "-o", "out", "--drop", "x"],
        ["generate", "order.yaml", "-o", "order.yaml"],
        ["generate", "order.yaml", "-o", "order.yaml/x"],
        ["generate", "order.yaml", "-o", "a" * 999],
        ["diagram", "order.yaml", "-o", "."],
        ["diagram", "order.yaml", "-o", "order.yaml/x.svg"],
        ["diagram", "order.yaml", "--all"],
        ["diagram", "order.yaml", "--all", "-o", "order.yaml"],
        ["diagram", "order.yaml", "--fail", "\udcff:\n"],
        ["diagram", "order.yaml", "--fail", "reserve:nothing"],
        ["diagram", "order.yaml", "--kind", "pie"],
        ["graph", "order.yaml", "--format", "xml"],
        ["lint"],
        ["lint", "-", "-"],
        ["explain", "\udcff\n"],
        ["no\udcff"],
        ["run", "order.yaml", "--input", "."],
        ["run", "order.yaml", "--input", "order.yaml"],
        ["run", "order.yaml", "--signal", "E={"],
        ["run", "order.yaml", "--signal", "E=" + "[" * 50_000],
        ["run", "order.yaml", "--signal", 'E={"x": "\\ud800"}'],
    ],
    ids=lambda options: ascii(" ".join(options))[:60],
)
def test_wrong_calls(call: Call, tmp_path: Path, options: list[str]) -> None:
    code, out, err = call(*options)
    assert (code, out) == (2, ""), err
    assert err
    assert (tmp_path / "order.yaml").read_text() == SPEC
    assert not [each for each in (tmp_path / "out").rglob("*") if each.is_file()]


LOCKS = {
    "nothing": b"",
    "no JSON": b"{",
    "bytes": b"\xff\0",
    "deep": b"[" * 100_000,
    "a list": b"[]",
    "a later format": b'{"format": 99, "sections": {}}',
    "no sections": b'{"format": 1}',
    "odd sections": b'{"format": 1, "sections": {"order/orchestration": []}}',
}


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_files_that_are_none(call: Call, tmp_path: Path, lock: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / LOCK).write_bytes(LOCKS[lock])
    code, out, err = call("generate", "order.yaml", "-o", "out")
    assert (code, out) == (2, "")
    assert err.startswith(f"sagac: {LOCK}: ")
    assert os.listdir(tmp_path / "out") == [LOCK]


def _action(**changes: Any) -> dict[str, Any]:
    record: dict[str, Any] = {"fields": {"id": "string"}}
    return {"input": record, "output": {"fields": {}}, "fails": {}, "query": False} | changes


def _deep_type(depth: int) -> Any:
    made: Any = "string"
    for _ in range(depth):
        made = {"optional": made}
    return made


CODE = 'x"""\nimport os\nos.system("true")\n"""'
ACTIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "no type": ({"shop.a": _action(input={"fields": {"id": "strange"}})}, {}),
    "a type that is not there": ({"shop.a": _action(input={"fields": {"id": {"use": "T"}}})}, {}),
    "code as action": ({f"shop.{CODE}": _action()}, {}),
    "code as service": ({f"{CODE}.a": _action()}, {}),
    "code as field": ({"shop.a": _action(input={"fields": {CODE: "string"}})}, {}),
    "code as record": ({"shop.a": _action(input={"fields": {}, "name": CODE})}, {}),
    "code as refusal": ({"shop.a": _action(fails={CODE: None})}, {}),
    "code as type": ({}, {CODE: "string"}),
    "an odd enum": ({}, {"T": {"enum": [{"a": 1}]}}),
    "deep": ({}, {"T": _deep_type(400)}),
}


@pytest.mark.parametrize("what", ACTIONS)
def test_lock_files_whose_signatures_are_none(call: Call, tmp_path: Path, what: str) -> None:
    assert call("generate", "order.yaml", "-o", "out")[0] == 0
    lock = tmp_path / "out" / LOCK
    plain = json.loads(lock.read_text())
    actions, types = ACTIONS[what]
    plain["sections"]["order/orchestration"]["actions"] = {"actions": actions, "types": types}
    lock.write_text(json.dumps(plain))
    (tmp_path / "order.yaml").write_text(SPEC.replace("version: 1", "version: 2"))
    code, out, err = call("generate", "order.yaml", "-o", "out")
    if what == "deep":  # a type like another, only not one that anybody writes
        assert code in (0, 2), err
    else:
        assert (code, out) == (2, "")
        assert LOCK in err


@pytest.mark.parametrize("path", ["../outside.txt", "/etc/hostname", "a\0b", "", ".", "a/../../b"])
def test_lock_files_that_name_other_folders(call: Call, tmp_path: Path, path: str) -> None:
    assert call("generate", "order.yaml", "-o", "out")[0] == 0
    (tmp_path / "outside.txt").write_text("")
    lock = tmp_path / "out" / LOCK
    plain = json.loads(lock.read_text())
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    plain["sections"]["order/orchestration"]["files"][path] = empty
    lock.write_text(json.dumps(plain))
    code, _, err = call("generate", "order.yaml", "-o", "out", "--force")
    assert code == 2
    assert "is not inside the output folder" in err
    assert (tmp_path / "outside.txt").exists()


@pytest.mark.parametrize("link", ["order", "order/generated", "handlers", LOCK, WORKFLOW])
@pytest.mark.parametrize("force", [[], ["--force"]])
def test_links_are_not_followed_out(
    call: Call, tmp_path: Path, link: str, force: list[str]
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    place = tmp_path / "out" / link
    place.parent.mkdir(parents=True)
    target = outside / "file" if link in (LOCK, WORKFLOW) else outside
    place.symlink_to(target)
    code, _, err = call("generate", "order.yaml", "-o", "out", *force)
    assert code == 2
    assert "symbolic link" in err
    assert not list(outside.iterdir())


@pytest.mark.parametrize("place", [LOCK, WORKFLOW, "handlers/shop.py"])
def test_folders_where_files_should_be(call: Call, tmp_path: Path, place: str) -> None:
    (tmp_path / "out" / place).mkdir(parents=True)
    code, _, err = call("generate", "order.yaml", "-o", "out")
    assert code == 2
    assert f"{place} is not a regular file" in err


@pytest.mark.parametrize("place", ["order", "order/generated", "handlers"])
def test_files_where_folders_should_be(call: Call, tmp_path: Path, place: str) -> None:
    (tmp_path / "out" / place).parent.mkdir(parents=True)
    (tmp_path / "out" / place).write_text("mine")
    assert call("generate", "order.yaml", "-o", "out", "--force")[0] == 2
    assert (tmp_path / "out" / place).read_text() == "mine"


def test_an_output_folder_that_may_not_be_written(call: Call, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir(mode=stat.S_IRUSR | stat.S_IXUSR)
    if os.access(tmp_path / "out", os.W_OK):
        pytest.skip("this user may write everywhere")
    code, _, err = call("generate", "order.yaml", "-o", "out")
    assert code == 2
    assert "Permission denied" in err


@pytest.mark.parametrize("name", ["\udcff.yaml", "a\nimport os\n#.yaml", "coding=utf-7 .yaml"])
def test_names_of_specs_are_only_text(call: Call, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(SPEC)
    assert call("generate", name, "-o", "out")[0] == 0
    for file in (tmp_path / "out" / "order").rglob("*.py"):
        compile(file.read_bytes(), "generated", "exec", dont_inherit=True)
        assert not file.read_text().startswith("import os", file.read_text().find("\n") + 1)
    assert json.loads((tmp_path / "out" / LOCK).read_text())
    assert call("generate", name, "-o", "out", "--check")[0] == 0


@pytest.mark.parametrize("arguments", [["lint", "-"], ["graph", "-"], ["generate", "-", "-o", "o"]])
@pytest.mark.parametrize("given", [b"", b"\0", b"\xff", b"[" * 9_000, SPEC.encode()])
def test_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], given: bytes
) -> None:
    from sagac.cli import cli

    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, arguments, input=given)
    expected = {b"\0": 2, SPEC.encode(): 0}.get(given, 1)
    assert result.exit_code == expected, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_readers_that_go_away(tmp_path: Path) -> None:
    (tmp_path / "order.yaml").write_text(SPEC)
    for arguments in (
        "graph order.yaml",
        "lint missing.yaml",
        "explain",
        "generate order.yaml -o o",
    ):
        process = subprocess.Popen(
            [sys.executable, "-m", "sagac", *arguments.split()],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()
        process.stderr.close()
        assert b"Traceback" not in err
        assert b"bug" not in err
        assert process.wait() in (2, 141), arguments
