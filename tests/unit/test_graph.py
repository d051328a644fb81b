"""The graph: nodes, edges, positions, live data, the order of undoing, failures and times."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from sagac.cli.graph import command
from sagac.dsl.facts import OnUnknown, Position, Role
from sagac.dsl.graph import SagaGraph
from sagac.dsl.graph_text import to_dot, to_json
from sagac.dsl.relations import show

from .resolving import HEAD, SPECS, graph_of, inside, reading, resolved_text, spec, step

NONE = "- { step: %s, service: t, effect: none }\n"
PIVOT = "- { step: %s, service: s, input: [x] }\n"


def drawn(graph: SagaGraph) -> list[str]:
    """The edges as text: ``a -> b`` or ``a -label-> b``."""
    ids = [each.id for each in graph.nodes]
    return [
        f"{ids[e.source]} -{e.label}-> {ids[e.target]}"
        if e.label
        else f"{ids[e.source]} -> {ids[e.target]}"
        for e in graph.edges
    ]


DRAWN = {
    "list": (step("a") + step("b"), ["start -> a", "a -> b", "b -> end"]),
    "needs": (
        step("a") + step("b", "needs: [a]") + step("c", "needs: [a]") + step("d", "needs: [b, c]"),
        ["start -> a", "a -> b", "a -> c", "b -> d", "c -> d", "d -> end"],
    ),
    "needs a later one": (
        step("a", "needs: [b]") + step("b", "needs: []"),
        ["start -> b", "a -> end", "b -> a"],
    ),
    "if": (
        step("a", "if: input.n > 1"),
        [
            "start -> a:if",
            "a:if -then-> a",
            "a:if -else-> a:merge",
            "a -> a:merge",
            "a:merge -> end",
        ],
    ),
    "parallel": (
        "- parallel: p\n  branches:\n    l: [{ step: a, service: s, effect: none }]\n    r: []\n".replace(
            "r: []", "r: [{ step: b, service: t, effect: none }]"
        ),
        [
            "start -> p:fork",
            "p:fork -l-> a",
            "p:fork -r-> b",
            "a -> p:join",
            "b -> p:join",
            "p:join -> end",
        ],
    ),
    "settled": (
        "- parallel: p\n  join: settled\n  branches: { l: [{ step: a, service: s, effect: none }] }\n",
        [
            "start -> p:fork",
            "p:fork -l-> p:enter:l",
            "p:enter:l -> a",
            "a -> p:exit:l",
            "p:exit:l -> p:join",
            "p:join -> end",
        ],
    ),
    "choose": (
        "- choose: c\n  when: [{ if: input.n > 1, steps: [{ fail: no }] }, "
        "{ if: input.n > 2, steps: [] }]\n",
        [
            "start -> c:decision",
            "c:decision -case 1-> no",
            "c:decision -case 2-> c:merge",
            "c:decision -none-> c:merge",
            "no -> c:merge",
            "c:merge -> end",
        ],
    ),
    "foreach": (
        inside("foreach: l", step("a"), **{"in": "input.lines"}),
        ["start -> l:fork", "l:fork -each-> a", "a -> l:join", "l:join -> end"],
    ),
    "repeat": (
        inside("repeat: r", NONE % "a", until="input.n > 1", max="3"),
        ["start -> r:enter", "r:enter -> a", "a -> r:exit", "r:exit -> end"],
    ),
    "recover": (
        step("a", "fails: [no]", "recover: { no: [{ fail: stop }] }"),
        [
            "start -> a:enter",
            "a:enter -> a",
            "a:enter -no-> stop",
            "a -> a:exit",
            "stop -> a:exit",
            "a:exit -> end",
        ],
    ),
    "race": (
        "- wait: w\n  first: [{ event: E, steps: [] }, { after: 5m, steps: [{ fail: late }] }]\n",
        [
            "start -> w",
            "w -> w:decision",
            "w:decision -E-> w:merge",
            "w:decision -after-> late",
            "late -> w:merge",
            "w:merge -> end",
        ],
    ),
}


@pytest.mark.parametrize("name", DRAWN)
def test_nodes_and_edges(name: str) -> None:
    steps, edges = DRAWN[name]
    assert sorted(drawn(graph_of(steps))) == sorted(edges)


def test_owners() -> None:
    graph = graph_of(
        step("a")
        + "- { wait: w, for: 5m }\n"
        + NONE % "b"
        + "- choose: c\n  when: [{ if: input.n > 1, steps: [{ fail: no }] }]\n"
        + step("d"),
        "start: { service: u }",
    )
    owners = {node.id: node.owner for node in graph.nodes}
    assert owners == {
        "start": "u",
        "a": "s",
        "w": "s",
        "b": "t",
        "c:decision": "t",
        "no": "t",
        "c:merge": "s",  # of the node after it
        "d": "s",
        "end": "u",
    }


JUDGES: dict[str, tuple[str, list[str], str | None]] = {
    # steps, pivots, judge
    "all can be undone": (step("a") + step("b"), [], None),
    "implicit": (step("a") + PIVOT % "b" + NONE % "c", ["b"], "b"),
    "not with a refusal after it": (
        PIVOT % "a" + "- { step: b, service: s, effect: none, fails: [no] }\n",
        [],
        "a",
    ),
    "not with a time limit after it": (
        PIVOT % "a" + "- { wait: w, event: E, timeout: 5m }\n",
        [],
        "a",
    ),
    "not beside what can fail": (
        "- parallel: p\n  branches:\n    l: [{ step: a, service: s }]\n"
        "    r: [{ step: b, service: s, effect: none }]\n",
        [],
        "p",
    ),
    "declared in a composite": (
        step("a") + inside("group: g", step("b"), "- { step: c, service: s, role: pivot }\n"),
        ["c"],
        "g",
    ),
    "a group as a whole": (inside("group: g", step("b"), role="pivot"), ["g"], "g"),
    "retriable stays": (step("a") + "- { step: b, service: s, role: retriable }\n", [], "b"),
    "undone by its group": (
        inside("group: g", PIVOT % "a", compensate="{ service: s, action: back, input: [x] }"),
        [],
        None,
    ),
}


@pytest.mark.parametrize("name", JUDGES)
def test_pivots_and_judge(name: str) -> None:
    steps, pivots, judge = JUDGES[name]
    graph = graph_of(steps)
    assert (list(graph.pivots), graph.judge) == (pivots, judge)
    assert graph.undoable == (judge is None)


def test_positions_roles_and_who_hears_a_cancel() -> None:
    facts = spec("order-fulfilment.saga.yaml").facts
    seen = {name: (each.position, each.role, each.cancellable) for name, each in facts.items()}
    assert seen == {
        "validate_order": (Position.BEFORE, None, True),
        "reserve_inventory": (Position.BEFORE, Role.COMPENSATABLE, True),
        "charge_payment": (Position.BEFORE, Role.COMPENSATABLE, True),
        "tell_customer": (Position.BEFORE, None, True),
        "create_shipment": (Position.PIVOT, Role.PIVOT, True),
        "send_confirmation": (Position.AFTER, Role.RETRIABLE, False),
    }


def test_retries_times_and_unknown_outcomes() -> None:
    facts = spec("order-fulfilment.saga.yaml").facts
    unknown = [each.on_unknown for each in facts.values() if each.item.kind == "step"]
    assert unknown == [
        OnUnknown.FAIL,
        OnUnknown.COMPENSATE,
        OnUnknown.COMPENSATE,
        OnUnknown.QUERY,
        OnUnknown.RETRY,
    ]
    assert facts["validate_order"].retry.attempts == 5
    last = facts["send_confirmation"]
    assert (last.retry.attempts, last.retry.initial, last.timeout) == (None, 0.2, 10)
    refund = facts["charge_payment"].compensation
    assert refund is not None
    assert (refund.retry.attempts, refund.retry.initial, refund.retry.max) == (None, 1, 300)
    assert (refund.timeout, refund.on_failure) == (30, "stop")


def test_the_short_form_of_a_compensation() -> None:
    undo = spec("order-fulfilment.saga.yaml").facts["reserve_inventory"].compensation
    assert undo is not None
    assert (undo.action, undo.service, undo.short) == ("release_inventory", "inventory", True)
    assert show(undo.input_type) == "{order_id: string, items: [Item], reservation_id?: string}"
    assert list(undo.input) == ["order_id", "items", "reservation_id"]


def test_not_idempotent_is_called_once_and_asked() -> None:
    graph = graph_of(step("a", "idempotent: false"), "defaults: { retry: { attempts: 9 } }")
    facts = graph.facts["a"]
    assert (facts.retry.attempts, facts.on_unknown) == (1, OnUnknown.QUERY)
    assert graph.signatures[0].query


def test_live_data() -> None:
    graph = spec("order-fulfilment.saga.yaml")
    live = [{".".join((each.root, *each.path)) for each in edge.live} for edge in graph.edges]
    email, order = "input.customer_email", "input.order_id"
    reserved, tracking = "reserve_inventory.reservation_id", "create_shipment.tracking"
    assert live == [
        {order, "input.items", "input.amount", email},
        {order, "input.items", "input.amount", email},
        {order, "input.amount", email, reserved},
        {order, email, reserved},
        {order, email, reserved},
        {email, tracking},
        {tracking},
    ]


def test_what_a_loop_gives_is_carried_to_its_join() -> None:
    loop = inside("foreach: l", step("a"), NONE % "b", **{"in": "input.lines", "as": "it"})
    graph = graph_of(loop + reading("c", "l.a.o"))
    live = {
        (graph.nodes[e.source].id, graph.nodes[e.target].id): [
            ".".join((each.root, *each.path)) for each in e.live
        ]
        for e in graph.edges
    }
    assert live["a", "b"] == ["a.o"]
    assert live["b", "l:join"] == ["a.o"]
    assert live["l:join", "c"] == ["l.a.o"]
    assert live["start", "l:fork"] == ["input.lines", "input.x"]


def test_what_a_skipped_item_would_give_is_not_live_before_it() -> None:
    graph = graph_of(step("a") + step("b", "if: input.n > 1") + reading("c", "b.o"))
    before = next(edge for edge in graph.edges if graph.nodes[edge.target].id == "b:if")
    assert "b" not in {each.root for each in before.live}


FAILS: dict[str, tuple[str, str, list[str]]] = {
    "step": (step("a", "fails: [no]"), "a", ["no", "unknown"]),
    "lock": (step("a", "locks: [l]"), "a", ["locked", "unknown"]),
    "manual": (step("a", "on_unknown: manual", "fails: [no]"), "a", ["no"]),
    "optional": (step("a", "role: optional", "fails: [no]"), "a", []),
    "recovered": (step("a", "fails: [no]", "recover: { any: [] }"), "a", []),
    "handler fails": (
        step("a", "fails: [no, yes_but]", "recover: { no: [{ fail: worse }] }"),
        "a",
        ["yes_but", "unknown", "worse"],
    ),
    "group": (
        inside("group: g", step("a", "fails: [no]"), recover="{ unknown: [] }"),
        "g",
        ["no"],
    ),
    "repeat": (
        inside("repeat: r", step("a", "on_unknown: manual"), until="input.n > 1", max="3"),
        "r",
        ["exhausted"],
    ),
    "wait": ("- { wait: w, event: E, timeout: 5m }\n", "w", ["timeout"]),
    "wait goes on": ("- { wait: w, event: E, timeout: 5m, on_timeout: continue }\n", "w", []),
    "wait after the pivot": (
        "- { step: p, service: s, role: pivot }\n- { wait: w, event: E, timeout: 5m }\n",
        "w",
        [],
    ),
    "settled": (
        inside("foreach: l", step("a"), **{"in": "input.lines", "join": "settled"}),
        "l",
        [],
    ),
    "any with a sure branch": (
        "- parallel: p\n  join: any\n  branches:\n    l: [{ wait: w, for: 5m }]\n"
        "    r: [{ step: b, service: s, effect: none }]\n",
        "p",
        [],
    ),
}


@pytest.mark.parametrize("name", FAILS)
def test_reasons_to_fail(name: str) -> None:
    steps, item, reasons = FAILS[name]
    graph = graph_of(steps, "locks: { l: { key: input.x } }")
    assert list(graph.facts[item].may_fail) == reasons


def test_failure_points_are_there_also_if_something_catches_them() -> None:
    graph = graph_of(step("a", "fails: [no]", "recover: { any: [] }"))
    assert [(each.item, each.reason) for each in graph.failure_points] == [
        ("a", "no"),
        ("a", "unknown"),
    ]


def test_undoing_goes_backwards() -> None:
    assert spec("office-move.saga.yaml").undo_order == ("badges", "pack", "book_desks")
    graph = graph_of(step("b", "needs: [a]") + step("a", "needs: []"))
    assert graph.undo_order == ("b", "a")


def test_uses_of_an_action_agree_on_what_is_optional() -> None:
    graph = graph_of(
        step("a", "if: input.n > 1")
        + "- { step: b, service: t, action: act, effect: none, input: { v: '${input.x}' } }\n"
        + "- { step: c, service: t, action: act, effect: none, input: { v: '${a.o}' } }\n"
    )
    (act,) = [each for each in graph.signatures if each.action == "act"]
    assert show(act.input) == "{v?: string}"
    assert act.uses == ("b", "c")
    assert graph.facts["b"].input_type == act.input


@pytest.mark.parametrize("name", sorted(path.name for path in SPECS.glob("*.saga.yaml")))
def test_every_example_is_a_graph_from_start_to_end(name: str) -> None:
    graph = spec(name)
    assert len(graph.topological) == len(graph.nodes)
    assert len(graph.by_id) == len(graph.nodes)
    assert [node.id for node in graph.nodes if not graph.incoming[node.index]] == ["start"]
    assert [node.id for node in graph.nodes if not graph.outgoing[node.index]] == ["end"]
    assert {node.owner for node in graph.nodes} <= set(graph.saga.services)
    assert to_json(graph) == to_json(spec(name))
    assert to_dot(graph).count("->") == len(graph.edges)
    view = graph.networkx()
    assert view.number_of_nodes() == len(graph.nodes)


def test_ten_thousand_steps() -> None:
    steps = "".join(f"  - {{ step: s{n}, service: s, effect: none }}\n" for n in range(10_000))
    graph, found = resolved_text(HEAD + "steps:\n" + steps)
    assert not list(found)
    assert graph is not None
    assert len(graph.edges) == 10_001


def test_the_command() -> None:
    file = str(SPECS / "order-fulfilment.saga.yaml")
    answer = CliRunner().invoke(command, [file])
    assert answer.exit_code == 0
    data = json.loads(answer.stdout)
    assert data["judge"] == "create_shipment"
    assert data["undo_order"] == ["tell_customer", "charge_payment", "reserve_inventory"]
    dot = CliRunner().invoke(command, [file, "--format", "dot"])
    assert dot.stdout.startswith('digraph "order-fulfilment" {')
