"""kill -9 at every call of the order saga, on every path: inside it, after its effect, after its record."""

from __future__ import annotations

from pathlib import Path

import pytest

from .crashes import Fault, Plan, Saga

pytest.importorskip("dbos", reason="the generated sagas run on DBOS")

SPEC = Path(__file__).resolve().parents[2] / "specs" / "order-fulfilment.saga.yaml"
FAULTS: list[Fault] = [
    None,
    ("validate_order", "invalid_order"),
    ("reserve_inventory", "out_of_stock"),
    ("charge_payment", "card_declined"),
]


@pytest.fixture
def saga(tmp_path: Path) -> Saga:
    return Saga(SPEC, tmp_path)


def test_these_are_all_paths(saga: Saga) -> None:
    assert list(saga.faults()) == FAULTS


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault[0] if fault else "success")
def test_every_kill(saga: Saga, fault: Fault) -> None:
    plans = [plan for plan in dict.fromkeys(saga.plans()) if plan.fault == fault]
    assert plans
    problems = {plan.name: found for n, plan in enumerate(plans) if (found := saga.run(plan, n))}
    assert problems == {}


def test_an_unknown_outcome_and_a_kill_in_its_compensation(saga: Saga) -> None:

    for number, path in enumerate(("charge_payment~undo", "reserve_inventory~undo")):
        plan = Plan(("create_shipment", None), path, "inside")
        assert saga.run(plan, number) == []
