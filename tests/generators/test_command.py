"""``sagac generate``: what is written, kept, refused and never touched."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sagac.cli.generate import command

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
HANDLERS = "handlers/shop.py"
WORKFLOW = "order/generated/v1/workflow.py"
MORE = "  - step: wrap\n    service: shop\n    input: [id]\n    compensate: unwrap\n"

Generate = Callable[..., Result]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def generate(tmp_path: Path, out: Path) -> Generate:
    def run(spec: str, *options: str) -> Result:
        file = tmp_path / "order.saga.yaml"
        file.write_text(spec)
        return CliRunner().invoke(command, [str(file), "-o", str(out), *options])

    return run


def _tree(folder: Path) -> dict[str, bytes]:
    files = (each for each in folder.rglob("*") if each.is_file())
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in files}


def test_writes_once_and_then_nothing(generate: Generate, out: Path) -> None:
    assert generate(SPEC).exit_code == 0
    before = _tree(out)
    assert {HANDLERS, WORKFLOW, "order/worker.py", "sagac.lock"} <= before.keys()
    again = generate(SPEC)
    assert (again.exit_code, again.stdout, _tree(out)) == (0, "", before)
    assert generate(SPEC, "--check").exit_code == 0


@pytest.mark.parametrize("option", ["--check", "--dry-run"])
def test_only_looks(generate: Generate, out: Path, option: str) -> None:
    result = generate(SPEC, option)
    assert result.exit_code == (option == "--check")
    assert f"create {WORKFLOW}" in result.stdout
    assert not out.exists()


def test_an_edited_file_is_refused_with_its_diff(generate: Generate, out: Path) -> None:
    generate(SPEC)
    edited = out / WORKFLOW
    edited.write_text(edited.read_text() + "# mine\n")
    before = _tree(out)
    result = generate(SPEC, "--check")
    assert result.exit_code == 1
    result = generate(SPEC)
    assert (result.exit_code, _tree(out)) == (1, before)
    assert "-# mine" in result.stderr
    assert generate(SPEC, "--force").exit_code == 0
    assert "# mine" not in edited.read_text()


def test_a_file_of_somebody_else_is_refused(generate: Generate, out: Path) -> None:
    (out / "order").mkdir(parents=True)
    (out / "order/worker.py").write_text("mine\n")
    assert generate(SPEC).exit_code == 1
    assert _tree(out) == {"order/worker.py": b"mine\n"}


def test_handlers_are_the_users(generate: Generate, out: Path) -> None:
    generate(SPEC)
    mine = (
        "class ShopHandlers:\n"
        "    async def reserve(self, request, call): ...\n"
        "    def release(self, request, call): ...\n"
    )
    (out / HANDLERS).write_text(mine)
    result = generate(SPEC.replace("version: 1", "version: 2") + MORE, "--force")
    assert result.exit_code == 0
    assert (out / HANDLERS).read_text() == mine
    assert result.stderr.count("warning[GE001]") == 2
    assert "async def wrap(" in result.stderr
    assert "ShopHandlers.unwrap" in result.stderr


@pytest.mark.parametrize("text", ["class (", "\0", "from elsewhere import ShopHandlers\n"])
def test_handlers_that_cannot_be_seen(generate: Generate, out: Path, text: str) -> None:
    generate(SPEC)
    (out / HANDLERS).write_text(text)
    result = generate(SPEC)
    assert result.exit_code == 0
    assert ("GE001" in result.stderr) == (not text.startswith("from"))


def test_another_meaning_needs_another_version(generate: Generate, out: Path) -> None:
    generate(SPEC)
    before = _tree(out)
    result = generate(SPEC + MORE)
    assert (result.exit_code, _tree(out)) == (1, before)
    assert "GE002" in result.stderr
    assert "steps.wrap" in result.stderr
    assert generate(SPEC.replace("saga: order", "saga: order  # a comment")).exit_code == 0


def test_versions_stay_beside_each_other(generate: Generate, out: Path) -> None:
    generate(SPEC)
    old = (out / WORKFLOW).read_bytes()
    assert generate(SPEC.replace("version: 1", "version: 2") + MORE).exit_code == 0
    assert (out / WORKFLOW).read_bytes() == old
    worker = (out / "order/worker.py").read_text()
    assert "*v1.DEFINITIONS, *v2.DEFINITIONS" in worker
    assert generate(SPEC).exit_code == 1
    third = SPEC.replace("version: 1", "version: 3")
    assert generate(third, "--drop", "1", "--drop", "2").exit_code == 0
    assert not (out / "order/generated/v1").exists()
    assert not (out / "order/generated/v2").exists()


def test_a_signature_that_breaks_a_kept_version(generate: Generate) -> None:
    generate(SPEC)
    second = SPEC.replace("version: 1", "version: 2")
    second = second.replace("output: { shelf: string }", "output: { rack: string }")
    result = generate(second)
    assert result.exit_code == 1
    assert "GE003" in result.stderr
    assert "shop.reserve" in result.stderr


def test_stale_files_go_unless_edited(generate: Generate, out: Path) -> None:
    generate(SPEC)
    generate(SPEC, "--option", "tests=false")
    assert not (out / "order/generated/tests").exists()
    generate(SPEC)
    edited = out / "order/generated/tests/test_paths.py"
    edited.write_text("mine\n")
    result = generate(SPEC, "--option", "tests=false")
    assert edited.read_text() == "mine\n"
    assert "stays because it was edited" in result.stderr


def test_links_are_not_followed(generate: Generate, out: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    out.mkdir()
    os.symlink(outside, out / "order")
    result = generate(SPEC)
    assert result.exit_code == 2
    assert "symbolic link" in result.stderr
    assert not list(outside.iterdir())


@pytest.mark.parametrize(
    "lock", ["{", "[]", '{"format": 9}', '{"format": 1, "sections": {"x": 1}}']
)
def test_a_broken_lock_file_is_said_so(generate: Generate, out: Path, lock: str) -> None:
    out.mkdir()
    (out / "sagac.lock").write_text(lock)
    result = generate(SPEC)
    assert result.exit_code == 2
    assert "sagac.lock" in result.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--option", "x=1"),
        ("--option", "package"),
        ("--option", "package=../x"),
        ("--target", "no"),
    ],
)
def test_wrong_options(generate: Generate, out: Path, options: tuple[str, ...]) -> None:
    assert generate(SPEC, *options).exit_code == 2
    assert not out.exists()


def test_nothing_of_this_machine_is_written(generate: Generate, out: Path, tmp_path: Path) -> None:
    generate(SPEC)
    assert not [path for path, text in _tree(out).items() if str(tmp_path).encode() in text]
    assert json.loads((out / "sagac.lock").read_text())["sections"]["order/orchestration"]


def test_documents_of_two_sagas_in_one_folder(generate: Generate, out: Path) -> None:
    style = ("--style", "choreography")
    assert generate(SPEC, *style).exit_code == 0
    other = SPEC.replace("saga: order", "saga: gift")
    refused = generate(other, *style)
    assert refused.exit_code == 1
    assert "asyncapi.yaml: not written, it belongs to order/choreography" in refused.stderr
    assert "--option documents=FOLDER" in refused.stderr
    assert generate(other, *style, "--option", "documents=docs/gift").exit_code == 0
    assert (out / "docs/gift/shop/asyncapi.yaml").is_file()
    assert generate(other, *style, "--option", "documents=../x").exit_code == 2
    lock = json.loads((out / "sagac.lock").read_text())
    assert "docs/gift/asyncapi.yaml" in lock["sections"]["gift/choreography"]["files"]
