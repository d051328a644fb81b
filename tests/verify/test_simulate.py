"""The reference interpreter: what happens, in which order, for given outcomes."""

from __future__ import annotations

from typing import Any

import pytest

from sagac.dsl.compile import compile
from sagac.dsl.graph import SagaGraph
from sagac.verify.simulate import simulate
from sagac.verify.trace import PENDING, Done, Outcome, Refused, Request, Trace, Unknown

HEAD = """\
saga: tried
version: 1
key: ${input.id}
start: { service: a }
services: { a: {}, b: {} }
input: { id: string, lines: [string], flag: boolean }
steps:
"""


def undoable(name: str, more: str = "") -> str:
    """A step in one line."""
    return (
        f"{{ step: {name}, service: a, input: [id], output: {{ v: integer }}, fails: [no_{name}], "
        f"compensate: undo_{name}{more} }}"
    )


def graph_of(steps: str) -> SagaGraph:
    """The graph of a saga with these steps."""

    def load(path: str) -> str:
        raise FileNotFoundError(path)

    compiled = compile(HEAD + steps, "tried.saga.yaml", load)
    assert compiled.graph is not None, compiled.diagnostics
    return compiled.graph


def play(steps: str, answers: dict[str, Outcome] | None = None, **data: Any) -> Trace:
    """The trace with these answers by path; everything else is done."""
    values = {"id": "1", "lines": ["x", "y"], "flag": True, **data}

    def behaviour(request: Request) -> Outcome:
        return (answers or {}).get(request.path, Done({"v": 1}))

    return simulate(graph_of(steps), values, behaviour)


def effects(trace: Trace) -> str:
    """``one two -two -one``: what took effect and what was undone."""
    return " ".join(("-" if each.kind == "undo" else "") + each.step for each in trace.effects)


A, B, C = (f"  - {undoable(name)}\n" for name in "pqr")

CASES: list[tuple[str, str, dict[str, Outcome], str, str]] = [
    ("all goes well", A + B, {}, "COMPLETED", "p q"),
    (
        "a refusal undoes what was before",
        A + B + C,
        {"r": Refused("no_r")},
        "COMPENSATED",
        "p q -q -p",
    ),
    ("an unknown outcome is undone as well", A + B, {"q": Unknown()}, "COMPENSATED", "p -q -p"),
    (
        "an undo item runs on the way back only",
        A + "  - { undo: tell, service: b, input: [id] }\n" + B,
        {"q": Refused("no_q")},
        "COMPENSATED",
        "p -tell -p",
    ),
    (
        "parallel branches are undone before what is before them",
        A + f"  - parallel: fork\n    branches: {{ x: [{undoable('q')}], y: [{undoable('r')}] }}\n",
        {"r": Refused("no_r")},
        "COMPENSATED",
        "p q -q -p",
    ),
    (
        "the loser of an any join is undone, the saga completes",
        f"  - parallel: fork\n    join: any\n    branches: {{ x: [{undoable('q')}], y: [{undoable('r')}, {undoable('s')}] }}\n",
        {},
        "COMPLETED",
        "q r s -s -r",
    ),
    (
        "a settled join undoes the failed branch alone",
        f"  - parallel: fork\n    join: settled\n    branches: {{ x: [{undoable('q')}], y: [{undoable('r')}, {undoable('s')}] }}\n",
        {"s": Refused("no_s")},
        "COMPLETED",
        "q r -r",
    ),
    (
        "a loop undoes its elements last first",
        f"  - foreach: loop\n    in: input.lines\n    as: line\n    steps: [{undoable('q')}]\n" + C,
        {"r": Refused("no_r")},
        "COMPENSATED",
        "loop[0].q loop[1].q -loop[1].q -loop[0].q",
    ),
    (
        "a join of more elements than there are fails before it starts any",
        A
        + f"  - foreach: loop\n    in: input.lines\n    as: line\n    mode: parallel\n    join: 3\n    steps: [{undoable('q')}]\n",
        {},
        "COMPENSATED",
        "p -p",
    ),
    (
        "a repeat goes on until it holds, and undoes its rounds",
        f"  - repeat: again\n    max: 2\n    until: q.v > 5\n    steps: [{undoable('q')}]\n",
        {},
        "COMPENSATED",
        "again[0].q again[1].q -again[1].q -again[0].q",
    ),
    (
        "a recovered refusal goes on",
        A + f"  - {undoable('q', ', recover: { no_q: [' + undoable('r') + '] }')}\n",
        {"q": Refused("no_q")},
        "COMPLETED",
        "p r",
    ),
    (
        "a group's own compensation stands for its members'",
        "  - group: g\n    compensate: { service: a, action: reset, input: [id] }\n    steps:\n"
        "      - { step: q, service: a, input: [id] }\n      - { step: r, service: a, input: [id], fails: [no_r] }\n",
        {"r": Refused("no_r")},
        "COMPENSATED",
        "q -g",
    ),
    (
        "an optional step is passed over when it is refused",
        f"  - {undoable('q', ', role: optional')}\n" + A,
        {"q": Refused("no_q")},
        "COMPLETED",
        "p",
    ),
    (
        "an optional step of unknown outcome is undone at once",
        f"  - {undoable('q', ', role: optional')}\n" + A,
        {"q": Unknown()},
        "COMPLETED",
        "-q p",
    ),
    (
        "a pivot of unknown outcome is asked: it never happened",
        A + "  - { step: q, service: a, input: [id], role: pivot }\n",
        {"q": Unknown(), "q~query": Refused("unknown")},
        "COMPENSATED",
        "p -p",
    ),
    (
        "a pivot of unknown outcome is asked: it is done",
        A + "  - { step: q, service: a, input: [id], role: pivot }\n",
        {"q": Unknown(), "q~query": Done()},
        "COMPLETED",
        "p q",
    ),
    (
        "what is given up is stuck until a person decides",
        A.replace("undo_p }", "{ action: undo_p, retry: { attempts: 2 } } }") + B,
        {"q": Refused("no_q"), "p~undo": Unknown(), "p~undo#": PENDING},
        "STUCK",
        "p",
    ),
    (
        "on_failure: continue goes on with a mark",
        A.replace("undo_p }", "{ action: undo_p, retry: { attempts: 2 }, on_failure: continue } }")
        + B,
        {"q": Refused("no_q"), "p~undo": Unknown()},
        "COMPENSATED",
        "p",
    ),
    ("a wait holds", A + "  - { wait: w, for: 1h }\n" + B, {"w": PENDING}, "WAITING", "p"),
    (
        "a wait that ends in vain fails",
        A + "  - { wait: w, event: E, output: { id: string }, timeout: 1h }\n",
        {"w": Refused("timeout")},
        "COMPENSATED",
        "p -p",
    ),
]


@pytest.mark.parametrize(
    ("steps", "answers", "state", "seen"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_what_happens(steps: str, answers: dict[str, Outcome], state: str, seen: str) -> None:
    stuck = "p~undo#" in answers

    def behaviour(request: Request) -> Outcome:
        if stuck and request.phase == "resolve":
            return PENDING
        return answers.get(request.path, Done({"v": 1}))

    trace = simulate(graph_of(steps), {"id": "1", "lines": ["x", "y"], "flag": True}, behaviour)
    assert (trace.state, effects(trace)) == (state, seen)


def test_places_of_branches_that_are_under_way() -> None:
    steps = (
        A + f"  - parallel: fork\n    branches: {{ x: [{undoable('q')}], y: [{undoable('r')}] }}\n"
    )
    trace = play(steps, {"q": PENDING, "r": PENDING})
    assert (trace.state, trace.at) == ("RUNNING", ("q", "r"))


def test_a_give_up_leaves_a_mark() -> None:
    step = A.replace(
        "undo_p }", "{ action: undo_p, retry: { attempts: 2 }, on_failure: continue } }"
    )
    trace = play(step + B, {"q": Refused("no_q"), "p~undo": Unknown()})
    assert trace.marks == ["p"]


def test_a_running_branch_is_awaited_and_what_has_not_started_never_starts() -> None:
    fork = f"  - parallel: fork\n    branches: {{ x: [{undoable('q')}], y: [{undoable('r')}, {undoable('s')}] }}\n"
    trace = play(A + fork, {"q": Refused("no_q")})
    assert effects(trace) == "p r -r -p"


def test_outputs_of_a_loop_are_lists() -> None:
    steps = f"  - foreach: loop\n    in: input.lines\n    as: line\n    steps: [{undoable('q')}]\n"
    trace = play(steps + "output: { all: '${loop.q.v}', how: '${loop.outcomes}' }\n")
    assert trace.output == {"all": [1, 1], "how": ["done", "done"]}
