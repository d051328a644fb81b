"""How long the paths of a saga may take at worst."""

from __future__ import annotations

import pytest

from sagac.dsl.worst_case import paths, times, worst

from .resolving import graph_of, inside, step

TIMES: dict[str, tuple[str, str, float | None]] = {
    # 2 attempts of 10 s and a pause of 1 s
    "step": (step("a", "retry: { attempts: 2 }", "timeout: 10s"), "a", 21),
    "exponential": (
        step("a", "retry: { attempts: 4, max: 3s }", "timeout: 1s"),
        "a",
        4 + 1 + 2 + 3,
    ),
    "linear": (step("a", "retry: { attempts: 4, backoff: linear }", "timeout: 1s"), "a", 4 + 6),
    "for ever": (step("a", "retry: { attempts: forever }"), "a", None),
    "rounds": (
        inside("repeat: r", "- { wait: w, for: 2s }\n", until="input.n > 1", max="3", every="5s"),
        "r",
        16,
    ),
    "no limit": ("- { wait: w, event: E }\n", "w", None),
    "slowest branch": (
        "- parallel: p\n  branches: { l: [{ wait: v, for: 2s }], r: [{ wait: w, for: 9s }] }\n",
        "p",
        9,
    ),
    "race": (
        "- wait: w\n  first: [{ event: E, steps: [{ wait: v, for: 2s }] }, { after: 5s, steps: [] }]\n",
        "w",
        7,
    ),
    "elements one by one": (
        inside("foreach: l", "- { wait: w, for: 2s }\n", **{"in": "input.lines"}),
        "l",
        None,
    ),
    "elements together": (
        inside("foreach: l", "- { wait: w, for: 2s }\n", mode="parallel", **{"in": "input.lines"}),
        "l",
        2,
    ),
}


@pytest.mark.parametrize("name", TIMES)
def test_worst_times(name: str) -> None:
    steps, item, seconds = TIMES[name]
    graph = graph_of(steps)
    assert times(graph)[item] == seconds
    assert worst(graph) == seconds


def test_paths_follow_the_decisions() -> None:
    graph = graph_of(
        "- choose: c\n  when: [{ if: input.n > 1, steps: [{ wait: v, for: 2s }] }]\n"
        "- { wait: w, for: 3s, if: input.n > 5 }\n"
    )
    found = [(each.decisions, each.items, each.seconds) for each in paths(graph)]
    assert found == [
        (("c: case 1",), ("v", "w"), 5),
        (("c: case 1", "w: skipped"), ("v",), 2),
        (("c: none",), ("w",), 3),
        (("c: none", "w: skipped"), (), 0),
    ]


def test_very_many_decisions_give_a_bounded_number_of_paths() -> None:
    steps = "".join(f"- {{ wait: w{n}, for: 1s, if: input.n > {n} }}\n" for n in range(40))
    assert len(paths(graph_of(steps))) == 64
