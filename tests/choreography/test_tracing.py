"""What led to each event, and the one trace of a saga: after calls, crashes and on the way back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from sagac.templates.choreography.runtime.bus import LocalBus
from sagac.templates.choreography.runtime.message import Message
from sagac.templates.choreography.runtime.tokens import Event

from .served import Town
from .watched import ORDER, Watchtown, graph_from, until

pytestmark = pytest.mark.timeout(60)

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-00"
WAITING = ORDER.replace(
    "  - step: create_shipment\n",
    "  - wait: packed\n    service: shipping\n    event: Packed\n    timeout: 1h\n"
    "  - step: create_shipment\n",
)
CANCELLABLE = WAITING.replace("services:\n", "deadline: 1h\nservices:\n", 1)


class Noting(LocalBus):
    """Notes each message that was told, once."""

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[str, Message] = {}

    async def publish(self, messages: Sequence[Message]) -> None:
        self.told |= {each.id: each for each in messages}
        await super().publish(messages)

    def named(self, name: str) -> Message:
        """The one message of that name."""
        (found,) = (each for each in self.told.values() if each.subject == f"small-order.{name}")
        return found


def town_in(
    folder: Path, bus: LocalBus, plan: Mapping[str, str] | None = None, text: str = ORDER
) -> Watchtown:
    return Watchtown(graph_from(text), folder, bus, plan or {})


def played(folder: Path, plan: Mapping[str, str] | None = None, text: str = ORDER) -> Noting:
    """One saga from its start to its end."""
    bus = Noting()

    async def main() -> None:
        async with town_in(folder, bus, plan, text) as town:
            await town.start.start({"id": "7"})
            await town.end("7")

    asyncio.run(main())
    return bus


def whole(bus: Noting, first: str | None = None) -> str:
    """The trace that all messages share; each has a span of its own and a cause that was told."""
    spans = set()
    traces = set()
    for each in bus.told.values():
        _, trace, span, _ = each.headers["traceparent"].split("-")
        traces.add(trace)
        spans.add(span)
        cause = each.headers.get("causation-id")
        if each.subject == "small-order.SmallOrderStarted":
            assert cause == first
        else:
            assert cause in bus.told or (cause or "").startswith("outside"), each
            assert cause != each.id
    assert len(spans) == len(bus.told)
    (trace,) = traces
    assert len(trace) == 32
    return trace


def chain(bus: Noting, name: str) -> list[str]:
    """The names of what led to an event, that event first."""
    found, each = [], bus.named(name)
    while each.id not in found:
        found.append(each.id)
        cause = each.headers.get("causation-id")
        if cause not in bus.told:
            break
        each = bus.told[cause]
    return [bus.told[each].subject.partition(".")[2] for each in found]


WAY = ["PaymentCharged", "InventoryReserved", "SmallOrderStarted"]


def test_what_led_to_an_event_that_was_told_after_a_call(tmp_path: Path) -> None:
    bus = played(tmp_path)
    whole(bus)
    assert chain(bus, "CreateShipmentDone") == ["CreateShipmentDone", *WAY]


def test_the_way_back_belongs_to_the_same_trace(tmp_path: Path) -> None:
    bus = played(tmp_path, {"create_shipment": "refuse no_carrier"})
    whole(bus)
    back = ["InventoryReleased", "PaymentRefunded", "CreateShipmentFailed"]
    assert chain(bus, "InventoryReleased") == [*back, *WAY]


def test_an_unknown_outcome_after_retries_has_its_cause(tmp_path: Path) -> None:
    bus = played(tmp_path, {"create_shipment": "raise"})
    whole(bus)
    assert chain(bus, "CreateShipmentUndone") == ["CreateShipmentUndone", *WAY]


def test_two_sagas_have_two_traces(tmp_path: Path) -> None:
    one, other = (played(tmp_path / each) for each in made(tmp_path, "one", "other"))
    assert whole(one) != whole(other)


def made(folder: Path, *names: str) -> Sequence[str]:
    for each in names:
        (folder / each).mkdir()
    return names


@pytest.mark.parametrize(
    ("parent", "trace"),
    [
        (PARENT, TRACE),
        (f"00-{'0' * 32}-00f067aa0ba902b7-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        ("nonsense", None),
        (f"ff-{TRACE}-00f067aa0ba902b7-01", None),
    ],
)
def test_a_trace_from_outside_goes_on_if_it_is_one(
    tmp_path: Path, parent: str, trace: str | None
) -> None:
    bus = Noting()
    headers = {"traceparent": parent, "tracestate": "vendor=1"}

    async def main() -> None:
        async with town_in(tmp_path, bus) as town:
            asked = Message("outside-1", "small-order.start", b"{}", headers)
            await town.start.start({"id": "7"}, cause=asked)
            await town.end("7")

    asyncio.run(main())
    found = whole(bus, "outside-1")
    assert (found == TRACE) is (trace is not None)
    states = {each.headers.get("tracestate") for each in bus.told.values()}
    assert states == {"vendor=1" if trace else None}
    flags = {each.headers["traceparent"][-2:] for each in bus.told.values()}
    assert flags == {"00" if trace else "01"}


async def killed(town: Town) -> None:
    """Nothing of it runs any more, and nothing is written any more."""
    for service in town.services.values():
        tasks = [*service._running, *service._tasks]
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        service.database.close()


def crashed(folder: Path, text: str, where: Callable[[Noting], bool]) -> Noting:
    """A saga whose services are killed when ``where`` holds, and come back without the bus."""
    bus = Noting()

    async def main() -> None:
        hung: list[str] = []
        town = await town_in(folder, bus, text=text).__aenter__()
        act = town.handlers.act

        async def hang(output: object, effect: bool, call: object) -> object:
            hung.append("x")
            await asyncio.Event().wait()
            return output

        town.handlers.act = hang  # type: ignore[method-assign]
        await town.start.start({"id": "7"})
        await until(lambda: bool(hung))
        assert where(bus)
        await killed(town)
        town.handlers.act = act  # type: ignore[method-assign]
        await bus.close()
        async with town_in(folder, bus, {"create_shipment": "refuse no_carrier"}, text) as again:
            await again.end("7")

    asyncio.run(main())
    return bus


def test_a_crash_during_a_call_leaves_the_chain_whole(tmp_path: Path) -> None:
    bus = crashed(tmp_path, ORDER, lambda bus: len(bus.told) == 1)
    whole(bus)
    assert chain(bus, "PaymentCharged") == WAY
    assert chain(bus, "InventoryReleased")[-3:] == WAY


def test_an_event_from_outside_is_the_cause_and_brings_no_trace(tmp_path: Path) -> None:
    bus = Noting()

    async def main() -> None:
        async with town_in(tmp_path, bus, text=WAITING) as town:
            await town.start.start({"id": "7"})
            await until(lambda: any("PaymentCharged" in each.subject for each in bus.told.values()))
            headers = {"saga-key": "7", "traceparent": PARENT}
            mail = Message("outside-9", "outside.Packed", b"{}", headers)
            await town.services["shipping"].receive(mail)
            await town.end("7")

    asyncio.run(main())
    assert whole(bus) != TRACE
    assert bus.named("PackedDone").headers["causation-id"] == "outside-9"


def test_a_cancel_has_its_cause(tmp_path: Path) -> None:
    bus = Noting()

    async def main() -> None:
        async with town_in(tmp_path, bus, text=CANCELLABLE) as town:
            await town.start.start({"id": "7"})
            await until(lambda: any("PaymentCharged" in each.subject for each in bus.told.values()))
            assert await town.start.cancel("7")
            await town.end("7")

    asyncio.run(main())
    whole(bus)
    back = ["InventoryReleased", "PaymentRefunded", "PackedFailed", "SmallOrderHaltAccepted"]
    assert chain(bus, "InventoryReleased") == [*back, "SmallOrderStarted"]


def test_the_cause_is_no_part_of_what_an_event_says() -> None:
    event = Event("7", "start", (), "done", cause="x")
    assert event == Event("7", "start", (), "done")
    assert event.id == Event("7", "start", (), "done").id
