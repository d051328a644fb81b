"""The failure that started it all: a service that did not hear that the payment had failed.

It was down for long, or its handler had a bug for a while: the goods are released all the same, and
the order ends compensated.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sagac.templates.choreography.runtime.message import Message
from tests.choreography.brokers import Nats

from .fleet import SAGA, SERVICES, Fleet, generate
from .storm import body, ignore, outside, send

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(bool(Nats.missing()), reason=str(Nats.missing())),
]
DECLINED = "1-charge_payment-"
STUCK = "1-charge_payment-stuck"
BROKEN = "    def receive"
RELEASED = ["reserve_inventory", "release_inventory"]


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    generate(tmp_path, "nats")
    broker = Nats(tmp_path)
    broker.start()
    made = Fleet(tmp_path, broker, None)
    made.start(*SERVICES, "observer")
    yield made
    made.stop()
    broker.kill()


def order(fleet: Fleet, name: str) -> None:
    """Places an order."""

    async def place() -> None:
        bus = outside(fleet.broker.url)
        await bus.subscribe("shop", [], ignore)
        await send(bus, Message(f"start-{name}", f"{SAGA}.start", body(name), {}))
        await bus.close()

    asyncio.run(place())


def wait(over: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not over():
        assert time.monotonic() < until, "it does not come to that"
        time.sleep(0.1)


def state(fleet: Fleet, service: str, node: str) -> str | None:
    """How a node of the order is in the ledger of a service."""
    found = fleet.read(service, "select state from saga_nodes where node = ?", node)
    return str(found[0][0]) if found else None


def ends_compensated(fleet: Fleet, name: str) -> None:
    wait(lambda: fleet.observed() == {name: "COMPENSATED"})
    assert fleet.ledger() == {name: "COMPENSATED"}
    assert fleet.effects() == {name: RELEASED}
    assert (fleet.stuck(), fleet.letters()) == ([], [])


def the_payment_fails_unheard(fleet: Fleet) -> None:
    """The goods are reserved and the card is declined, and the inventory is down by then."""
    fleet.stop("payment")
    order(fleet, DECLINED)
    wait(lambda: state(fleet, "inventory", "reserve_inventory") == "done")
    fleet.stop("inventory")
    fleet.start("payment")
    wait(lambda: state(fleet, "payment", "charge_payment") == "failed")
    wait(lambda: fleet.read("payment", "select 1 from saga_outbox") == [])
    assert fleet.effects() == {DECLINED: RELEASED[:1]}
    assert fleet.ledger() == {DECLINED: "open"}


def test_a_service_was_down_when_the_payment_failed(fleet: Fleet) -> None:
    the_payment_fails_unheard(fleet)
    fleet.start("inventory")
    ends_compensated(fleet, DECLINED)


def test_a_compensation_had_a_bug_and_is_put_back(fleet: Fleet) -> None:
    order(fleet, STUCK)
    wait(lambda: fleet.stuck() == [("inventory", STUCK)])
    wait(lambda: fleet.observed() == {STUCK: "STUCK"})
    listed = fleet.sagac("dlq", "list")
    assert listed.returncode == 1
    id = f"{SAGA}/{STUCK}/reserve_inventory~undo"
    assert listed.stdout.startswith(f"{id} ")
    assert "a bug in release_inventory" in listed.stdout

    fleet.stop("inventory")
    (fleet.folder / "repaired").touch()
    fleet.start("inventory")
    put_back = fleet.sagac("dlq", "retry", id, "--reason", "the handler is mended")
    assert put_back.returncode == 0, put_back.stderr
    ends_compensated(fleet, STUCK)
    kept = fleet.read("inventory", "select why, state from saga_commands")
    assert kept == [("the handler is mended", "done")]


def test_the_message_was_a_dead_letter_and_is_put_back(fleet: Fleet) -> None:
    """What the inventory hears breaks on a bug of its deployment, which then is taken back."""
    the_payment_fails_unheard(fleet)
    machine = fleet.folder / "order_fulfilment/generated/choreography/runtime/machine.py"
    good = machine.read_text(encoding="utf-8")
    assert good.count(BROKEN) == 1
    machine.write_text(good.replace(BROKEN, f"{BROKEN}_not"), encoding="utf-8")
    fleet.start("inventory")
    wait(lambda: len(fleet.letters()) == 1)
    assert fleet.effects() == {DECLINED: RELEASED[:1]}
    fleet.stop("inventory")
    machine.write_text(good, encoding="utf-8")
    fleet.start("inventory")
    said = fleet.sagac("dlq", "retry", "--all", "--reason", "the deployment is taken back")
    assert said.returncode == 0, said.stderr
    ends_compensated(fleet, DECLINED)
