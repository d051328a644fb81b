"""The flow: lanes of teams, forks, cases and loops, and lines that pass no box."""

from __future__ import annotations

import pytest

from sagac.generators.diagrams.flow import flow_dot
from sagac.generators.diagrams.flow_graph import flow
from sagac.generators.diagrams.outline import outline
from tests.diagrams.drawn import SPECS, box, edges, long_saga, nodes, saga, spec


@pytest.mark.parametrize("name", SPECS)
def test_every_acting_item_stands_in_the_lane_of_its_team(name: str) -> None:
    graph = spec(name)
    shapes = nodes(flow_dot(graph))
    for node in flow(outline(graph)).nodes:
        lane, place = box(shapes[f"lane {node.team}"]), box(shapes[node.id])
        assert lane[0] <= place[0], node.id
        assert place[2] <= lane[2], node.id
        if node.id in graph.facts:
            service = graph.saga.services[graph.facts[node.id].service]
            assert node.team == (service.team.text if service.team else service.name.text)


LOOP_BESIDE_AN_UNDO = """\
  - foreach: loop
    in: input.many
    as: each
    steps: [{ undo: tell, service: s }]
  - { step: a, service: t, effect: none, fails: [no] }
"""


@pytest.mark.parametrize("name", [*SPECS, ""])
def test_lines_pass_no_box(name: str) -> None:
    dot = flow_dot(spec(name) if name else saga(LOOP_BESIDE_AN_UNDO))
    shapes = {
        id: box(each)
        for id, each in nodes(dot).items()
        if not id.startswith((":text", "lane ", "head "))
    }
    for edge in edges(dot):
        for id, (left, bottom, right, top) in shapes.items():
            if id in (edge.source, edge.target):
                continue
            inside = [(x, y) for x, y in edge.points if left < x < right and bottom < y < top]
            assert not inside, (edge.source, edge.target, id)


def test_branches_run_side_by_side_and_meet() -> None:
    found = {(each.source, each.target) for each in edges(flow_dot(spec("trip-booking")))}
    opens, closes = "bookings~frame:opens", "bookings~frame:closes"
    assert {(opens, "book_flight"), (opens, "book_hotel"), (opens, "rent_car")} <= found
    assert {("book_flight", closes), ("rent_car", closes), (closes, "charge_trip")} <= found


def test_needs_are_followed() -> None:
    found = {(each.source, each.target) for each in edges(flow_dot(spec("new-employee")))}
    assert {("create_account", "grant_access"), ("reserve_desk", "grant_access")} <= found
    assert ("create_account", "install_laptop") in found
    assert ("reserve_desk", "install_laptop") not in found


def test_a_loop_returns_to_its_beginning() -> None:
    found = {(each.source, each.target) for each in edges(flow_dot(spec("video-publishing")))}
    assert ("transcoding~frame:closes", "transcoding~frame:opens") in found


def test_a_case_that_fails_goes_nowhere() -> None:
    found = {each.source for each in edges(flow_dot(spec("ride-hailing")))}
    assert "driver_left" not in found
    assert "start_meter" in found


def test_a_recovered_step_leads_to_its_handler() -> None:
    dot = flow_dot(spec("video-publishing"))
    assert ("scan_content", "file_report") in {(e.source, e.target) for e in edges(dot)}
    assert "forbidden_content" in dot


def test_a_group_is_not_passed_by() -> None:
    found = {(each.source, each.target) for each in edges(flow_dot(spec("office-move")))}
    assert ("pack", "grant_badges") in found
    assert ("open_lockers", "announce_move") in found
    assert ("pack", "announce_move") not in found


def test_who_undoes_is_said() -> None:
    dot = flow_dot(spec("order-fulfilment"))
    assert "undo: refund_payment" in dot
    assert "only on the way back" in nodes(dot)["tell_customer"]


def test_a_long_saga_is_drawn_whole() -> None:
    assert {f"step_{number}" for number in range(1, 41)} <= nodes(flow_dot(long_saga(40))).keys()
