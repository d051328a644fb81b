"""run, status, signal and resolve, as a user types them, with real workers in a folder of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("dbos", reason="the generated sagas run on DBOS")

ROOT = Path(__file__).resolve().parents[2]
ORDER = {
    "order_id": "42",
    "customer_email": "customer@example.com",
    "amount": "9.90",
    "items": [{"sku": "lamp", "quantity": 1}],
}
STUBBORN = """\
saga: stubborn
version: 1
key: ${input.id}
start: { service: a }
services: { a: {} }
input: { id: string }
defaults: { retry: { attempts: 1 } }
steps:
  - step: first
    service: a
    input: [id]
    compensate: { action: undo_first, retry: { attempts: 2, backoff: constant, initial: 10ms } }
  - step: second
    service: a
    input: [id]
    fails: [no]
    compensate: undo_second
"""


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


class Shell:
    """A folder in which sagac is called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "sagac.toml").touch()
        order = (ROOT / "specs" / "order-fulfilment.saga.yaml").read_bytes()
        (folder / "order.saga.yaml").write_bytes(order)
        self.write("order.json", ORDER)

    def write(self, name: str, data: Any) -> None:
        text = data if isinstance(data, str) else json.dumps(data)
        (self.folder / name).write_text(text, encoding="utf-8")

    def sagac(self, *arguments: str) -> Said:
        done = subprocess.run(
            [sys.executable, "-m", "sagac", *arguments],
            capture_output=True,
            text=True,
            cwd=self.folder,
            timeout=60,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Said(done.returncode, done.stdout, done.stderr)

    def run(self, *arguments: str) -> dict[str, Any]:
        said = self.sagac(
            "run", "order.saga.yaml", "--input", "order.json", "--format", "json", *arguments
        )
        assert said.code in (0, 1), said
        state: dict[str, Any] = json.loads(said.out)
        return state


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def effects(state: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(each["step"], each["action"], each["kind"]) for each in state["effects"]]


def test_a_refusal_compensates_and_the_state_says_why(shell: Shell) -> None:
    state = shell.run("--fail", "charge_payment:card_declined")
    assert (state["state"], state["at"]) == ("COMPENSATED", [])
    because = {"kind": "failed", "step": "charge_payment", "reason": "card_declined"}
    assert because.items() <= state["because"].items()
    assert effects(state) == [
        ("reserve_inventory", "reserve_inventory", "do"),
        ("reserve_inventory", "release_inventory", "undo"),
    ]
    assert all(each["at"] for each in state["effects"])


def test_the_trace_of_calls(shell: Shell) -> None:
    shell.run("--fail", "charge_payment:card_declined")
    lines = [" ".join(each.split()) for each in shell.sagac("trace", "42").out.splitlines()]
    assert any("payment failed: card_declined (charge_payment)" in each for each in lines), lines
    assert any("inventory done (reserve_inventory~undo)" in each for each in lines), lines
    drawn = shell.sagac("trace", "42", "--format", "mermaid").out
    assert drawn.index("card_declined") < drawn.rindex("reserve_inventory")


def test_a_key_that_has_ended_is_reported_and_not_run_again(shell: Shell) -> None:
    first = shell.run()
    assert first["state"] == "COMPLETED"
    again = shell.sagac("run", "order.saga.yaml", "--input", "order.json")
    assert again.code == 0
    assert "has ended and is not run again" in again.err
    assert shell.run("--again")["key"] == "42-2"
    assert shell.run() == first


def test_another_input_under_the_same_key_is_an_error(shell: Shell) -> None:
    shell.run("--fail", "charge_payment:card_declined")
    shell.write("order.json", ORDER | {"amount": "1.00"})
    said = shell.sagac("run", "order.saga.yaml", "--input", "order.json")
    assert said.code == 2
    assert "another input" in said.err


def test_a_killed_worker_is_started_again(shell: Shell) -> None:
    said = shell.sagac(
        "run", "order.saga.yaml", "--input", "order.json", "--crash-after", "charge_payment"
    )
    assert said.code == 0
    assert "killed" in said.err
    assert "order-fulfilment 42 is COMPLETED" in said.out
    assert "42 is COMPLETED" in shell.sagac("status", "42").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--fail", "charge_paiment"), "Did you mean"),
        (("--fail", "charge_payment:no_money"), "no refusal 'no_money'"),
        (("--crash-after", "nowhere"), "no step 'nowhere'"),
        (("--store", "sagas.db"), "no folder 'sagas.db'"),
        (("--store", "mysql://sagas"), "a folder or a URL"),
        (("--crash-after", "validate_order~undo"), "is not compensated"),
        (("-o", "nowhere"), "sagac generate"),
    ],
)
def test_a_wish_that_cannot_be(shell: Shell, arguments: tuple[str, ...], words: str) -> None:
    said = shell.sagac("run", "order.saga.yaml", "--input", "order.json", *arguments)
    assert (said.code, said.out) == (2, "")
    assert words in said.err


def test_an_input_that_does_not_fit_names_the_place(shell: Shell) -> None:
    shell.write("order.json", ORDER | {"items": [{"sku": "lamp", "quantity": "many"}]})
    said = shell.sagac("run", "order.saga.yaml", "--input", "order.json")
    assert said.code == 2
    assert "items[0].quantity" in said.err


def test_a_wait_is_left_and_a_signal_takes_the_saga_up(shell: Shell) -> None:
    loan = (ROOT / "specs" / "loan-approval.saga.yaml").read_text(encoding="utf-8")
    shell.write("loan.saga.yaml", loan)
    left = shell.sagac("run", "loan.saga.yaml", "--no-wait")
    assert left.code == 0
    assert "is in APPROVAL, waiting for LoanDecided since" in left.out
    state = json.loads(shell.sagac("status", "application_id-1", "--format", "json").out)
    assert (state["state"], state["at"]) == ("WAITING", ["approval"])
    data = {"application_id": "application_id-1", "verdict": "approved"}
    taken = shell.sagac(
        "signal", "application_id-1", "LoanDecided", "--data", json.dumps(data), "--id", "x"
    )
    assert taken.code == 0
    assert "loan-approval application_id-1 is COMPLETED" in taken.out
    late = shell.sagac("signal", "application_id-1", "LoanDecided")
    assert late.code == 1
    assert "has ended (COMPLETED)" in late.err


def test_a_race_says_what_it_waits_for(shell: Shell) -> None:
    ride = (ROOT / "specs" / "ride-hailing.saga.yaml").read_text("utf-8")
    shell.write("ride.saga.yaml", ride)
    said = shell.sagac("run", "ride.saga.yaml", "--no-wait")
    assert "in PICKUP, waiting for PickedUp or DriverLeft since" in said.out
    assert said.err.count('sagac signal ride_id-1 DriverLeft --data \'{"ride_id"') == 1
    assert "simulated participants answer" in said.err


PACKING = """\
saga: packing
version: 1
key: ${input.id}
services: { depot: {} }
input: { id: string, boxes: [string] }
steps:
  - foreach: each_box
    in: input.boxes
    as: box
    steps:
      - { step: pack, service: depot, input: { box: "${box}" }, compensate: unpack }
  - step: hand_over
    if: input.id == 'never'
    service: depot
    input: [id]
    compensate: take_back
"""


def test_a_kill_in_a_loop_and_one_that_never_comes(shell: Shell) -> None:
    shell.write("packing.saga.yaml", PACKING)
    killed = shell.sagac("run", "packing.saga.yaml", "--crash-after", "pack")
    assert "killed (SIGKILL)" in killed.err
    assert "is COMPLETED" in killed.out
    spared = shell.sagac("run", "packing.saga.yaml", "--crash-after", "hand_over")
    assert "hand_over was not called, so nothing was killed" in spared.err
    assert "is COMPLETED" in spared.out
    wrong = shell.sagac("run", "packing.saga.yaml", "--crash-after", "each_box")
    assert wrong.code == 2
    assert "each_box is a foreach and calls nothing itself" in wrong.err


def test_the_history_is_in_the_order_of_time(shell: Shell) -> None:
    data = json.dumps({"application_id": "application_id-1", "verdict": "approved"})
    shell.write("loan.saga.yaml", (ROOT / "specs" / "loan-approval.saga.yaml").read_text("utf-8"))
    shell.sagac("run", "loan.saga.yaml", "--signal", f"LoanDecided={data}")
    lines = shell.sagac("status", "application_id-1").out.splitlines()[1:]
    assert any("LoanDecided" in each for each in lines)
    assert lines == sorted(lines, key=lambda each: each.split()[0])


def test_a_store_that_is_not_there(shell: Shell) -> None:
    pytest.importorskip("psycopg", reason="the driver of Postgres is not installed")
    said = shell.sagac("status", "--store", "postgresql://nobody:secret@127.0.0.1:1/x")
    assert said.code == 2
    assert "the store postgresql://nobody@127.0.0.1:1/x cannot be opened" in said.err
    assert "secret" not in said.err


def test_a_cancel_compensates(shell: Shell) -> None:
    loan = (ROOT / "specs" / "loan-approval.saga.yaml").read_text(encoding="utf-8")
    shell.write("loan.saga.yaml", loan)
    shell.sagac("run", "loan.saga.yaml", "--no-wait")
    said = shell.sagac("signal", "application_id-1", "--cancel")
    assert "is COMPENSATED (cancelled)" in said.out


def test_stuck_until_a_person_decides(shell: Shell) -> None:
    shell.write("stubborn.saga.yaml", STUBBORN)
    faults = ("--fail", "second:no", "--fail", "first~undo")
    stuck = shell.sagac("run", "stubborn.saga.yaml", *faults)
    assert stuck.code == 1
    assert "is STUCK in the undo of FIRST" in stuck.out
    status = shell.sagac("status")
    assert status.code == 1
    assert "sagac resolve id-1 first~undo retry|skip|done" in status.out
    listed = json.loads(shell.sagac("dlq", "list", "--format", "json").out)
    assert [(each["kind"], each["at_step"]) for each in listed] == [("orchestrated", "first~undo")]
    traced = shell.sagac("trace", "id-1")
    assert traced.code == 1
    assert "MISSING: first~undo is stuck" in traced.out
    wrong = shell.sagac("resolve", "id-1", "second", "skip", "--reason", "try")
    assert wrong.code == 2
    assert "first~undo" in wrong.err
    again = shell.sagac("dlq", "retry", listed[0]["id"], "--reason", "hope")
    assert again.code == 1
    done = shell.sagac("resolve", "id-1", "first", "skip", "--reason", "written off")
    assert done.code == 0
    assert "is COMPENSATED (no at second) since " in done.out
    mark = "marked STUCK: the undo of FIRST was given up (skipped by a person: written off)"
    assert mark in done.out
    assert mark in shell.sagac("status").out
    state = json.loads(shell.sagac("status", "id-1", "--format", "json").out)
    assert [mark["step"] for mark in state["marks"]] == ["first~undo"]


def test_status_where_nothing_ran(shell: Shell) -> None:
    said = shell.sagac("status")
    assert said.code == 2
    assert "no saga has been run here" in said.err


def test_the_shop_of_the_examples(tmp_path: Path) -> None:
    import shutil
    import sqlite3

    folder = tmp_path / "shop"
    shutil.copytree(ROOT / "examples" / "shop", folder)
    shell = Shell(folder)
    assert shell.sagac("generate", "shop.saga.yaml", "-o", ".").code == 0
    crash = ("--crash-after", "take_money")
    bought = shell.sagac("run", "shop.saga.yaml", "--input", "purchase.json", *crash)
    assert "shop s-1 is COMPLETED" in bought.out
    refused = shell.sagac("run", "shop.saga.yaml", "--input", "too-dear.json")
    assert "s-2 is COMPENSATED (not_enough_money at take_money)" in refused.out
    with sqlite3.connect(folder / "shop.sqlite") as database:
        shelf = database.execute("select * from shelf").fetchall()
        taken = database.execute("select * from taken").fetchall()
        purses = dict(database.execute("select * from purses").fetchall())
    database.close()
    assert shelf == [("lamp", "40.00", 8)]
    assert taken == [("s-1", "lamp", 2)]
    assert purses == {"rich": "420.00", "poor": "5.00"}
