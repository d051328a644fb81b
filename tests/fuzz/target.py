"""What is fuzzed: the whole way of a file, from its bytes to findings as text, or to code."""

from __future__ import annotations

import ast
import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from sagac.cli.played import play
from sagac.dsl.compile import Compilation, compile
from sagac.dsl.diagnostics import Diagnostic, Severity
from sagac.dsl.graph import SagaGraph
from sagac.dsl.graph_text import to_dot, to_json
from sagac.dsl.report import json_, text
from sagac.dsl.span import Span
from sagac.generators.base import Source
from sagac.generators.orchestrators.dbos.package import DbosGenerator, DbosOptions
from sagac.generators.plan import check_paths

SPECS = Path(__file__).resolve().parents[2] / "specs"
FILE = "fuzzed.saga.yaml"
LARGEST = 20_000  # bytes of a fuzzed file: what is larger has tests of its own


class Broken(AssertionError):
    """A promise to whoever reads the answer does not hold."""


def seeds() -> Iterator[bytes]:
    """The sagas that fuzzing begins with: the good examples and the seeded defects."""
    for path in sorted(SPECS.rglob("*.saga.yaml")):
        yield path.read_bytes()


def run(data: bytes, *, deep: bool = True) -> None:
    """Sends ``data`` through sagac; ``deep`` generates code too.

    Raises whatever sagac raises, and Broken if an answer is not what was promised.
    """
    made = compile(data, FILE, _load)
    for found in made.diagnostics:
        _check_finding(found, made)
    if made.graph is None and not made.has_errors:
        raise Broken("nothing came of it, and nothing is said to be wrong")
    shown = text.render(list(made.diagnostics), dict(made.sources), colour=False)
    _check_printable(shown)
    json.loads(json_.render(list(made.diagnostics)))
    if deep and made.graph is not None:
        _check_output(made.graph)


def _load(path: str) -> bytes:
    place = SPECS / Path(path).name
    if path != place.name:
        raise ValueError("it is outside the project's folder")
    return place.read_bytes()


def _check_finding(found: Diagnostic, made: Compilation) -> None:
    if found.code == "IN001":
        raise Broken(f"a rule has crashed: {found.message} {found.help}")
    if not found.message or "\n" in found.message:
        raise Broken(f"the message is not one line: {found.message!r}")
    if found.severity is Severity.ERROR and len(found.message) > 2_000:
        raise Broken(f"{found.code} says too much: {found.message[:200]}")
    for span in (found.span, *(label.span for label in found.labels)):
        _check_span(span, found, made)


def _check_span(span: Span, found: Diagnostic, made: Compilation) -> None:
    source = made.sources.get(span.file)
    if source is None:
        raise Broken(f"{found.code} points into {span.file!r}, which was not read")
    lines = source.count("\n") + source.count("\r") + 2
    ordered = (span.line, span.column) <= (span.end_line, span.end_column)
    if not (1 <= span.line <= span.end_line <= lines and span.column >= 1 and ordered):
        raise Broken(f"{found.code} points at {span}, where nothing is")


def _check_printable(shown: str) -> None:
    """No character may move the cursor of a terminal or turn the direction of writing."""
    for character in set(shown):
        if character in "\n\t":
            continue
        category = unicodedata.category(character)
        if category in ("Cc", "Cs", "Zl", "Zp") or "\u202a" <= character <= "\u202e":
            raise Broken(f"U+{ord(character):04X} reaches the terminal")


def _check_output(graph: SagaGraph) -> None:
    json.loads(to_json(graph))
    to_dot(graph)
    made = DbosGenerator().generate(graph, Source(FILE, "0" * 64), (), DbosOptions(), play(graph))
    check_paths(each.path for each in made.files)
    for file in made.files:
        if file.path.endswith(".py"):
            ast.parse(file.text, file.path)
