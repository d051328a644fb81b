"""``undo_order: sequence`` among services: the last part to end is undone first, and alone."""

from __future__ import annotations

import pytest

from sagac.templates.choreography.runtime.orders import Orders

from .answers import failures
from .ordered import TRIP
from .test_machine import check, graph_of, play

NESTED = """\
saga: nested
version: 1
key: ${input.id}
services: { shop: , stock: , bank: , post: }
input: { id: string, lines: [string] }
defaults: { retry: { attempts: 2, backoff: constant, initial: 1ms } }
steps:
  - foreach: packing
    in: input.lines
    as: line
    mode: parallel
    undo_order: sequence
    service: shop
    steps:
      - step: take
        service: stock
        input: { line: "${line}" }
        fails: [none_left]
        compensate: put_back
      - undo: tell
        service: post
        input: [id, saga.failure.reason]
      - parallel: both
        undo_order: sequence
        branches:
          wrap:
            - step: wrap
              service: shop
              input: { line: "${line}" }
              fails: [no_paper]
              compensate: { action: unwrap, service: stock, input: { line: "${line}" } }
            - group: label
              steps:
                - step: print
                  service: post
                  input: [id]
                  fails: [no_ink]
                  compensate: shred
              recover:
                no_ink:
                  - step: write_label
                    service: shop
                    input: [id]
                    fails: [no_pen]
                    compensate: tear_up
          quote:
            - parallel: quotes
              join: any
              branches:
                one:
                  - step: ask_one
                    service: bank
                    input: [id]
                    fails: [closed]
                    compensate: forget_one
                two:
                  - step: ask_two
                    service: post
                    input: [id]
                    fails: [shut]
                    compensate: forget_two
            - step: note
              service: bank
              input: [id]
              fails: [full]
              compensate: { action: cross_out, service: shop, input: [id] }
  - step: pay
    service: bank
    input: [id]
    fails: [declined]
    compensate: give_back
"""


@pytest.mark.parametrize("text", [TRIP, NESTED], ids=["trip", "nested"])
def test_each_failure_in_any_order(text: str) -> None:
    graph = graph_of(text)
    data = {"id": "7", "lines": ["a", "b"]}
    for fault in failures(graph):
        for seed in range(25):
            check(graph, data, fault, seed, "join: any" if text is NESTED else text)


def test_what_ended_last_is_undone_first() -> None:
    graph = graph_of(TRIP)
    found = set()
    for seed in range(40):
        effects = play(graph, {"id": "7"}, ("pay", "declined"), seed).effects
        found.add(tuple(path for path, kind in effects if kind == "undo"))
    bed, seat = ("book_parking", "book_hotel"), ("book_seat", "book_flight")
    assert found == {(*bed, *seat, "open_file"), (*seat, *bed, "open_file")}


def test_an_unknown_outcome_is_undone_in_its_turn() -> None:
    graph = graph_of(TRIP)
    for seed in range(40):
        effects = play(graph, {"id": "7"}, ("book_seat", None), seed).effects
        undone = [path for path, kind in effects if kind == "undo"]
        assert undone.index("book_flight") == undone.index("book_seat") + 1, undone


@pytest.mark.parametrize(
    ("method", "answer"), [("waits", False), ("holds", False)], ids=["waits", "holds"]
)
def test_the_check_notices(monkeypatch: pytest.MonkeyPatch, method: str, answer: bool) -> None:
    monkeypatch.setattr(Orders, method, lambda *_: answer)
    with pytest.raises(AssertionError):
        test_each_failure_in_any_order(TRIP)
