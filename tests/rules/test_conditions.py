"""What is said of conditions is true of every input: compared with their values on random ones."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sagac.dsl.compile import compile as compile_saga
from sagac.dsl.evaluate import evaluate
from sagac.dsl.model import Choose
from sagac.dsl.rules.decided import Decided

HEADER = """\
saga: example
version: 1
key: ${input.id}
services: { shop: {} }
input:
  id: string
  count: integer
  low: integer
  amount: decimal
  way: { enum: [air, sea, land] }
  open: boolean
  note?: string
  skus: [string]
steps:
  - choose: way
    service: shop
    when:
"""
INTEGERS = st.integers(-3, 5)
COMPARISONS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
EQUALITIES = st.sampled_from(["==", "!="])
WAYS = st.sampled_from(["air", "sea", "land"])
NOTES = st.sampled_from(["a", "b"])


def _written(template: str, *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda found: template.format(*found))


LEAVES = st.one_of(
    st.sampled_from(["true", "false", "input.open", "input.open == false", "1 + 1 == 2"]),
    _written("input.count {} {}", COMPARISONS, INTEGERS),
    _written("{} {} input.count", INTEGERS, COMPARISONS),
    _written("{} < input.count <= {}", INTEGERS, INTEGERS),
    _written("{} < input.count < {}", st.integers(-3, 0), st.integers(1, 5)),
    _written("{} < input.amount < {}", st.integers(0, 2), st.integers(1, 3)),
    _written("input.amount {} {}.5", COMPARISONS, st.integers(0, 3)),
    _written("len(input.skus) {} {}", COMPARISONS, st.integers(-1, 3)),
    _written("input.count {} input.low", COMPARISONS),
    _written("input.low {} input.count", COMPARISONS),
    _written("input.way {} '{}'", EQUALITIES, WAYS),
    _written("input.way in ['{}', '{}']", WAYS, WAYS),
    _written("input.count not in [{}, {}]", INTEGERS, INTEGERS),
    _written("input.note {} '{}'", EQUALITIES, NOTES),
    st.sampled_from(["input.note is None", "input.note is not None"]),
)
CONDITIONS = LEAVES | st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        _written("not ({})", inner),
        _written("({}) and ({})", inner, inner),
        _written("({}) or ({})", inner, inner),
        _written("(({}) if ({}) else ({}))", inner, inner, inner),
    ),
    max_leaves=4,
)
INPUTS = st.fixed_dictionaries(
    {
        "id": st.just("1"),
        "count": INTEGERS,
        "low": INTEGERS,
        "amount": st.integers(0, 8).map(lambda each: Decimal(each) / 2),
        "way": WAYS,
        "open": st.booleans(),
        "note": st.none() | NOTES | st.just("c"),
        "skus": st.lists(st.just("x"), max_size=4),
    }
)


@settings(max_examples=150, deadline=None)
@given(st.lists(CONDITIONS, min_size=1, max_size=4), st.lists(INPUTS, min_size=30, max_size=30))
def test_verdicts_hold_for_every_input(written: list[str], inputs: list[dict[str, Any]]) -> None:
    cases = "".join(f'      - if: "{each}"\n        steps: []\n' for each in written)
    graph = compile_saga(HEADER + cases, "case.saga.yaml", lambda path: "").graph
    assert graph is not None
    choose = graph.saga.items[0]
    assert isinstance(choose, Choose)
    decided = Decided(graph)
    verdicts = {id(each.condition): each for each in decided.verdicts}
    always = [each for each in decided.verdicts if each.holds]
    for scope in ({"input": each} for each in inputs):
        reached = True
        for case in choose.cases:
            holds = evaluate(case.condition, scope) is True
            verdict = verdicts.get(id(case.condition))
            if verdict is not None and reached:
                assert verdict.holds == holds, (written, scope)
            reached = reached and not holds
        if not decided.incomplete or always:
            assert not reached, (written, scope)
