"""``sagac diagram``: formats, files, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sagac.cli.diagram import command
from tests.diagrams.drawn import ROOT, spec

ORDER = str(ROOT / "specs/order-fulfilment.saga.yaml")


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(command, [ORDER, *arguments])


def test_svg_of_the_state_machine_is_the_default() -> None:
    done = _run()
    assert done.exit_code == 0
    assert "<title>COMPENSATED</title>" in done.stdout


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("a.svg", b"<?xml"),
        ("a.png", b"\x89PNG"),
        ("a.mmd", b"---\ntitle"),
        ("a.dot", b"digraph"),
        ("a", b"<?xml"),
    ],
)
def test_the_name_of_the_file_says_the_format(tmp_path: Path, name: str, begins: bytes) -> None:
    assert _run("-o", str(tmp_path / name)).exit_code == 0
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_one_failure() -> None:
    done = _run("--fail", "charge_payment:card_declined", "--format", "mermaid")
    assert done.exit_code == 0
    assert "sequenceDiagram" in done.stdout
    assert "card_declined" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--fail", "charge_paymnt"), "charge_payment"),
        (("--fail", "charge_payment:no_such"), "card_declined"),
        (("--fail", "charge_payment", "--kind", "flow"), "sequence"),
        (("--fail", "tell_customer"), "does not fail by itself"),
        (("--all",), "-o FOLDER"),
        (("-o", "a.pdf"), ".svg, .png, .mmd, .dot"),
        (("-o", "/dev/null/x.svg"), "cannot write"),
    ],
)
def test_wrong_use_is_said(arguments: tuple[str, ...], message: str) -> None:
    done = _run(*arguments)
    assert done.exit_code == 2
    assert message in done.stderr


def test_a_png_does_not_go_to_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sagac.cli.diagram._to_terminal", lambda: True)
    done = _run("--format", "png")
    assert done.exit_code == 2
    assert "terminal" in done.stderr
    assert _run("--format", "dot").exit_code == 0


def test_without_an_engine_it_suggests_what_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGAC_DOT", "no-such-command")
    done = _run()
    assert done.exit_code == 2
    assert "mermaid and dot" in done.stderr
    assert _run("--format", "mermaid").exit_code == 0


def test_all_pictures(tmp_path: Path) -> None:
    assert _run("--all", "-o", str(tmp_path / "new")).exit_code == 0
    stems = ["state", "flow", "success"]
    stems += [f"fail.{each.item}.{each.reason}" for each in spec("order-fulfilment").failure_points]
    written = {path.name for path in (tmp_path / "new").iterdir()}
    assert written == {f"order-fulfilment.{stem}.{end}" for stem in stems for end in ("svg", "mmd")}
