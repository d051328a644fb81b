"""``sagac run --style choreography`` as a user runs it: the same ends as the orchestrated style."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.choreography.brokers import Nats
from tests.choreography.ordered import TRIP
from tests.choreography.used import FILES, OUTERS

pytest.importorskip("dbos", reason="the orchestrated sagas run on DBOS")

SPECS = Path(__file__).resolve().parents[2] / "specs"
ORDER = str(SPECS / "order-fulfilment.saga.yaml")
CHOREOGRAPHY = ("--style", "choreography")


def run(folder: Path, *options: str) -> dict[str, Any]:
    """One run in ``folder``: the state at its end."""
    done = subprocess.run(
        [sys.executable, "-m", "sagac", "run", *options, "--format", "json"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.stdout, done.stderr
    assert "Traceback" not in done.stderr
    state: dict[str, Any] = json.loads(done.stdout)
    return state


def shape(state: dict[str, Any]) -> tuple[object, ...]:
    """What both styles must agree on."""
    because = state["because"] and (state["because"]["step"], state["because"]["reason"])
    effects = [(each["step"], each["action"], each["kind"]) for each in state["effects"]]
    return state["state"], because, effects, state["output"]


FAULTS = [
    "",
    "validate_order:invalid_order",
    "reserve_inventory:out_of_stock",
    "reserve_inventory",
    "charge_payment:card_declined",
    "charge_payment",
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault or "success")
def test_both_styles_end_alike(tmp_path: Path, fault: str) -> None:
    options = [ORDER, *(["--fail", fault] if fault else [])]
    (tmp_path / "one").mkdir()
    (tmp_path / "many").mkdir()
    orchestrated = run(tmp_path / "one", *options)
    storm = ("--duplicate", "--reorder")
    choreographed = run(tmp_path / "many", *options, *CHOREOGRAPHY, *storm)
    assert shape(choreographed) == shape(orchestrated)


PARTS = ["pay:declined", "book_seat:none_left", "book_seat", "book_parking:full", "book_parking"]


@pytest.mark.parametrize("fault", PARTS)
def test_both_styles_undo_parts_in_the_same_order(tmp_path: Path, fault: str) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "many").mkdir()
    (tmp_path / "trip.saga.yaml").write_text(TRIP, encoding="utf-8")
    options = ("../trip.saga.yaml", "--fail", fault)
    orchestrated = run(tmp_path / "one", *options)
    storm = ("--duplicate", "--reorder")
    choreographed = run(tmp_path / "many", *options, *CHOREOGRAPHY, *storm)
    assert choreographed["state"] == "COMPENSATED"
    assert shape(choreographed) == shape(orchestrated)


ENOUGH, PACKED = (f'--signal={name}={{"id":"id-1"}}' for name in ("Enough", "Packed"))
CALLED_OFF = [
    ("plain", [], "deadline"),
    ("plain", [ENOUGH], "cancelled"),
    ("caught", [ENOUGH], "cancelled"),
    ("two layers", [], "deadline"),
    ("plain", ["--fail", "pack/take:none_left"], "none_left"),
]


@pytest.mark.parametrize(("name", "options", "why"), CALLED_OFF)
def test_both_styles_call_off_a_saga_that_is_used(
    tmp_path: Path, name: str, options: list[str], why: str
) -> None:
    written(tmp_path, name, deadline="1s")
    (tmp_path / "one").mkdir()
    (tmp_path / "many").mkdir()
    orchestrated = run(tmp_path / "one", "../outer.saga.yaml", *options)
    storm = ("--duplicate", "--reorder")
    choreographed = run(tmp_path / "many", "../outer.saga.yaml", *options, *CHOREOGRAPHY, *storm)
    assert (choreographed["state"], choreographed["because"]["reason"]) == ("COMPENSATED", why)
    assert shape(choreographed) == shape(orchestrated)


def test_in_time_it_is_not_called_off(tmp_path: Path) -> None:
    written(tmp_path, "plain", deadline="1h")
    (tmp_path / "one").mkdir()
    (tmp_path / "many").mkdir()
    orchestrated = run(tmp_path / "one", "../outer.saga.yaml", PACKED)
    choreographed = run(tmp_path / "many", "../outer.saga.yaml", PACKED, *CHOREOGRAPHY)
    assert choreographed["state"] == "COMPLETED"
    assert shape(choreographed) == shape(orchestrated)


@pytest.mark.parametrize("moment", ["pack/take", "pack/take~undo"])
def test_a_killed_process_keeps_the_time(tmp_path: Path, moment: str) -> None:
    written(tmp_path, "beside", deadline="1s")
    state = run(tmp_path, "outer.saga.yaml", *CHOREOGRAPHY, "--crash-after", moment)
    steps = [(each["step"], each["kind"]) for each in state["effects"]]
    assert (state["state"], state["because"]["reason"]) == ("COMPENSATED", "deadline")
    assert steps.count(("pack/take", "do")) == steps.count(("pack/take", "undo")) == 1
    assert steps[-1] == ("open", "undo")


def written(folder: Path, name: str, deadline: str) -> None:
    """Writes an outer saga and those that it may use."""
    for file, text in FILES.items():
        (folder / file).write_text(text.replace("deadline: 1s", f"deadline: {deadline}"))
    (folder / "outer.saga.yaml").write_text(OUTERS[name])


@pytest.mark.parametrize("moment", ["book_seat", "book_seat~undo", "book_parking~undo"])
def test_a_killed_process_keeps_the_order_of_parts(tmp_path: Path, moment: str) -> None:
    (tmp_path / "trip.saga.yaml").write_text(TRIP, encoding="utf-8")
    fault = ("--fail", "pay:declined", "--crash-after", moment)
    state = run(tmp_path, "trip.saga.yaml", *CHOREOGRAPHY, *fault)
    undone = [each["step"] for each in state["effects"] if each["kind"] == "undo"]
    wanted = ["book_seat", "book_flight", "book_parking", "book_hotel", "open_file"]
    assert (state["state"], undone) == ("COMPENSATED", wanted)


@pytest.mark.parametrize("moment", ["reserve_inventory", "charge_payment~undo"])
def test_a_killed_process_goes_on(tmp_path: Path, moment: str) -> None:
    options = (ORDER, *CHOREOGRAPHY, "--fail", "charge_payment", "--crash-after", moment)
    state = run(tmp_path, *options)
    steps = [(each["step"], each["kind"]) for each in state["effects"]]
    assert state["state"] == "COMPENSATED"
    assert steps[0] == ("reserve_inventory", "do")
    assert steps[-1] == ("reserve_inventory", "undo")
    assert len(set(steps)) == len(steps)


@pytest.mark.skipif(Nats.missing() is not None, reason=str(Nats.missing()))
def test_a_process_per_service_on_nats(tmp_path: Path) -> None:
    crash = ("--crash-after", "charge_payment")
    state = run(tmp_path, ORDER, *CHOREOGRAPHY, "--target", "nats", "--duplicate", *crash)
    assert state["state"] == "COMPLETED"
    assert len(state["effects"]) == 4
    again = run(tmp_path, ORDER, *CHOREOGRAPHY, "--again", "--fail", "charge_payment:card_declined")
    assert (again["state"], again["key"]) == ("COMPENSATED", "order_id-1-2")


@pytest.mark.parametrize(
    "path",
    [each for each in sorted(SPECS.glob("*.saga.yaml")) if "ride" not in each.name],
    ids=lambda path: path.name.partition(".")[0],
)
def test_every_example_runs(tmp_path: Path, path: Path) -> None:
    state = run(tmp_path, str(path), *CHOREOGRAPHY, "--no-wait")
    assert state["state"] in ("COMPLETED", "WAITING")


def test_a_stuck_compensation_is_resolved(tmp_path: Path) -> None:
    saga = (SPECS / "order-fulfilment.saga.yaml").read_text(encoding="utf-8")
    bounded = saga.replace("attempts: forever, backoff: exponential, max: 5m", "attempts: 1")
    assert bounded != saga
    (tmp_path / "order.saga.yaml").write_text(bounded, encoding="utf-8")
    options = ("order.saga.yaml", *CHOREOGRAPHY, "--fail", "charge_payment")
    state = run(tmp_path, *options, "--fail", "charge_payment~undo")
    assert (state["state"], state["at"]) == ("STUCK", ["charge_payment~undo"])


def test_options_of_the_other_style(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sagac", "run", ORDER, "--duplicate"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "go with --style choreography" in done.stderr
