"""Mermaid text: everything of the saga is in it, and Mermaid's own parser takes it where present."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess

import pytest

from sagac.generators.diagrams.mermaid import flow_mermaid, sequence_mermaid, state_mermaid
from sagac.generators.diagrams.story import story
from sagac.verify.scenario import one_failure, success
from tests.diagrams.drawn import SPECS, saga, spec
from tests.diagrams.test_text import HOSTILE

# A folder whose node_modules hold mermaid and jsdom (npm install mermaid jsdom).
PARSER = os.environ.get("SAGAC_MERMAID")
PROGRAM = """
import { JSDOM } from 'jsdom';
const page = new JSDOM('<html><body></body></html>');
globalThis.window = page.window;
globalThis.document = page.window.document;
const mermaid = (await import('mermaid')).default;
let input = '';
for await (const part of process.stdin) input += part;
const wrong = [];
for (const text of JSON.parse(input)) {
  try { await mermaid.parse(text); } catch (error) { wrong.push(String(error.message) + text); }
}
console.log(JSON.stringify(wrong));
"""


@pytest.mark.parametrize("name", SPECS)
def test_every_item_is_there(name: str) -> None:
    graph = spec(name)
    for text in (state_mermaid(graph), flow_mermaid(graph)):
        for item, facts in graph.facts.items():
            if facts.item.kind not in ("choose", "group"):
                assert re.search(rf"\b{item}\b", text), item


def test_the_way_back_in_reverse() -> None:
    found = re.findall(
        r"^    (\w+) --> (\w+)", state_mermaid(spec("order-fulfilment")), re.MULTILINE
    )
    assert ("s_tell_customer__undo", "s_charge_payment__undo") in found
    assert ("s_charge_payment__undo", "s_reserve_inventory__undo") in found
    assert ("s_reserve_inventory__undo", "COMPENSATED") in found


def test_a_fork_becomes_a_join_on_the_way_back() -> None:
    text = state_mermaid(spec("trip-booking"))
    for branch in ("book_flight", "book_hotel", "rent_car"):
        assert f"s_bookings__frame_undo --> s_{branch}__undo" in text
    assert "s_charge_trip --> s_bookings__frame_undo: card_declined" in text


def test_names_that_mermaid_knows_stay_names() -> None:
    steps = "".join(
        f"  - {{ step: {name}, service: s, effect: none }}\n"
        for name in ("end", "state", "note", "class_def", "direction", "click", "default")
    )
    text = state_mermaid(saga(steps))
    assert "s_end --> s_state" in text


@pytest.mark.skipif(
    not (PARSER and shutil.which("node")),
    reason="SAGAC_MERMAID names no folder with mermaid, or there is no node",
)
def test_mermaid_parses_all_of_it() -> None:
    texts = []
    for name in SPECS:
        graph = spec(name)
        texts += [state_mermaid(graph), flow_mermaid(graph)]
        texts.append(sequence_mermaid(story(graph, success(graph))))
    trace = one_failure(spec("order-fulfilment"), "create_shipment")
    texts.append(sequence_mermaid(story(spec("order-fulfilment"), trace, "it; fails: #x")))
    for text in HOSTILE:
        condition = "input.id == " + json.dumps(text.replace("\u0000", ""))
        steps = f"""\
  - choose: c
    when: [{{ if: {json.dumps(condition)}, steps: [{{ fail: nope }}] }}]
  - {{ step: end, service: s, effect: none }}
"""
        texts += [state_mermaid(saga(steps)), flow_mermaid(saga(steps))]
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", PROGRAM],
        cwd=PARSER,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    assert json.loads(done.stdout) == []
