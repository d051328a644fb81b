"""A user's own handlers, run for real: success, refusal, crash, and STUCK until a person decides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .test_commands import Said, Shell

pytest.importorskip("dbos", reason="the generated sagas run on DBOS")

PARCEL = """\
saga: parcel
version: 1
key: ${input.id}
start: { service: shop }
services: { shop: {}, bank: {} }
input: { id: string, far: boolean }
defaults: { retry: { attempts: 1 }, timeout: 5s }
steps:
  - step: charge
    service: bank
    input: [id]
    output: { receipt: string }
    on_unknown: manual
    compensate: { action: refund, retry: { attempts: 1 } }
  - step: pack
    service: shop
    input: [id, far]
    fails: [too_far]
    compensate: unpack
  - { step: send, service: shop, role: pivot, input: [id, charge.receipt] }
"""
# The bank is closed as long as there is a file `closed`; what it does is in its own table.
BANK = '''\
"""The bank's own handlers."""

from __future__ import annotations

from pathlib import Path

from parcel.generated.contract import Call
from parcel.generated.types import ChargeInput, ChargeOutput, RefundInput

HERE = Path(__file__).parent


class BankHandlers:
    """The service bank."""

    database = f"sqlite:///{HERE}/bank.sqlite"

    async def charge(self, request: ChargeInput, call: Call) -> ChargeOutput:
        await self._note(call, "charge")
        return ChargeOutput(receipt=f"R-{request.id}")

    async def refund(self, request: RefundInput, call: Call) -> None:
        await self._note(call, "refund")

    async def _note(self, call: Call, what: str) -> None:
        if (HERE / f"{what}.closed").exists():
            raise ConnectionError("the bank is closed")
        assert call.tx is not None
        await call.tx.execute("create table if not exists book (what text, id text)")
        await call.tx.execute("insert into book values (?, ?)", (what, call.saga_key))
'''
SHOP = '''\
"""The shop's own handlers."""

from __future__ import annotations

from parcel.generated.contract import Call, Done, Never, NotYet
from parcel.generated.types import PackInput, SendInput, TooFar, UnpackInput


class ShopHandlers:
    """The service shop."""

    def pack(self, request: PackInput, call: Call) -> TooFar | None:
        return TooFar() if request.far else None

    def unpack(self, request: UnpackInput, call: Call) -> None:
        pass

    def send(self, request: SendInput, call: Call) -> None:
        assert request.receipt

    def query_send(self, request: SendInput, call: Call) -> Done[None] | Never | NotYet:
        return NotYet()
'''


class Parcels(Shell):
    """A folder with the saga, its generated code and handlers that somebody wrote."""

    def __init__(self, folder: Path, style: str) -> None:
        super().__init__(folder)
        self.style = ("--style", style) if style == "choreography" else ()
        self.write("parcel.saga.yaml", PARCEL)
        assert self.sagac("generate", "parcel.saga.yaml", *self.style, "-o", ".").code == 0
        self.write("handlers/bank.py", BANK)
        self.write("handlers/shop.py", SHOP)

    def start(self, *options: str, far: bool = False) -> Said:
        self.write("near.json", {"id": "7", "far": far})
        return self.sagac("run", "parcel.saga.yaml", *self.style, "--input", "near.json", *options)

    def close(self, what: str) -> Path:
        closed = self.folder / "handlers" / f"{what}.closed"
        closed.touch()
        return closed

    def decide(self, step: str, *decision: str) -> None:
        """A person decides; a choreographed saga is then taken up where it is run."""
        said = self.sagac("resolve", "7", step, *decision, "--reason", "asked them")
        assert said.code in (0, 1), said

    def goes_on(self, *, far: bool = False) -> str:
        if self.style:
            self.start(far=far)
        return self.sagac("status", "7").out.splitlines()[0]

    @property
    def book(self) -> list[str]:
        """What the bank has done."""
        import sqlite3

        with sqlite3.connect(self.folder / "handlers" / "bank.sqlite") as database:
            rows = database.execute("select what from book").fetchall()
        database.close()
        return [what for (what,) in rows]


@pytest.fixture(params=["orchestration", "choreography"])
def parcels(tmp_path: Path, request: pytest.FixtureRequest) -> Parcels:
    return Parcels(tmp_path, request.param)


def test_success_refusal_and_crash(parcels: Parcels) -> None:
    done = parcels.start("--crash-after", "charge")
    assert "parcel 7 is COMPLETED" in done.out, done
    assert "simulated" not in done.err
    assert parcels.book == ["charge"]
    refused = parcels.start("--again", far=True)
    assert "is COMPENSATED (too_far at pack)" in refused.out, refused
    assert parcels.book == ["charge", "charge", "refund"]


def test_an_undo_that_first_cannot_and_later_can(parcels: Parcels) -> None:
    closed = parcels.close("refund")
    stuck = parcels.start(far=True)
    assert (stuck.code, "is STUCK in the undo of CHARGE" in stuck.out) == (1, True), stuck
    parcels.decide("charge", "retry")
    assert "is STUCK in the undo of CHARGE" in parcels.goes_on(far=True)
    closed.unlink()
    parcels.decide("charge", "retry")
    said = parcels.goes_on(far=True)
    assert "is COMPENSATED (too_far at pack)" in said
    assert "marked" not in said
    assert parcels.book == ["charge", "refund"]


@pytest.mark.parametrize("decision", ["skip", "done"])
def test_an_undo_that_a_person_takes_over(parcels: Parcels, decision: str) -> None:
    parcels.close("refund")
    assert parcels.start(far=True).code == 1
    parcels.decide("charge", decision)
    said = parcels.goes_on(far=True)
    assert "is COMPENSATED (too_far at pack)" in said
    mark = "marked STUCK: the undo of CHARGE was given up (skipped by a person: asked them)"
    assert (mark in said) == (decision == "skip")
    assert parcels.book == ["charge"]


@pytest.mark.parametrize("decision", ["retry", "skip", "done"])
def test_an_action_that_nobody_knows_of(parcels: Parcels, decision: str) -> None:
    closed = parcels.close("charge")
    stuck = parcels.start()
    assert (stuck.code, "is STUCK in CHARGE" in stuck.out) == (1, True), stuck
    if decision == "retry":
        closed.unlink()
        parcels.decide("charge", "retry")
    else:
        output = json.dumps({"receipt": "by hand"})
        parcels.decide("charge", decision, "--output", output)
    said = parcels.goes_on()
    assert "is COMPLETED" in said
    assert ("marked STUCK: CHARGE was given up" in said) == (decision == "skip")
    if decision == "retry":
        assert parcels.book == ["charge"]
