"""The sequence: messages in the order of the trace, compensations in reverse, the end."""

from __future__ import annotations

import pytest

from sagac.generators.diagrams.mermaid import sequence_mermaid
from sagac.generators.diagrams.sequence import sequence_dot
from sagac.generators.diagrams.story import SAGA, Message, Story, Tone, story
from sagac.verify.scenario import one_failure, success
from tests.diagrams.drawn import SPECS, box, edges, nodes, spec


def _failed(name: str, step: str, refusal: str | None) -> Story:
    return story(spec(name), one_failure(spec(name), step, refusal), f"{step} fails")


def _calls(told: Story) -> list[tuple[str, str]]:
    return [
        (beat.target, beat.text)
        for beat in told.beats
        if isinstance(beat, Message) and beat.source == SAGA
    ]


def test_one_refusal() -> None:
    told = _failed("order-fulfilment", "create_shipment", None)
    assert _calls(told) == [
        ("order", "validate_order"),
        ("inventory", "reserve_inventory"),
        ("payment", "charge_payment"),
        ("shipping", "create_shipment"),
        ("shipping", "is create_shipment done?"),
        ("notification", "tell_customer"),
        ("payment", "refund_payment"),
        ("inventory", "release_inventory"),
    ]
    assert told.state == "COMPENSATED"
    assert "create_shipment" in told.ending


def test_a_call_that_is_repeated_until_it_is_done_is_done_in_the_end() -> None:
    told = _failed("order-fulfilment", "send_confirmation", None)
    assert [text for _, text in _calls(told)].count("send_confirmation") == 3
    assert (told.state, told.ending) == ("COMPLETED", "done all the same")


def test_the_failure_is_told_before_the_first_compensation() -> None:
    told = _failed("order-fulfilment", "charge_payment", "card_declined")
    tones = [beat.tone for beat in told.beats]
    assert tones[4:7] == [Tone.GO, Tone.BAD, Tone.UNDO]
    assert "card_declined" in told.beats[5].text
    assert "card_declined" in told.beats[6].text
    assert not isinstance(told.beats[6], Message)


@pytest.mark.parametrize("name", SPECS)
def test_success_calls_every_service_of_the_trace(name: str) -> None:
    trace = success(spec(name))
    told = story(spec(name), trace)
    assert told.state == "COMPLETED"
    called = {each.request.service for each in trace.events if each.request.action}
    assert called <= {who.id for who in told.participants}


@pytest.mark.parametrize("name", SPECS)
def test_the_picture_holds_every_message_on_its_lifelines(name: str) -> None:
    told = story(spec(name), success(spec(name)))
    dot = sequence_dot(told)
    shapes = nodes(dot)
    middle = {who.id: sum(box(shapes[f"{who.id}:line"])[::2]) / 2 for who in told.participants}
    arrows = edges(dot)
    messages = [(n, beat) for n, beat in enumerate(told.beats) if isinstance(beat, Message)]
    assert len(arrows) == len(messages)
    heights = []
    for arrow, (number, beat) in zip(arrows, messages, strict=True):
        assert (arrow.source, arrow.target) == (f"{number}:from", f"{number}:to")
        assert arrow.points[0][0] == pytest.approx(middle[beat.source], abs=6)
        assert arrow.points[-1][0] == pytest.approx(middle[beat.target], abs=16)
        heights.append(arrow.points[0][1])
    assert heights == sorted(heights, reverse=True)


def test_an_event_comes_from_outside() -> None:
    told = story(spec("ride-hailing"), success(spec("ride-hailing")))
    assert ("PickedUp", ":outside") in {
        (beat.text, beat.source) for beat in told.beats if isinstance(beat, Message)
    }


def test_iterations_are_named() -> None:
    told = _failed("basket-order", "wrap_line", "damaged")
    texts = [beat.text for beat in told.beats]
    assert "reserve_line (lines[0])" in texts
    assert "release_line (lines[0])" in texts
    assert (told.state, told.ending) == ("COMPLETED", "done all the same")


def test_mermaid_has_the_same_messages_in_the_same_order() -> None:
    told = _failed("order-fulfilment", "create_shipment", None)
    lines = sequence_mermaid(told).splitlines()
    at = [
        next(n for n, line in enumerate(lines) if line.endswith(f": {action}"))
        for action in ("charge_payment", "tell_customer", "refund_payment", "release_inventory")
    ]
    assert at == sorted(at)
    assert sum("->>" in line or "--x" in line for line in lines) == sum(
        isinstance(beat, Message) for beat in told.beats
    )
