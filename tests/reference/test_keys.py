"""Every key that the parser knows is described, with an example that it takes."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft7Validator

from sagac.dsl.expression_tree import FUNCTIONS
from sagac.dsl.parser_vocabulary import KINDS, PARTS, WORDS
from sagac.dsl.reference import keys_items, lists
from sagac.dsl.reference.example import plain
from sagac.dsl.reference.schema import DRAFT, schema
from sagac.dsl.reference.tables import FILE, KEYS, names, required
from sagac.dsl.types import PRIMITIVES
from tests.properties.test_schema_agrees import looked_at
from tests.reference.hosts import whole

ALL = [(mapping, key) for mapping in KEYS for key in KEYS[mapping]]
ALONE = {"wait": ("for", "event", "first"), "race": ("event", "after")}


def test_every_mapping_is_described() -> None:
    assert set(KEYS) == {FILE, "common", *KINDS, *PARTS}
    assert keys_items.KINDS.keys() == KINDS.keys()


@pytest.mark.parametrize("mapping", KEYS)
def test_every_key_is_described(mapping: str) -> None:
    assert sorted(KEYS[mapping]) == sorted(names(mapping))
    for name, key in KEYS[mapping].items():
        assert key.doc.endswith("."), name
        assert not (key.default and key.without), name
        assert not (name in required(mapping) and (key.default or key.without)), name


@pytest.mark.parametrize(("mapping", "key"), ALL)
def test_its_example_is_taken(mapping: str, key: str) -> None:
    written = whole(mapping, {key: plain(KEYS[mapping][key].example)})
    _alone(written, mapping, key)
    valid, found = looked_at(json.dumps(written))
    assert not found
    assert valid


@pytest.mark.parametrize(("mapping", "key"), ALL)
def test_its_words_are_those_of_the_parser(mapping: str, key: str) -> None:
    form = KEYS[mapping][key].form
    assert (
        form == f"word {key}"
        if form.startswith("word ")
        else key not in WORDS
        or form
        in (
            "attempts",
            "join",
            "pivot",
        )
    )


def _alone(written: dict[str, object], mapping: str, key: str) -> None:
    """Takes away what does not go with ``key``."""
    if key not in ALONE.get(mapping, ()):
        return
    item = written["steps"][0]  # type: ignore[index]
    holder = item if mapping == "wait" else item["first"][0]
    for other in (*ALONE[mapping], *(("timeout",) if key != "event" else ())):
        if other != key:
            holder.pop(other, None)


def test_functions_and_types_are_all_described() -> None:
    assert lists.FUNCTIONS.keys() == FUNCTIONS.keys()
    assert tuple(lists.TYPES) == PRIMITIVES


def test_the_schema_is_one() -> None:
    made = schema()
    Draft7Validator.check_schema(made)
    assert made["$schema"] == DRAFT


def test_every_key_of_the_schema_says_what_it_is() -> None:
    todo: list[object] = [schema()]
    seen = 0
    while todo:
        each = todo.pop()
        if isinstance(each, dict):
            if each.get("additionalProperties") is False:
                for name, key in each["properties"].items():
                    assert key["description"], name
                    seen += 1
            todo += each.values()
        elif isinstance(each, list):
            todo += each
    assert seen > len(ALL)
