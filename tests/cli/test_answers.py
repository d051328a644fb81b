"""What `lint` and `fix` do to files, and what they say where files are not as they should be."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from sagac.cli import main

SLIP = """\
saga: order
version: 1
key: ${input.order_id}
services: { payment: {} }
input: { order_id: string }
defaults: { timeout: 10s }
steps:
  - step: charge_card
    servise: payment
    input: [order_id]
"""
FIXED = SLIP.replace("servise", "service")
WRONG = FIXED + "  - fail: never\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def put(name: str, text: str | bytes) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_fixed_file_keeps_its_permissions_and_its_link() -> None:
    path = put("real/a.saga.yaml", SLIP)
    path.chmod(0o640)
    Path("a.saga.yaml").symlink_to(path)
    assert main(["fix", "a.saga.yaml"]) == 0
    assert path.read_text() == FIXED
    assert Path("a.saga.yaml").is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir("real") == ["a.saga.yaml"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_a_byte_order_mark_stay(ending: str, mark: bytes) -> None:
    path = put("a.saga.yaml", mark + SLIP.replace("\n", ending).encode())
    assert main(["fix", "a.saga.yaml"]) == 0
    assert path.read_bytes() == mark + FIXED.replace("\n", ending).encode()


def test_what_is_no_utf_8_is_left_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    for text in (SLIP.encode() + b"# \xff\n", SLIP.encode("utf-16")):
        path = put("a.saga.yaml", text)
        assert main(["fix", "a.saga.yaml"]) == 1
        assert path.read_bytes() == text
        assert "No findings put right. Left: 1 error" in capsys.readouterr().err


def test_a_file_that_changes_meanwhile_is_not_overwritten(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sagac.dsl import fix

    path, compiled = put("a.saga.yaml", SLIP), fix.fix

    def slow(*given: object, **named: object) -> object:
        path.write_text(SLIP + "# somebody else was here\n")
        return compiled(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(fix, "fix", slow)
    assert main(["fix", "a.saga.yaml"]) == 2
    assert path.read_text().endswith("# somebody else was here\n")
    assert "a.saga.yaml changed while sagac was at work" in capsys.readouterr().err


def test_a_baseline_named_by_the_settings_lies_beside_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put("sagac.toml", '[lint]\nbaseline = "known.json"\n')
    put("sub/a.saga.yaml", WRONG)
    assert main(["lint", "sub/a.saga.yaml"]) == 2
    assert "there is no such baseline" in capsys.readouterr().err
    assert main(["lint", "sub/a.saga.yaml", "--write-baseline"]) == 0
    assert Path("known.json").is_file()
    monkeypatch.chdir("sub")
    assert main(["lint", "a.saga.yaml"]) == 0
    assert main(["lint", "a.saga.yaml", "--baseline", "own.json", "--write-baseline"]) == 0
    assert Path("own.json").is_file()


def test_a_new_baseline_keeps_what_was_not_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    put("a.saga.yaml", WRONG)
    put("b.saga.yaml", WRONG.replace("saga: order", "saga: other-order"))
    both = ["lint", "a.saga.yaml", "b.saga.yaml", "--baseline", "known.json"]
    assert main([*both, "--write-baseline"]) == 0
    before = Path("known.json").read_text()
    assert main(["lint", "a.saga.yaml", "--baseline", "known.json", "--write-baseline"]) == 0
    assert Path("known.json").read_text() == before
    put("a.saga.yaml", FIXED)
    assert main([*both, "--fail-on", "warning"]) == 1
    assert "SY022" in capsys.readouterr().out
    assert main([*both, "--fail-on", "warning", "--ignore", "SY022"]) == 0
    assert main(["lint", "b.saga.yaml", "--fail-on", "warning", "--baseline", "known.json"]) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lint", "a.saga.yaml", "--baseline", "folder"], "folder: cannot be read"),
        (["lint", "a.saga.yaml", "--baseline", "bytes"], "bytes: it is not UTF-8 text."),
        (
            ["lint", "a.saga.yaml", "--baseline", "no/such.json", "--write-baseline"],
            "no/such.json: cannot be written",
        ),
        (["lint", "a.saga.yaml", "--config", "folder"], "folder: there is no such file."),
        (["lint", "a.saga.yaml", "--config", "bytes"], "bytes: it is not UTF-8 text."),
        (["config", "show", "--config", "folder"], "folder: there is no such file."),
        (["fix", "folder/none.yaml"], "folder/none.yaml: there is no such file."),
    ],
)
def test_what_cannot_be_used_is_named_in_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    put("a.saga.yaml", WRONG)
    put("bytes", b"\xff\xfe\x00")
    Path("folder").mkdir()
    assert main(arguments) == 2
    seen = capsys.readouterr()
    assert seen.out == ""
    assert seen.err.startswith(f"sagac: {said}")
    assert seen.err.count("\n") == 1


def test_settings_choose_the_warnings_of_other_commands_and_never_hide_errors(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = FIXED.replace("card\n", "card  # sagac: ignore[CO001] not needed\n")
    put("warned.saga.yaml", text)
    put("wrong.saga.yaml", WRONG)
    assert main(["graph", "warned.saga.yaml"]) == 0
    assert "SY021" in capsys.readouterr().err
    put("sagac.toml", '[lint]\nignore = ["SY021", "CO"]\n')
    assert main(["graph", "warned.saga.yaml"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["lint", "wrong.saga.yaml"]) == 0
    assert main(["graph", "wrong.saga.yaml"]) == 1
    assert "CO001" in capsys.readouterr().err


def test_a_mistake_of_sagac_is_never_passed_over(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sagac.dsl.rules.pivot import pi006

    def crash(graph: object) -> None:
        raise ValueError("on purpose")

    monkeypatch.setattr(pi006, "check", crash)
    put("a.saga.yaml", WRONG)
    for options in (["--ignore", "ALL"], ["--select", "CO"], ["--fail-on", "never"]):
        assert main(["lint", "a.saga.yaml", *options]) == 3
        assert "IN001" in capsys.readouterr().out
