"""The schema beside the parser, key by key; and what a schema cannot see."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from sagac.dsl.compile import compile
from sagac.dsl.reference.schema import text
from sagac.dsl.reference.tables import KEYS
from tests.properties.mutations import KNOWN, VALUES
from tests.properties.test_schema_agrees import check_agreement, looked_at
from tests.reference.hosts import PARTS, whole

ROOT = Path(__file__).resolve().parents[2]


def test_the_file_is_up_to_date() -> None:
    written = ROOT.joinpath("specs", "saga.schema.json").read_text(encoding="utf-8")
    assert written == text(), "run: make docs"


@pytest.mark.parametrize("mapping", KEYS)
def test_they_agree_on_the_least(mapping: str) -> None:
    valid, found = looked_at(json.dumps(whole(mapping)))
    assert not found
    assert valid


@pytest.mark.parametrize(
    ("mapping", "key"), [(mapping, key) for mapping in KEYS for key in KEYS[mapping]]
)
def test_they_agree_on_every_value(mapping: str, key: str) -> None:
    for value in VALUES:
        check_agreement(json.dumps(whole(mapping, {key: copy.deepcopy(value)})))


@pytest.mark.parametrize("mapping", KEYS)
def test_they_agree_on_every_key(mapping: str) -> None:
    for key in (*KNOWN, "zzz"):
        check_agreement(json.dumps(whole(mapping, {key: "a"})))


@pytest.mark.parametrize("mapping", [each for each in KEYS if each not in PARTS])
def test_they_agree_on_what_is_missing(mapping: str) -> None:
    made = whole(mapping)
    holder = made if mapping == "file" else made["steps"][0]
    for key in list(holder):
        without = copy.deepcopy(made)
        del (without if mapping == "file" else without["steps"][0])[key]
        check_agreement(json.dumps(without))


HEAD = """\
saga: a-b
version: 1
key: ${input.x}
services: { s: }
input: { x: string }
"""
STEPS = "steps: [{ step: a, service: s, effect: none }]\n"
UNSEEN = {
    "the order of keys": ("SY004", HEAD + "steps: [{ service: s, step: a, effect: none }]\n"),
    "a key that is there twice": ("SY005", HEAD + "version: 2\n" + STEPS),
    "a field with and without `?`": (
        "SY005",
        HEAD + "types: { A: { b: string, b?: string } }\n" + STEPS,
    ),
    "a name that is there twice": (
        "NA002",
        HEAD + "steps: [{ fail: a }, { fail: a }]\n",
    ),
    "a type that is not declared": ("TY003", HEAD + "output: {}\ntypes: { A: B }\n" + STEPS),
    "JSON Schema that is none": (
        "TY003",
        HEAD + "types: { A: { schema: { type: 1 } } }\n" + STEPS,
    ),
    "the syntax of an expression": (
        "TY001",
        HEAD + "steps: [{ step: a, service: s, effect: none, if: 'x =' }]\n",
    ),
    "a whole number written with a point": ("SY004", HEAD.replace("1\n", "1.0\n", 1) + STEPS),
    "a number that is not exact": (
        "SY009",
        HEAD + "output: { a: 0.12345678901234567890 }\n" + STEPS,
    ),
    "a duration beyond a hundred years": ("SY009", HEAD + "deadline: 999999999999d\n" + STEPS),
    "tags": ("SY007", HEAD + "description: !!str a\n" + STEPS),
    "names that nothing has": (
        "NA001",
        HEAD + "steps: [{ step: a, service: t, effect: none }]\n",
    ),
    "types, order, roles and everything else that the rules are about": (
        "CO001",
        HEAD + "steps: [{ step: a, service: s }, { step: b, service: s, fails: [no] }]\n",
    ),
}


@pytest.mark.parametrize("what", UNSEEN)
def test_what_a_schema_cannot_see(what: str) -> None:
    code, written = UNSEEN[what]
    valid, _ = looked_at(written)
    assert valid, "the schema sees it now: take it off this list"
    findings = compile(written, "f.saga.yaml", lambda path: "").diagnostics
    assert code in {each.code for each in findings}
