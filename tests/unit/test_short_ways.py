"""The short ways that most of a saga takes come to what the long ways come to."""

from __future__ import annotations

import ast
import random
import warnings
from itertools import product

import pytest

from sagac.dsl.binder import Binder
from sagac.dsl.compile import Compilation
from sagac.dsl.compile import compile as compile_saga
from sagac.dsl.diagnostics import Diagnostics
from sagac.dsl.expression_python import python_tree
from sagac.dsl.expressions import parse_expression
from sagac.dsl.nodes import Scalar
from sagac.dsl.rules import conditions
from sagac.dsl.rules.conditions import Conditions, Kind, Statement
from sagac.dsl.span import Span
from sagac.dsl.syntax import Expr

from .resolving import SPECS

PIECES = ("1", "1.", ".5", "0x1f", "a", "or", "in", "is", "(", ")", '"', "\\d", "==", "1_0", "1e5")


def test_no_expression_of_which_python_warns_is_parsed_unwatched() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for pieces in product(PIECES, repeat=3):
            text = "".join(pieces)
            try:
                unwatched = ast.dump(ast.parse(text, mode="eval").body)
            except (SyntaxError, ValueError, Warning):
                unwatched = ""
            try:
                watched = ast.dump(python_tree(text))
            except (SyntaxError, ValueError, Warning):
                watched = ""
            assert watched == unwatched, text


# -- conditions ---------------------------------------------------------------------------------

SUBJECTS = ("input.a", "input.b", "input.c", "len(input.l)", "input.x.y")
TESTS = ("{}", "{} > 3", "{} <= 1.5", "{} == 3", "{} != 'p'", "{} is None", "{} in ['p', 'q']")
KINDS = (
    Kind(),
    Kind(optional=True),
    Kind((True, False), optional=False),
    Kind(("p", "q"), optional=False),
    Kind(("p",), optional=False),
    Kind(whole=True, optional=False),
)


def _condition(pick: random.Random, depth: int) -> str:
    if not depth or pick.random() < 0.4:
        return pick.choice(TESTS).format(pick.choice(SUBJECTS))
    left, right = _condition(pick, depth - 1), _condition(pick, depth - 1)
    return pick.choice([f"not ({left})", f"({left}) and ({right})", f"({left}) or ({right})"])


def _statements(known: Conditions, pick: random.Random) -> list[Statement]:
    found = []
    for _ in range(pick.randint(1, 3)):
        text = _condition(pick, 2)
        expr = parse_expression(
            Scalar(text, text, Span(1, 1, 1, 1 + len(text)), True), Diagnostics()
        )
        assert expr is not None
        found.append(known.statement(expr, pick.random() < 0.5))
    return found


@pytest.mark.parametrize("seed", range(400))
def test_free_conditions_are_judged_as_by_trying(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pick = random.Random(seed)
    kinds: dict[str, Kind] = {}

    def kind_of(subject: str, expr: Expr) -> Kind:
        if subject.startswith("Call"):
            return Kind(whole=True, optional=False, counted=True)
        return kinds.setdefault(subject, pick.choice(KINDS))

    known = Conditions()
    statements = _statements(known, pick)
    try:
        short = known.impossible(statements, kind_of)
        monkeypatch.setattr(conditions, "_is_open", lambda test, kind: False)
        assert short == known.impossible(statements, kind_of)
    except TypeError:  # a text compared with a number, of which the types speak before
        assert {"p", "q"} & {each for kind in kinds.values() for each in kind.values or ()}


# -- types --------------------------------------------------------------------------------------

LOOP = """\
  - foreach: each
    in: input.lines
    as: line
    steps:
      - step: pick
        service: shop
        input: { line: "${line}", of: "${first.place}", id: "${input.id}" }
        output: { found?: string, at: { enum: [here, there] }, whole: Line }
        compensate: put_back
      - step: pack
        service: shop
        if: input.note is not None
        input: { at: "${pick.at}", found: "${pick.found}", whole: "${pick.whole}" }
        output: { box: string }
        compensate: { action: unpack, input: [id, pack.box, pick.at] }
"""
WRONG = """\
      - step: label
        service: shop
        input: [id, pick.at]
        needs: []
        effect: none
"""
SAGA = f"""\
saga: a
version: 1
key: ${{input.id}}
services: {{ shop: {{}} }}
types: {{ Line: {{ sku: string }} }}
input: {{ id: string, note?: string, lines: [string], line_of: Line }}
steps:
  - step: first
    service: shop
    input: [id, line_of, note]
    output: {{ place: string }}
    compensate: undo_first
{LOOP}"""
OWN = {"right": SAGA, "wrong": SAGA + WRONG}


@pytest.mark.parametrize("name", [*OWN, *sorted(each.name for each in SPECS.glob("*.saga.yaml"))])
def test_sure_types_are_those_that_are_inferred(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def compiled() -> Compilation:
        text = OWN.get(name) or SPECS.joinpath(name).read_text("utf-8")
        return compile_saga(text, name, lambda path: SPECS.joinpath(path).read_bytes())

    short = compiled()
    monkeypatch.setattr(Binder, "_sure_type", lambda self, value, spot: None)
    monkeypatch.setattr(Binder, "sure_field", lambda self, name, value, spot: None)
    long = compiled()
    assert short.diagnostics == long.diagnostics
    assert short.resolved == long.resolved
    assert (short.resolved is None) == (name == "wrong")  # what is wrong there is found both ways
