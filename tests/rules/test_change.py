"""A change of meaning needs a new version: a saga beside what it was before."""

from __future__ import annotations

import pytest

from sagac.dsl.compile import compile as compile_saga
from sagac.dsl.graph import SagaGraph
from sagac.dsl.rules import registry

from .test_cases import FILE, shown

BEFORE = """\
saga: purchase
version: 3
key: ${input.id}
deadline: 24h
services: { stock: { team: goods } }
defaults: { timeout: 10s }
input: { id: string }
steps:
  - step: reserve
    service: stock
    input: [id]
    compensate: release
"""
PACK = """\
  - step: pack
    service: stock
    input: [id]
    compensate: unpack
"""


def graph_of(text: str) -> SagaGraph:
    graph = compile_saga(text, FILE, lambda path: "").graph
    assert graph is not None
    return graph


def messages(before: str, after: str) -> list[dict[str, object]]:
    now = graph_of(after)
    checks = registry.change_checks(now, graph_of(before), "v1.2")
    return [shown(each, {FILE: (after, 0)}) for each in registry.run(checks, now.saga.name.span)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 3", "version: 4"),  # raised, though nothing has changed
        ("team: goods", "team: depot"),
        ("deadline: 24h", "deadline: 1d  # the same"),
        ("key: ${input.id}", "description: A purchase.\nkey: ${input.id}"),
        ("saga: purchase\nversion: 3", "saga: order\nversion: 1"),  # another saga
    ],
)
def test_the_meaning_is_the_same_or_the_version_new(old: str, new: str) -> None:
    assert messages(BEFORE, BEFORE.replace(old, new)) == []
    raised = BEFORE.replace(old, new).replace("deadline: 24h", "deadline: 2h")
    assert messages(BEFORE, raised.replace("version: 3", "version: 4")) == []


LOOP = """\
  - foreach: lines
    in: "[each for each in input.lines if each.sku != '']"
    as: line
    steps:
      - step: pack
        service: stock
        input: [line.sku, id]
        compensate: unpack
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("input: [id]", "input: [note]"),
        ("in input.lines", "in input.more"),
        ("[line.sku, id]", "[line.sku, note]"),
        ("\"[each for each in input.lines if each.sku != '']\"", "input.more"),
    ],
)
def test_what_is_read_is_part_of_the_meaning(old: str, new: str) -> None:
    lines = "input: { id: string, note: string, lines: [{ sku: string }], more: [{ sku: string }] }"
    before = BEFORE.replace("input: { id: string }", lines) + LOOP
    assert old in before
    [found] = messages(before, before.replace(old, new))
    assert found["code"] == "ST014"
    assert messages(before, before.replace("[line.sku, id]", "[id, line.sku]")) == []


def test_what_has_changed_is_named_and_shown() -> None:
    after = BEFORE.replace("24h", "12h").replace("release", "put_back") + PACK
    assert messages(BEFORE, after) == [
        {
            "code": "ST014",
            "at": "2:1",
            "text": "version",
            "message": "'purchase' means something else than at v1.2 (`deadline`, `steps`,"
            " `steps.pack`, `steps.reserve`), but its version is still 3: sagas under way would go"
            " on by other steps.",
            "labels": [
                {"at": "4:1", "text": "deadline", "message": "changed"},
                {"at": "8:1", "text": "steps", "message": "changed"},
                {"at": "13:11", "text": "pack", "message": "changed"},
                {"at": "9:11", "text": "reserve", "message": "changed"},
            ],
        }
    ]


def test_a_lower_version_is_none_either() -> None:
    after = BEFORE.replace("version: 3", "version: 2").replace("24h", "12h")
    [found] = messages(BEFORE, after)
    assert "its version was 3 and is 2" in str(found["message"])


def test_what_is_gone_has_no_place() -> None:
    [found] = messages(BEFORE + PACK, BEFORE)
    assert "`steps`, `steps.pack`" in str(found["message"])
    assert found["labels"] == [{"at": "8:1", "text": "steps", "message": "changed"}]
