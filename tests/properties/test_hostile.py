"""Whatever text a spec holds: findings or files that say no more than sagac wrote."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings

from sagac.cli.played import play
from sagac.dsl.compile import compile
from sagac.dsl.graph import SagaGraph
from sagac.dsl.graph_text import to_dot, to_json
from sagac.generators.base import Generated, Source
from sagac.generators.choreography.package import ChoreographyGenerator, ChoreographyOptions
from sagac.generators.choreography.table_text import to_text
from sagac.generators.diagrams.draw import (
    Format,
    draw_events,
    draw_flow,
    draw_sequence,
    draw_state,
)
from sagac.generators.diagrams.events import listening
from sagac.generators.diagrams.render import find_engine, render
from sagac.generators.diagrams.story import story
from sagac.generators.orchestrators.dbos.package import DbosGenerator, DbosOptions
from sagac.generators.plan import check_paths
from sagac.verify.scenario import success

from .hostile import AWKWARD, CANARY, SPECS, TEXTS, WAITING, check, hostile

MORE = os.environ.get("SAGAC_EXAMPLES")  # so many, and other ones each time
EXAMPLES = settings(
    max_examples=int(MORE or 100),
    deadline=None,
    derandomize=MORE is None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


def compiled(text: str) -> SagaGraph | None:
    """The graph of a text; other files are those of the examples."""

    def load(path: str) -> bytes:
        place = SPECS / Path(path).name
        if path != place.name:
            raise ValueError("it is outside the project's folder")
        return place.read_bytes()

    return compile(text, "hostile.saga.yaml", load).graph


def generated(graph: SagaGraph, name: str = "hostile.saga.yaml") -> Generated:
    """The files of a saga whose spec has a name."""
    return DbosGenerator().generate(graph, Source(name, "0" * 64), (), DbosOptions(), play(graph))


def choreographed(graph: SagaGraph) -> Generated:
    """The files in the other style; none if there are findings."""
    options = ChoreographyOptions()
    return ChoreographyGenerator().generate(graph, Source("hostile", "0" * 64), (), options)


@given(hostile())
@example(AWKWARD)
@example(WAITING)
@EXAMPLES
def test_generated_files_hold_no_code_of_the_spec(text: str) -> None:
    graph = compiled(text)
    if graph is not None:
        made = generated(graph)
        check_paths(each.path for each in made.files)
        check(made)


@given(hostile())
@example(AWKWARD)
@example(WAITING)
@settings(EXAMPLES, max_examples=EXAMPLES.max_examples // 2)
def test_choreographed_files_hold_no_code_of_the_spec(text: str) -> None:
    graph = compiled(text)
    if graph is not None:
        made = choreographed(graph)
        check_paths(each.path for each in made.files)
        check(made)
        to_text(graph)
        drawn = draw_events(listening(graph), Format.DOT).decode()
        assert CANARY not in _outside_text(drawn)


@pytest.mark.parametrize("name", [*filter(None, map(str.strip, TEXTS)), f"coding=utf-7 {CANARY}"])
def test_the_name_of_the_file_is_only_text(name: str) -> None:
    graph = compiled((SPECS / "order-fulfilment.saga.yaml").read_text(encoding="utf-8"))
    assert graph is not None
    check(generated(graph, name))


@given(hostile())
@settings(EXAMPLES, max_examples=EXAMPLES.max_examples // 2)
def test_pictures_show_text_and_nothing_else(text: str) -> None:
    graph = compiled(text)
    if graph is None:
        return
    assert isinstance(json.loads(to_json(graph)), dict)
    told = story(graph, success(graph))
    for drawn in (
        draw_state(graph, Format.DOT),
        draw_flow(graph, Format.DOT),
        draw_sequence(told, Format.DOT),
        to_dot(graph).encode(),
    ):
        assert CANARY not in _outside_text(drawn.decode())
    for drawn in (
        draw_state(graph, Format.MERMAID),
        draw_flow(graph, Format.MERMAID),
        draw_sequence(told, Format.MERMAID),
    ):
        assert not re.search(r"^\s*(click|%%|end\S)|<script|</svg", drawn.decode(), re.MULTILINE)


def _outside_text(dot: str) -> str:
    """What of dot text is neither in quotes nor the text of an HTML-like label."""
    left = re.sub(r'"(?:[^"\\]|\\.)*"', '""', dot, flags=re.DOTALL)
    return re.sub(r">[^<>]*<", "><", left)


def _sample() -> list[SagaGraph]:
    """Some sagas that did compile."""
    found: list[SagaGraph] = []

    @given(hostile())
    @example(AWKWARD)
    @example(WAITING)
    @settings(EXAMPLES, max_examples=int(MORE or 24))
    def collect(text: str) -> None:
        graph = compiled(text)
        if graph is not None:
            found.append(graph)

    collect()
    return found


def test_a_sample_is_drawn() -> None:
    pytest.importorskip("graphviz")
    find_engine()
    for graph in _sample()[-6:]:
        told = story(graph, success(graph))
        for dot in (
            draw_state(graph, Format.DOT),
            draw_flow(graph, Format.DOT),
            draw_sequence(told, Format.DOT),
            to_dot(graph).encode(),
        ):
            drawn = ElementTree.fromstring(render(dot.decode(), "svg"))
            titles = [each.text or "" for each in drawn.iter("{http://www.w3.org/2000/svg}title")]
            assert titles
            assert not [each for each in titles if CANARY in each]


@pytest.mark.parametrize("make", [generated, choreographed])
def test_a_sample_type_checks(tmp_path: Path, make: Callable[[SagaGraph], Generated]) -> None:
    """All of it but what is written to be run: that needs the packages beside it."""
    roots: list[str] = []
    for number, graph in enumerate(_sample()):
        package = tmp_path / f"case_{number}"
        for file in make(graph).files:
            first, _, rest = file.path.partition("/")
            runs = rest in ("", "worker.py", "__main__.py") or not rest.endswith(".py")
            if first != "handlers" and not runs:
                place = package / rest
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(file.text, encoding="utf-8")
        roots += [str(package)] * package.exists()  # none of a saga that cannot be choreographed
    assert roots
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", *roots],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
