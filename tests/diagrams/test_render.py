"""Rendering for real: the wheel's engine draws svg and png; without an engine it is said clearly."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sagac.generators.diagrams.draw import Format, draw_flow, draw_sequence, draw_state
from sagac.generators.diagrams.render import (
    EngineFailedError,
    EngineMissingError,
    find_engine,
    render,
)
from sagac.generators.diagrams.story import story
from sagac.verify.scenario import success
from tests.diagrams.drawn import SPECS, edges, long_saga, nodes, spec

PNG = b"\x89PNG\r\n\x1a\n"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", SPECS)
def test_all_kinds_become_svg(name: str) -> None:
    graph = spec(name)
    told = story(graph, success(graph))
    for drawing, dot in (
        (draw_state(graph, Format.SVG), draw_state(graph, Format.DOT)),
        (draw_flow(graph, Format.SVG), draw_flow(graph, Format.DOT)),
        (draw_sequence(told, Format.SVG), draw_sequence(told, Format.DOT)),
    ):
        kinds = [each.get("class") for each in ElementTree.fromstring(drawing).iter(f"{SVG}g")]
        visible = [each for each in nodes(dot.decode()).values() if "invis" not in each]
        assert kinds.count("node") == len(visible)
        assert kinds.count("edge") == len(edges(dot.decode()))


def test_png_is_a_picture_of_some_size() -> None:
    drawn = draw_state(spec("order-fulfilment"), Format.PNG)
    assert drawn.startswith(PNG)
    width, height = (int.from_bytes(drawn[at : at + 4], "big") for at in (16, 20))
    assert width > 2 * height > 800


def test_places_are_kept() -> None:
    """The engine moves nothing: what stood on one line in the dot text does so in the picture."""
    drawn = draw_state(long_saga(8), Format.SVG).decode()
    tree = ElementTree.fromstring(drawn)
    places = {
        group.findtext(f"{SVG}title"): text.get("y")
        for group in tree.iter(f"{SVG}g")
        for text in group.findall(f"{SVG}text")[:1]
    }
    assert places["step_1"] == places["step_2"]
    assert places["step_1"] != places["step_8"]


def test_the_wheel_comes_before_a_system_dot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _command(tmp_path / "dot")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_engine() == Path(sysconfig.get_path("scripts"), "graphviz-pure")


def test_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = _command(tmp_path / "mine")
    monkeypatch.setenv("SAGAC_DOT", str(mine))
    assert find_engine() == mine
    monkeypatch.setenv("SAGAC_DOT", "no-such-command")
    with pytest.raises(EngineMissingError, match="no-such-command"):
        find_engine()


def test_without_an_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineMissingError, match="mermaid and dot need none"):
        render("digraph {}", "svg")
    _command(tmp_path / "dot")
    assert find_engine() == tmp_path / "dot"


def test_an_engine_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = _command(tmp_path / "broken", "echo 'cannot draw' >&2; exit 3")
    monkeypatch.setenv("SAGAC_DOT", str(broken))
    with pytest.raises(EngineFailedError, match="cannot draw"):
        render("digraph {}", "svg")


def _command(path: Path, body: str = "true") -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path
