"""What makes the linter fast changes nothing of what it says; nothing here is timed."""

from __future__ import annotations

import gc

import pytest

from sagac.dsl.compile import compile as compile_saga
from sagac.dsl.diagnostics import Diagnostics
from sagac.dsl.expression_tree import parse_tree
from sagac.dsl.expressions import parse_expression
from sagac.dsl.nodes import Scalar
from sagac.dsl.places import Place
from sagac.dsl.span import Span

from .resolving import SPECS

ORDER = "order-fulfilment.saga.yaml"
NAMES = ("a", "input.a", "a.b_1.c", "A9.z", "len", "len.a", "true", "null.a", "None", "a.if", "not")
ODD_NAMES = ("_a", "a._b", "a..b", "a.", ".a", " a.b ", "a .b", "ä.b", "a.b\n", "a1.2", "async")


def test_a_compilation_leaves_no_cycles() -> None:
    """Else what it leaves would have to be walked by the collector, which is spared that."""
    text = SPECS.joinpath(ORDER).read_bytes()
    load = lambda path: SPECS.joinpath(path).read_bytes()  # noqa: E731
    compile_saga(text, ORDER, load)  # imports
    gc.collect()
    gc.disable()
    try:
        compile_saga(text, ORDER, load)
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_a_lint_draws_no_graph_and_finds_no_live_data() -> None:
    text = SPECS.joinpath(ORDER).read_bytes()
    done = compile_saga(text, ORDER, lambda path: SPECS.joinpath(path).read_bytes())
    assert done.graph is not None
    assert vars(done.graph).keys().isdisjoint(("edges", "_drawing"))
    assert any(edge.live for edge in done.graph.edges)


@pytest.mark.parametrize("text", NAMES + ODD_NAMES)
def test_names_mean_what_the_parser_of_expressions_says(text: str) -> None:
    node = Scalar(text, text, Span(3, 7, 3, 7 + len(text), "x.saga.yaml"), True)
    short, long = Diagnostics(), Diagnostics()
    assert parse_expression(node, short) == parse_tree(text, Place(node), long)
    assert list(short) == list(long)
