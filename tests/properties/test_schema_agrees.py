"""The JSON Schema and the parser say the same, as far as a schema can say it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from sagac.dsl.diagnostics import Diagnostic, Diagnostics
from sagac.dsl.parser import parse
from sagac.dsl.reader import read
from sagac.dsl.reference.example import data
from sagac.dsl.reference.schema import schema
from tests.properties.mutations import mutated
from tests.properties.sagas import sagas
from tests.unit.parsing import SPECS

VALIDATOR = Draft7Validator(schema())
SHAPE = {"SY002", "SY003", "SY004", "SY008", "SY009", "SY010", "TY003"}
RELAXED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def looked_at(text: str) -> tuple[bool, list[Diagnostic]]:
    """Whether the schema takes ``text``, and what the parser finds."""
    found = Diagnostics()
    tree, suppressions = read(text, "f", found)
    assert tree is not None
    parse(tree, "f", found, suppressions)
    return VALIDATOR.is_valid(data(tree)), list(found)


def check_agreement(text: str) -> None:
    valid, found = looked_at(text)
    if not valid:
        assert found, [each.message for each in VALIDATOR.iter_errors(json.loads(text))]
    shape = [f"{each.code} {each.message}" for each in found if each.code in SHAPE]
    shape = [each for each in shape if not _unseen(each)]
    assert not (valid and shape), shape


def _unseen(finding: str) -> bool:
    """What no schema can see; each has a case below."""
    return "There is no type" in finding or "This is not JSON Schema" in finding


@cache
def specs() -> list[Any]:
    return [data_of(path) for path in SPECS]


def data_of(path: Path) -> Any:
    tree, _ = read(path.read_text(encoding="utf-8"), "f", Diagnostics())
    assert tree is not None
    return data(tree)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_the_examples_are_valid(path: Path) -> None:
    assert not [each.message for each in VALIDATOR.iter_errors(data_of(path))]


@given(text=sagas())
@settings(max_examples=60, deadline=None, suppress_health_check=RELAXED)
def test_random_sagas_are_valid(text: str) -> None:
    assert not [each.message for each in VALIDATOR.iter_errors(yaml.safe_load(text))]


@given(choice=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=RELAXED)
def test_mistakes_in_the_examples(choice: st.DataObject) -> None:
    good = choice.draw(st.sampled_from(specs()))
    check_agreement(json.dumps(choice.draw(mutated(good))))


@given(choice=st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=RELAXED)
def test_mistakes_in_random_sagas(choice: st.DataObject) -> None:
    good = yaml.safe_load(choice.draw(sagas()))
    check_agreement(json.dumps(choice.draw(mutated(good))))
