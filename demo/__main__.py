"""Shows the order saga from its file to the end of a killed run, and says what each part proved.

Everything is done by the command ``sagac``, as its user would; nothing is left behind.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SPEC = Path(__file__).resolve().parent.parent / "specs" / "order-fulfilment.saga.yaml"
ORDER = {
    "customer_email": "customer@example.com",
    "amount": "99.90",
    "items": [{"sku": "lamp", "quantity": 2}],
}
FORWARD = ["reserve_inventory", "charge_payment", "create_shipment", "send_confirmation"]


class Unproved(Exception):
    """Something did not come out as it must."""


def sagac(*arguments: str, exits: int = 0) -> str:
    """Runs the command in the working folder; returns what it printed."""
    print(f"\n$ sagac {' '.join(arguments)}", flush=True)
    done = subprocess.run(
        [sys.executable, "-m", "sagac", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode != exits:
        raise Unproved(f"exit code {done.returncode}, not {exits}\n{done.stdout}{done.stderr}")
    for line in done.stderr.splitlines():
        print(f"  {line}")
    return done.stdout


def proved(what: str) -> None:
    """Says what was just shown."""
    print(f"  => {what}", flush=True)


def must(holds: bool, what: str, seen: object) -> None:
    """Ends the demo if something does not hold."""
    if not holds:
        raise Unproved(f"{what}; seen: {seen}")


def lint() -> None:
    """The file is clean; without one compensation it is not."""
    sagac("lint", "order.saga.yaml")
    broken = Path("order.saga.yaml").read_text(encoding="utf-8")
    broken = "".join(
        line for line in broken.splitlines(keepends=True) if "release_inventory" not in line
    )
    Path("forgotten.saga.yaml").write_text(broken, encoding="utf-8")
    said = sagac("lint", "forgotten.saga.yaml", exits=1)
    print("\n".join(f"  {line}" for line in said.splitlines()))
    must("reserve_inventory" in said, "the missing undo is found", said)
    proved("a forgotten compensation is found before production, at its place")


def draw() -> None:
    """Three kinds of picture."""
    for kind in ("state", "flow"):
        sagac("diagram", "order.saga.yaml", "--kind", kind, "--format", "svg", "-o", f"{kind}.svg")
    failing = ("--kind", "sequence", "--fail", "charge_payment:card_declined")
    sagac("diagram", "order.saga.yaml", *failing, "--format", "svg", "-o", "sequence.svg")
    sizes = {name: Path(f"{name}.svg").stat().st_size for name in ("state", "flow", "sequence")}
    must(all(sizes.values()), "all pictures have something in them", sizes)
    proved("the state machine, the lanes of the teams and one failure as SVG, no system package")


def generate() -> None:
    """Code is written once, and the second time nothing changes."""
    sagac(
        "generate", "order.saga.yaml", "--style", "orchestration", "--target", "dbos", "-o", "app"
    )
    files = list(Path("app").rglob("*.py"))
    sagac(
        "generate",
        "order.saga.yaml",
        "--style",
        "orchestration",
        "--target",
        "dbos",
        "-o",
        "app",
        "--check",
    )
    proved(
        f"{len(files)} Python files, and --check finds nothing to change: same input, same bytes"
    )


def run(order: str, *arguments: str) -> dict[str, Any]:
    """One saga with simulated participants; its state at the end."""
    Path("order.json").write_text(json.dumps(ORDER | {"order_id": order}), encoding="utf-8")
    printed = sagac(
        "run",
        "order.saga.yaml",
        "--input",
        "order.json",
        "--simulate",
        "--format",
        "json",
        *arguments,
    )
    state: dict[str, Any] = json.loads(printed)
    return state


def effects(state: dict[str, Any], kind: str) -> list[str]:
    """The steps that took effect, or were undone, in their order."""
    return [each["step"] for each in state["effects"] if each["kind"] == kind]


def succeed() -> None:
    """All goes well."""
    state = run("1001")
    must(state["state"] == "COMPLETED" and effects(state, "do") == FORWARD, "completes", state)
    proved(f"order 1001 is COMPLETED: {', '.join(FORWARD)}")


def refuse() -> None:
    """A declined card: what was done is undone."""
    state = run("1002", "--fail", "charge_payment:card_declined")
    must(state["state"] == "COMPENSATED", "compensates", state)
    must(effects(state, "do") == effects(state, "undo") == ["reserve_inventory"], "undone", state)
    proved("order 1002 is COMPENSATED: the card was declined, the reservation is released")


def kill() -> None:
    """kill -9 at the worst moment: after the effect, before the engine has recorded it."""
    state = run("1003", "--crash-after", "reserve_inventory")
    must(state["state"] == "COMPLETED" and effects(state, "do") == FORWARD, "completes", state)
    state = run("1004", "--crash-after", "charge_payment", "--fail", "create_shipment")
    must(state["state"] == "COMPENSATED", "compensates", state)
    must(
        effects(state, "undo")[-2:] == ["charge_payment", "reserve_inventory"], "in reverse", state
    )
    twice = _twice()
    must(not twice, "nothing was done twice", twice)
    proved("orders 1003 and 1004 were killed, went on where they were; each effect took place once")


def _twice() -> list[Any]:
    with sqlite3.connect(".sagac/participants.sqlite") as database:
        rows = database.execute(
            "select saga, step, count(*) from effects group by saga, step having count(*) > 1"
        )
        return rows.fetchall()


def status() -> None:
    """Where is order 1002?"""
    said = sagac("status")
    print("\n".join(f"  {line}" for line in said.splitlines()))
    must("1002 is COMPENSATED" in said, "the status says how each order ended", said)
    proved("one command says where each order is")


def choreograph() -> None:
    """The same file without a coordinator: five services on NATS, one killed, a storm of copies."""
    nats = ("--style", "choreography", "--target", "nats")
    storm = ("--duplicate", "--reorder")
    state = run("2001", *nats, *storm, "--crash-after", "reserve_inventory")
    must(state["state"] == "COMPLETED" and effects(state, "do") == FORWARD, "completes", state)
    proved("order 2001: five processes, inventory killed, each effect took place once all the same")
    state = run("2002", *nats, *storm, "--fail", "charge_payment:card_declined")
    must(state["state"] == "COMPENSATED", "compensates", state)
    must(effects(state, "do") == effects(state, "undo") == ["reserve_inventory"], "undone", state)
    twice = _twice()
    must(not twice, "nothing was done twice", twice)
    said = sagac("trace", "2002")
    print("\n".join(f"  {line}" for line in said.splitlines()))
    must("PaymentFailed" in said and "InventoryReleased" in said, "the trace tells it", said)
    proved("order 2002 is COMPENSATED with no coordinator, and one command tells how it went")


def main() -> int:
    """Runs all parts in a folder of its own; 1 if something was not proved."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sagac-demo-") as folder:
        os.chdir(folder)
        Path("sagac.toml").touch()
        Path("order.saga.yaml").write_bytes(SPEC.read_bytes())
        try:
            for part in (lint, draw, generate, succeed, refuse, kill, choreograph, status):
                part()
        except Unproved as problem:
            print(f"\nNOT PROVED: {problem}", file=sys.stderr)
            return 1
        finally:
            os.chdir(SPEC.parent)
    print(f"\nAll proved in {time.monotonic() - began:.0f} s.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
