"""The page of the reference: its tables are those of the code, its examples compile."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft7Validator

from sagac.dsl.compile import compile
from sagac.dsl.defaults import LONGEST_PAUSE
from sagac.dsl.diagnostics import Diagnostics, Severity
from sagac.dsl.evaluate import evaluate
from sagac.dsl.expressions import parse_expression
from sagac.dsl.facts import DEFAULT_RETRY, DEFAULT_TIMEOUT
from sagac.dsl.literals import READERS, read_literal
from sagac.dsl.nodes import Scalar
from sagac.dsl.reader_scalars import core_value
from sagac.dsl.reference.example import plain
from sagac.dsl.reference.forms import DOCS
from sagac.dsl.reference.lists import FUNCTIONS, TYPES
from sagac.dsl.reference.page import filled, parts
from sagac.dsl.reference.schema import schema
from sagac.dsl.reference.tables import KEYS
from sagac.dsl.span import NOWHERE
from tests.reference.blocks import PAGE, SPECS, Block, blocks

TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = list(blocks(TEXT))
GOOD = [block for block in BLOCKS if block.code is None]


def load(name: str) -> str:
    return (SPECS / name).read_text(encoding="utf-8")


def test_it_is_up_to_date() -> None:
    assert filled(TEXT, load) == TEXT, "run: make docs"


@pytest.mark.parametrize("name", parts())
def test_it_has_every_part(name: str) -> None:
    assert f"<!-- made: {name} -->\n" in TEXT


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"line {block.line}")
def test_an_example_compiles(block: Block) -> None:
    """Warnings of other rules are left out: a piece of a saga uses little of what is around it."""
    diagnostics = compile(block.text, "example.saga.yaml", load).diagnostics
    found = [e for e in diagnostics if e.severity is Severity.ERROR or e.code == block.code]
    expected = [block.code] if block.code else []
    assert [each.code for each in found] == expected, [each.message for each in found]


@pytest.mark.parametrize("block", GOOD, ids=lambda block: f"line {block.line}")
def test_an_example_is_valid_by_the_schema(block: Block) -> None:
    validator = Draft7Validator(schema())
    assert not [each.message for each in validator.iter_errors(plain(block.text))]


def test_every_kind_of_item_and_every_key_of_it_is_there() -> None:
    used: set[str] = set()
    todo: list[Any] = [plain(block.text) for block in GOOD]
    while todo:
        each = todo.pop()
        if isinstance(each, dict):
            used.update(each)
            todo += each.values()
        elif isinstance(each, list):
            todo += each
    told = {name for mapping in KEYS for name in KEYS[mapping]}
    for name in told:
        assert name in used or f"`{name}:" in TEXT, name
    assert {"step", "undo", "parallel", "choose", "foreach", "repeat", "wait", "saga"} <= used


def test_its_links_lead_somewhere() -> None:
    titles = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}
    assert len(anchors) == len(titles)
    for target in re.findall(r"\]\(#([^)]+)\)", TEXT):
        assert target in anchors, target
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", TEXT):
        assert (SPECS / target).exists(), target
    for said in DOCS.values():
        assert set(re.findall(r"\(#([\w-]+)\)", said)) <= anchors, said


@pytest.mark.parametrize(("name", "function"), FUNCTIONS.items())
def test_the_example_of_a_function(name: str, function: Any) -> None:
    found = Diagnostics()
    node = Scalar(function.example, function.example, NOWHERE, True)
    tree = parse_expression(node, found)
    assert tree is not None, list(found)
    assert name in function.example
    value = evaluate(tree, {})
    assert (value, type(value)) == (plain(function.result), type(plain(function.result)))


@pytest.mark.parametrize("name", [name for name in TYPES if name in READERS])
def test_the_literal_of_a_type(name: str) -> None:
    assert read_literal(TYPES[name][1], name) is not None


def test_numbers_in_words_are_those_of_the_code() -> None:
    assert DEFAULT_TIMEOUT == 30
    assert LONGEST_PAUSE == 5 * 60
    assert DEFAULT_RETRY.attempts == 3
    timeouts = [keys["timeout"].without for name, keys in KEYS.items() if name in ("step", "undo")]
    assert all("`30s`" in each for each in timeouts)
    assert "`5m`" in KEYS["retry"]["max"].without
    assert "else 3 attempts" in KEYS["step"]["retry"].without


KINDS_OF_SCALARS = {
    "null": type(None),
    "a boolean": bool,
    "a whole number": int,
    "a number": float,
    "text": str,
}


def test_scalars_are_read_as_the_page_says() -> None:
    table = TEXT.split("\n## YAML\n")[1].split("\n## ")[0]
    seen = 0
    for written, read in re.findall(r"^\| (.+?) \| ([\w ]+)", table, re.MULTILINE):
        kind = next((k for k in KINDS_OF_SCALARS if read.startswith(k)), None)
        for scalar in re.findall(r"`([^`]+)`", written) if kind else ():
            assert type(core_value(scalar)) is KINDS_OF_SCALARS[str(kind)], scalar
            seen += 1
    assert seen > 20


def test_a_fragment_without_a_mark_is_seen() -> None:
    with pytest.raises(ValueError, match="line 2"):
        list(blocks("```yaml\nretry: {}\n```\n"))
