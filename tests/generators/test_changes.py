"""What a change of a saga breaks, and for whom."""

from __future__ import annotations

import pytest

from sagac.dsl.compile import compile as compile_saga
from sagac.dsl.graph import SagaGraph
from sagac.generators import changes
from sagac.generators.changes import Change, Pair
from sagac.generators.choreography import compare

ORDER = """\
saga: order
version: 1
key: ${input.id}
services: { shop: {}, stock: {}, bank: {} }
events: { Paid: { data: { id: string, sum: decimal } } }
input:
  id: string
  note?: string
  city: string
steps:
  - step: check
    service: shop
    input: [id]
    fails: [unknown_order]
    effect: none
  - step: reserve
    service: stock
    input: [id]
    output: { shelf: string, row?: integer }
    fails: { none_left: { count: integer } }
    events: { done: StockReserved }
    compensate: release
  - wait: payment
    service: bank
    event: Paid
    match: event.id == input.id
    timeout: 1h
  - step: ship
    service: shop
    role: pivot
    input: [reserve.shelf, reserve.row, city]
"""
Found = set[tuple[str, str, str]]


def graph(text: str) -> SagaGraph:
    found = compile_saga(text, "order.saga.yaml", lambda path: "")
    assert found.graph is not None, found.diagnostics
    return found.graph


def compared(*replaced: tuple[str, str]) -> tuple[Change, ...]:
    text = ORDER
    for old, new in replaced:
        assert old in text, old
        text = text.replace(old, new)
    pair = Pair(graph(ORDER), graph(text))
    return (*changes.changes(pair), *compare.changes(pair))


def broken(*replaced: tuple[str, str]) -> Found:
    return {(each.whom, each.about, each.what) for each in compared(*replaced) if each.breaks}


RAISED = ("version: 1", "version: 2")


def test_nothing_where_nothing_has_changed() -> None:
    assert compared() == ()
    assert compared(("key: ${input.id}", "description: An order.\nkey: ${input.id}")) == ()
    assert compared(RAISED) == ()


def test_running_sagas() -> None:
    found = compared(("timeout: 1h", "timeout: 2h"))
    assert [(each.whom, each.do) for each in found] == [("running sagas", "Write `version: 2`")]
    assert "steps.payment" in found[0].what
    [note] = compared(("timeout: 1h", "timeout: 2h"), RAISED)
    assert not note.breaks
    assert "go on as version 1" in note.what
    later = Pair(graph(ORDER.replace(*RAISED)), graph(ORDER))
    [lower] = changes.changes(later)
    assert (lower.breaks, lower.do) == (True, "Write `version: 3`")


def test_another_saga() -> None:
    [found] = compared(("saga: order", "saga: purchase"))
    assert found.breaks
    assert "purchase" in found.what


def test_an_event_is_called_otherwise() -> None:
    found = compared(("StockReserved", "ShelfReserved"), RAISED)
    [event] = [each for each in found if each.whom == "subscribers"]
    assert (event.about, event.what) == ("StockReserved", "it is called ShelfReserved now")
    assert event.who == ("bank",)
    assert "StockReserved again" in event.do


def test_an_event_is_told_no_more() -> None:
    gone = (ORDER[ORDER.index("  - step: check") : ORDER.index("  - step: reserve")], "")
    what = "nothing tells it any more (check: done)"
    assert ("subscribers", "CheckDone", what) in broken(gone, RAISED)


@pytest.mark.parametrize(
    ("old", "new", "about", "what"),
    [
        ("reserve.row, city", "city", "StockReserved", "it has no reserve.row any more"),
        ("shelf: string", "shelf: uuid", "StockReserved", "reserve.shelf has another type"),
        ("shelf: string", "shelf?: string", "StockReserved", "reserve.shelf may be missing now"),
        ("  city: string", "  city?: string", "StockReserved", "input.city may be missing now"),
    ],
)
def test_what_an_event_carries(old: str, new: str, about: str, what: str) -> None:
    assert ("subscribers", about, what) in broken((old, new), RAISED)


def test_what_is_required_now_breaks_messages_under_way_only() -> None:
    change = ("row?: integer", "row: integer")
    what = "reserve.row is required now"
    assert not any(each[2].startswith(what) for each in broken(change, RAISED))
    assert any(each.what == what and not each.breaks for each in compared(change, RAISED))
    lacking = f"{what}, and messages under way lack it"
    assert ("subscribers", "StockReserved", lacking) in broken(change)
    added = ("[reserve.shelf, reserve.row, city]", "[reserve.shelf, reserve.row, city, id]")
    assert not any(each[0] == "subscribers" for each in broken(added, RAISED))


def test_ledgers_where_the_version_stays() -> None:
    note = ("reserve.row, city]", "reserve.row, city, note]")
    lacks = "kept rows lack input.note, which comes from payment now"
    assert ("ledgers", "ship", lacks) in broken(note)
    assert not any(each[0] == "ledgers" for each in broken(note, RAISED))
    moved = broken(("    service: bank\n    event", "    service: shop\n    event"))
    assert ("ledgers", "payment", "its rows lie with bank, and shop plays it now") in moved
    named = broken(("wait: payment", "wait: money"))
    what = "there is no such node any more: its row goes on nowhere"
    assert ("ledgers", "payment", what) in named
    more = "  - step: look\n    service: stock\n    input: [id]\n    effect: none\n"
    between = broken(("  - wait: payment", f"{more}  - wait: payment"))
    assert (
        "ledgers",
        "payment",
        "it waits for look too, which has told nothing to a kept row",
    ) in (between)
    assert any(about == "edges" for _, about, _ in between)
    gone = "it does not hear reserve any more, which kept rows wait for"
    assert ("ledgers", "payment", gone) in between


def test_a_node_that_stands_in_a_loop_now() -> None:
    old = ORDER[ORDER.index("  - step: check") : ORDER.index("  - step: reserve")]
    inner = "".join(f"    {line}\n" for line in old.splitlines())
    loop = f"  - repeat: again\n    max: 2\n    until: input.city is not None\n    steps:\n{inner}"
    found = broken((old, loop))
    assert ("ledgers", "check", "it stood in no loop and stands in again") in found
    assert ("subscribers", "CheckStuck", "its iteration has 1 indexes, and had 0") in found


def test_handlers() -> None:
    found = broken(("shelf: string", "shelf: uuid"), RAISED)
    what = "its output 'shelf' has another type now; the handler is written for version 1"
    assert ("handlers", "stock.reserve", what) in found
    gone = broken(("    fails: [unknown_order]\n", ""), RAISED)
    what = "'unknown_order' is no refusal of it any more, and the handler may answer so"
    assert ("handlers", "shop.check", what) in gone
    data = broken(("count: integer", "count: string"), RAISED)
    what = "its refusal none_left 'count' has another type now"
    assert ("handlers", "stock.reserve", what) in data
    notes = {each.about: each for each in compared(("compensate: release", "compensate: undo_it"))}
    assert not notes["stock.release"].breaks
    assert notes["stock.undo_it"].what == "the method undo_it is new"


def test_those_who_start_and_those_who_send() -> None:
    found = broken(("  city: string", "  city: string\n  street: string"), RAISED)
    assert ("starters", "input", "the input 'street' is new and required") in found
    optional = broken(("  city: string", "  city: string\n  street?: string"), RAISED)
    assert not any(each[0] == "starters" for each in optional)
    sent = broken(("sum: decimal", "sum: decimal, bank: string"), RAISED)
    assert ("senders", "Paid", "its data 'bank' is new and required") in sent
    fewer = compared((", sum: decimal", ""), RAISED)
    assert not any(each.whom == "senders" for each in fewer)
