"""The golden cases: a folder each, with ``spec.saga.yaml`` and the tree that comes of it."""

from __future__ import annotations

from pathlib import Path

from sagac.cli.played import play
from sagac.dsl.compile import compile
from sagac.dsl.graph import SagaGraph
from sagac.generators.base import Generated, Source
from sagac.generators.choreography.package import ChoreographyOptions, NatsGenerator
from sagac.generators.orchestrators.dbos.package import DbosGenerator, DbosOptions

SAME = ("/engine/", "/contract/", "/choreography/runtime/", "/choreography/testing/", "/player.py")
CHOREOGRAPHED = ("order_fulfilment",)
HERE = Path(__file__).parent
SPECS = HERE.parent.parent / "specs"
CASES = sorted(each.parent.name for each in HERE.glob("*/spec.saga.yaml"))


def graph_of(spec: Path) -> SagaGraph:
    """The graph of a spec."""

    def load(path: str) -> bytes:
        return Path(path).read_bytes()

    compilation = compile(spec.read_bytes(), spec.as_posix(), load)
    assert compilation.graph is not None, compilation.diagnostics
    return compilation.graph


def choreographed(spec: Path) -> Generated:
    """The files of a spec in the other style, on NATS."""
    options = ChoreographyOptions()
    graph = graph_of(spec)
    return NatsGenerator().generate(graph, Source(spec.name, "0" * 64), (), options, play(graph))


def generated(spec: Path) -> Generated:
    """The files of a spec, as the command writes them."""
    source = Source(spec.name, "0" * 64)
    graph = graph_of(spec)
    return DbosGenerator().generate(graph, source, (), DbosOptions(), play(graph))


def expected(case: str, name: str = "expected") -> dict[str, str]:
    """The tree that is kept for a case; ``choreographed`` has what only that style has."""
    folder = HERE / case / name
    files = (each for each in folder.rglob("*.txt"))
    return {
        each.relative_to(folder).as_posix().removesuffix(".txt"): each.read_text("utf-8")
        for each in files
    }


def shown(made: Generated) -> dict[str, str]:
    """The files that are compared: all but the parts that are the same everywhere."""
    own = (each for each in made.files if not any(part in each.path for part in SAME))
    return {each.path: each.text for each in own}


def write(made: Generated, folder: Path) -> None:
    """Puts all files into ``folder``."""
    for file in made.files:
        place = folder / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(file.text, encoding="utf-8")
