"""The state machine: every item, the way back in reverse, the labels, the end states."""

from __future__ import annotations

import pytest

from sagac.dsl.model import Undo
from sagac.generators.diagrams.state import state_dot
from tests.diagrams.drawn import SPECS, box, edges, long_saga, nodes, saga, spec


def _back_from(dot: str, start: str) -> list[str]:
    """The compensations that follow one another from ``start`` on."""
    way = [start]
    while way[-1] != "COMPENSATED":
        here = way[-1]
        way.append(next(each.target for each in edges(dot) if each.source == here))
    return way


@pytest.mark.parametrize("name", SPECS)
def test_every_item_appears(name: str) -> None:
    graph = spec(name)
    found = nodes(state_dot(graph))
    for item, facts in graph.facts.items():
        assert item in found or f"{item}~frame" in found or isinstance(facts.item, Undo), item
        if facts.compensation is not None or isinstance(facts.item, Undo):
            assert f"{item}~undo" in found, item


@pytest.mark.parametrize("name", SPECS)
def test_boxes_do_not_overlap(name: str) -> None:
    shapes = nodes(state_dot(spec(name)))
    boxes = [
        box(each)
        for id, each in shapes.items()
        if not id.startswith(":text") and "~frame" not in id
    ]
    for index, one in enumerate(boxes):
        for other in boxes[index + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1]
            assert apart or other[3] <= one[1]


@pytest.mark.parametrize("name", ["order-fulfilment", "new-employee", "kit-packing"])
def test_compensations_follow_in_reverse(name: str) -> None:
    graph = spec(name)
    dot = state_dot(graph)
    undone = [f"{each}~undo" for each in graph.undo_order]
    assert _back_from(dot, undone[0]) == [*undone, "COMPENSATED"]


def test_a_refusal_leads_to_what_came_before_and_unknown_to_its_own_undo() -> None:
    found = {(each.source, each.target) for each in edges(state_dot(spec("order-fulfilment")))}
    assert ("charge_payment", "reserve_inventory~undo") in found
    assert ("charge_payment", "charge_payment~undo") in found
    assert ("create_shipment", "tell_customer~undo") in found
    assert ("validate_order", "COMPENSATED") in found


def test_reasons_are_labels() -> None:
    dot = state_dot(spec("order-fulfilment"))
    for label in ("invalid_order", "out_of_stock", "card_declined", "unknown", "cancelled"):
        assert f'"{label}\\l' in dot or f"\\l{label}\\l" in dot or f'"{label}\\r"' in dot, label


def test_the_pivot_is_marked() -> None:
    dot = state_dot(spec("order-fulfilment"))
    assert "point of no return" in dot
    assert dot.count("point of no return") == 1


def test_the_way_back_lies_below_the_way_forward() -> None:
    shapes = nodes(state_dot(spec("order-fulfilment")))
    forward = [box(shapes[each]) for each in ("validate_order", "charge_payment", "COMPLETED")]
    back = [box(shapes[each]) for each in ("COMPENSATED", "charge_payment~undo")]
    assert len({round(each[1] + each[3], 1) for each in forward}) == 1
    assert max(each[3] for each in back) < min(each[1] for each in forward)
    assert [each[0] for each in forward] == sorted(each[0] for each in forward)


def test_a_long_saga_turns_into_rows() -> None:
    shapes = nodes(state_dot(long_saga(40)))
    places = [box(shapes[f"step_{number}"]) for number in range(1, 41)]
    assert max(each[2] for each in places) < 1500
    rows = [round(each[1] + each[3], 1) for each in places]
    assert rows == sorted(rows, reverse=True)
    assert len(set(rows)) > 4


def test_stuck_is_drawn_only_where_it_can_be() -> None:
    assert "STUCK" not in state_dot(spec("order-fulfilment"))
    steps = """\
  - step: a
    service: s
    compensate: { action: b, retry: { attempts: 2 } }
  - step: c
    service: s
    role: pivot
    fails: [no]
  - step: d
    service: s
    retry: { attempts: 7 }
  - { wait: e, event: Signed, output: { by: string }, timeout: 3d }
"""
    dot = state_dot(saga(steps))
    assert {"a~undo:stuck", "d:stuck", "e:stuck"} <= nodes(dot).keys()
    assert "no event in 3d" in dot
    assert "7 attempts spent" in dot


def test_the_compensation_of_a_group_stands_for_its_members() -> None:
    found = {(each.source, each.target) for each in edges(state_dot(spec("office-move")))}
    assert ("open_lockers", "badges~undo") in found
    assert ("badges~undo", "badges~frame") in found
    assert not any("grant_badges~undo" in each for each in found)


def test_a_handler_keeps_its_own_compensation() -> None:
    steps = """\
  - group: g
    compensate: { service: t, action: undo_g }
    recover:
      refused: [{ step: other, service: t, compensate: undo_other }]
    steps: [{ step: a, service: s, fails: [refused] }]
  - { step: b, service: s, on_unknown: manual, fails: [no], compensate: undo_b }
"""
    dot = state_dot(saga(steps))
    found = {(each.source, each.target) for each in edges(dot)}
    assert ("g~frame", "other~undo") in found
    assert ("other", "other~undo") in found
    shapes = nodes(dot)
    assert box(shapes["b:stuck"])[1] > box(shapes["b~undo"])[3]


def test_a_composite_pivot_is_marked() -> None:
    steps = """\
  - group: g
    role: pivot
    steps: [{ step: a, service: s, compensate: undo_a }, { step: b, service: t, compensate: undo_b }]
"""
    assert "point of no return" in state_dot(saga(steps))


def test_what_is_recovered_does_not_lead_back() -> None:
    dot = state_dot(spec("video-publishing"))
    assert "instead, on forbidden_content" in dot
    assert '"forbidden_content\\l' not in dot


@pytest.mark.parametrize("name", SPECS)
def test_same_input_same_bytes(name: str) -> None:
    assert state_dot(spec(name)) == state_dot(spec.__wrapped__(name))
