"""The parser on good files: every key of every kind of item reaches the model."""

from __future__ import annotations

from pathlib import Path

import pytest

from sagac.dsl.model import (
    Choose,
    Fail,
    Foreach,
    Group,
    InputNames,
    Parallel,
    Repeat,
    Saga,
    Step,
    SubSaga,
    Undo,
    Wait,
)
from sagac.dsl.parser_vocabulary import COMMON, KINDS, TOP

from .parsing import HEAD, SPECS, STEP, parsed


def saga_of(steps: str, more: str = "") -> Saga:
    saga, found = parsed(HEAD + more + "steps:\n" + steps)
    assert [each.message for each in found] == []
    assert saga is not None
    return saga


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_examples_are_read_without_findings(path: Path) -> None:
    saga, found = parsed(path.read_bytes())
    assert [each.message for each in found] == []
    assert saga is not None
    assert saga.name.text + ".saga.yaml" == path.name


def test_every_key_of_the_top_level_is_read() -> None:
    saga = saga_of(
        "  - step: a\n    service: s\n",
        """\
description: Text
deadline: 24h
start: { service: s, event: Begun }
cancel: { event: Gone, match: event.x == input.x }
types: { T: { a: string } }
defaults: { retry: { attempts: 5, max: 30s }, timeout: 10s }
locks: { l: { key: input.x, conflict: wait } }
events: { Picked: { from: driver, data: { a: T } }, Bare: }
output: { x: "${input.x}" }
""",
    )
    assert set(saga.keys) == set(TOP)
    assert (saga.name.text, saga.version, saga.description) == ("a-b", 1, "Text")
    assert saga.deadline is not None
    assert saga.deadline.value == 86400
    assert saga.start is not None
    assert str(saga.start.service) == "s"
    assert str(saga.start.event) == "Begun"
    assert saga.cancel is not None
    assert saga.cancel.match is not None
    assert [each.name for each in saga.input.fields] == ["x", "n"]
    assert saga.retry is not None
    assert saga.retry.written == {"attempts", "max"}
    assert (saga.retry.attempts, saga.retry.max, saga.retry.initial) == (5, 30.0, 1.0)
    assert saga.timeout is not None
    assert saga.timeout.value == 10
    assert saga.locks["l"].conflict == "wait"
    assert str(saga.events["Picked"].source) == "driver"
    assert saga.events["Bare"].data is None
    assert list(saga.types) == list(saga.type_names) == ["T"]
    assert saga.output is not None
    assert list(saga.output.fields) == ["x"]


def test_services_and_their_actions() -> None:
    source = HEAD.replace(
        "{ s: }",
        """
  s: { team: core-team, description: D, fence: false }
  t:
    actions:
      charge: { input: { x: string }, output: { y: string }, fails: [no_money], idempotent: false }
      other:""",
    )
    saga, found = parsed(source + "steps:\n  - step: a\n    service: s\n")
    assert len(found) == 0
    assert saga is not None
    service = saga.services["s"]
    assert (str(service.team), service.description, service.fence) == ("core-team", "D", False)
    actions = saga.services["t"].actions
    assert actions is not None
    assert list(actions) == ["charge", "other"]
    assert actions["charge"].idempotent is False
    assert [each.name.text for each in actions["charge"].fails or ()] == ["no_money"]
    assert actions["other"].fails is None


def test_every_key_of_a_step_is_read() -> None:
    step = saga_of(STEP).items[0]
    assert isinstance(step, Step)
    assert set(step.keys) == {"step", *KINDS["step"], *COMMON}
    assert (step.name.text, step.description, step.needs) == ("a", "D", ())
    assert step.condition is not None
    assert (str(step.service), str(step.action)) == ("s", "b")
    assert isinstance(step.input, InputNames)
    assert len(step.input.names) == 2
    assert step.output is not None
    assert [(str(each.name), each.data is None) for each in step.fails] == [
        ("one", False),
        ("two", True),
    ]
    assert (step.effect, step.idempotent) == (False, False)
    assert (str(step.role), str(step.on_unknown)) == ("optional", "manual")
    assert step.retry is not None
    assert (step.retry.attempts, step.retry.backoff, step.retry.jitter) == (None, "linear", "full")
    assert step.timeout is not None
    assert step.heartbeat is not None
    assert [str(each) for each in step.locks] == ["l", "m"]
    assert str(step.events.skipped) == "Skipped"
    assert [(str(each.refusal), len(each.items)) for each in step.recover] == [
        ("one", 1),
        ("any", 0),
    ]


def test_compensations_in_both_forms() -> None:
    long = saga_of(STEP).items[0]
    assert isinstance(long, Step)
    assert long.compensate is not None
    assert (str(long.compensate.action), long.compensate.on_failure) == ("c", "continue")
    assert long.compensate.retry is not None
    assert long.compensate.when is not None
    short = saga_of("  - step: a\n    service: s\n    compensate: undo_a\n").items[0]
    assert isinstance(short, Step)
    assert short.compensate is not None
    assert (str(short.compensate.action), short.compensate.service) == ("undo_a", None)
    assert short.compensate.input is None


COMPOSITES = """\
  - undo: u
    service: s
    on_failure: continue
  - parallel: p
    branches: { one: [{ fail: f1 }], two: [{ fail: f2 }] }
    join: 1
    undo_order: sequence
  - choose: c
    service: s
    when: [{ if: input.n > 1, steps: [{ fail: f3 }] }, { if: input.n > 2, steps: [] }]
    otherwise: []
  - foreach: e
    in: input.x
    as: each_x
    steps: [{ fail: f4 }]
    mode: parallel
    limit: "${input.n}"
    join: "${input.n}"
  - repeat: r
    steps: [{ fail: f5 }]
    until: input.n > 3
    max: 4
    every: 1m
    role: pivot
  - wait: w1
    for: 3d
  - wait: w2
    event: E
    match: event.x == input.x
    output: { y: string }
    timeout: "${input.x}"
    on_timeout: continue
    early: ignore
    effect: none
  - wait: w3
    first:
      - event: E
        steps: [{ fail: f6 }]
      - after: 20m
  - saga: g
    use: other.saga.yaml
    input: { x: "${input.x}" }
  - group: h
    steps: [{ fail: f7, data: { x: 1 } }]
    compensate: { service: s, action: undo_h }
    recover: { f7: [] }
"""


def test_the_other_kinds_of_item() -> None:
    u, p, c, e, r, w1, w2, w3, g, h = saga_of(COMPOSITES).items
    assert isinstance(u, Undo)
    assert u.on_failure == "continue"
    assert isinstance(p, Parallel)
    assert (p.join, p.undo_order) == (1, "sequence")
    assert [(str(each.name), len(each.items)) for each in p.branches] == [("one", 1), ("two", 1)]
    assert isinstance(c, Choose)
    assert [len(each.items) for each in c.cases] == [1, 0]
    assert c.otherwise == ()
    assert str(c.service) == "s"
    assert isinstance(e, Foreach)
    assert (str(e.variable), e.mode) == ("each_x", "parallel")
    assert not isinstance(e.limit, (int, type(None)))
    assert not isinstance(e.join, (int, str))
    assert isinstance(r, Repeat)
    assert (r.max, str(r.role)) == (4, "pivot")
    assert r.every is not None
    assert r.every.value == 60
    assert r.until is not None
    assert isinstance(w1, Wait)
    assert w1.duration is not None
    assert w1.event is None
    assert isinstance(w2, Wait)
    assert (w2.on_timeout, w2.early) == ("continue", "ignore")
    assert str(w2.event) == "E"
    assert w2.match is not None
    assert w2.output is not None
    assert isinstance(w3, Wait)
    assert [str(each.name) for each in w3.first] == ["E", "after"]
    assert [len(each.items) for each in w3.first] == [1, 0]
    assert isinstance(g, SubSaga)
    assert str(g.use) == "other.saga.yaml"
    assert g.input is not None
    assert isinstance(h, Group)
    assert h.compensate is not None
    assert str(h.recover[0].refusal) == "f7"
    assert isinstance(h.items[0], Fail)
    assert h.items[0].data is not None


def test_items_and_names_know_their_place() -> None:
    item = saga_of("  - step: abc\n    service: s\n").items[0]
    assert item.name.span[:4] == (7, 11, 7, 14)
    assert item.span[:4] == (7, 5, 8, 15)
    assert item.keys["service"][:4] == (8, 5, 8, 12)
