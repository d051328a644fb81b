"""The generated tests of choreographed services hold, and notice a table that is wrong."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sagac.cli.played import play
from sagac.dsl.graph import SagaGraph
from sagac.generators.base import Source
from sagac.generators.choreography.package import ChoreographyGenerator, ChoreographyOptions

from .mutations import BOUNDED, HOTELS, SLIPS, TRIPS
from .test_generated import ALL_KINDS, spec, tool
from .test_machine import graph_of

SPECS = Path(__file__).parents[2] / "specs"
QUIET = ("-q", "-x", "-p", "no:cacheprovider", "-p", "no:randomly", "--rootdir", ".", "--tb=line")


pytestmark = pytest.mark.timeout(600)  # each runs hundreds of generated tests


def files(graph: SagaGraph, options: ChoreographyOptions) -> dict[str, str]:
    source = Source("spec", "0" * 64)
    made = ChoreographyGenerator().generate(graph, source, (), options, play(graph))
    assert not made.findings
    return {each.path: each.text for each in made.files}


def write(graph: SagaGraph, folder: Path, package: str) -> None:
    for path, text in files(graph, ChoreographyOptions(package=package)).items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


def run(folder: Path, *tests: str) -> str:
    """What pytest says of generated tests; empty if they hold."""
    command = [sys.executable, "-m", "pytest", *QUIET, *tests]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr  # else they did not run
    return done.stdout if done.returncode else ""


@pytest.fixture(scope="module")
def order(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("order")
    write(spec(SPECS / "order-fulfilment.saga.yaml"), folder, "shop")
    return folder


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bounded")
    text = (SPECS / "order-fulfilment.saga.yaml").read_text()
    assert "attempts: forever" in text
    write(graph_of(text.replace("attempts: forever", "attempts: 4")), folder, "shop")
    return folder


@pytest.fixture(scope="module")
def trip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trip")
    write(spec(SPECS / "trip-booking.saga.yaml"), folder, "shop")
    return folder


def test_they_hold_for_the_order(order: Path) -> None:
    assert run(order, "shop/generated/tests") == ""


def test_they_hold_for_loops_and_sagas_in_sagas(tmp_path: Path) -> None:
    for name in ("kit-packing", "office-move"):
        write(spec(SPECS / f"{name}.saga.yaml"), tmp_path / name, "made")
        assert run(tmp_path / name, "made/generated/tests", "-k", "calls_and_events") == ""


def test_they_hold_for_all_kinds_at_once(tmp_path: Path) -> None:
    write(graph_of(ALL_KINDS), tmp_path, "made")
    assert run(tmp_path, "made/generated/tests") == ""


def test_each_kind_of_course_is_there(order: Path, trip: Path) -> None:
    text = (order / "shop/generated/tests/test_payment.py").read_text()
    for name in (
        "forward, all goes well",
        "refuse, charge_payment: card_declined",
        "exhausted, charge_payment: no answer",
        "compensate, create_shipment: no answer",
        "forward, cancelled",
    ):
        assert f'"{name}"' in text
    assert ", early" in text
    beside = (trip / "shop/generated/tests/test_hotels.py").read_text()
    assert '"never ran, quote_trip: over_budget"' in beside


# name -> service, what stands in its table, and what a careless hand makes of it
MUTATIONS = {
    "an edge leads elsewhere": (
        "payment",
        '"e4", "charge_payment", "tell_customer"',
        '"e4", "charge_payment", "create_shipment"',
    ),
    "an undo item is not told what it reads": (
        "shipping",
        'way="back", live=("input.customer_email",)',
        'way="back", live=()',
    ),
    "an edge is turned round": (
        "payment",
        '"reserve_inventory",\n        "charge_payment",\n',
        '"charge_payment",\n        "reserve_inventory",\n',
    ),
    "a value does not travel": ("payment", 'live=("input.customer_email", ', "live=("),
    "no undo": ("payment", "        undo=True,\n", ""),
    "the wrong undo": ("inventory", "service.release_inventory", "service.reserve_inventory"),
    "a refusal is not told": ("payment", '    "charge_payment failed": "PaymentFailed",\n', ""),
    "an event has another name": ("payment", '"PaymentRefunded",\n    "', '"PaymentBack",\n    "'),
    "an event is not heard": ("inventory", '"PaymentFailed", ', ""),
    "a halt is not heard": ("payment", ', "OrderFulfilmentHaltAccepted")', ")"),
    "a field of a request": ("payment", "order_id=v.order_id, amount", 'order_id="1", amount'),
    "a field of an undo": (
        "payment",
        "payment_id=own.payment_id if own else None",
        "payment_id=None",
    ),
    "a person is asked": (
        "payment",
        'on_unknown="compensate"',
        'on_unknown="manual"',
    ),
    "it is not cancellable": ("inventory", "        cancellable=True,\n", ""),
    "nobody is asked": ("shipping", 'on_unknown="query"', 'on_unknown="manual"'),
    "the key": ("order", "lambda input: ", 'lambda input: "x" + '),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_wrong_table_is_noticed(name: str, order: Path, tmp_path: Path) -> None:
    service, right, wrong = MUTATIONS[name]
    folder = copied(order, tmp_path)
    spoil(folder / f"shop/generated/choreography/v3/{service}.py", right, wrong)
    tests = f"shop/generated/tests/test_{service}.py"
    assert "failed" in run(folder, tests, "-k", "calls_and_events")


@pytest.mark.parametrize("name", SLIPS)
def test_a_wrong_runtime_is_noticed(
    name: str, order: Path, bounded: Path, trip: Path, tmp_path: Path
) -> None:
    slip = SLIPS[name]
    folder = copied(
        {TRIPS: trip, HOTELS: trip, BOUNDED: bounded}.get(slip.service, order), tmp_path
    )
    for module, right, wrong in slip.edits:
        spoil(folder / f"shop/generated/choreography/runtime/{module}.py", right, wrong)
    tests = f"shop/generated/tests/test_{slip.service.partition(',')[0]}.py"
    assert "failed" in run(folder, tests, "-k", slip.tests)


def copied(made: Path, folder: Path) -> Path:
    place = folder / "copy"
    shutil.copytree(made, place, ignore=shutil.ignore_patterns("__pycache__"))
    return place


def spoil(place: Path, right: str, wrong: str) -> None:
    text = place.read_text()
    assert text.count(right) >= 1, (place, right)
    place.write_text(text.replace(right, wrong, 1))


def test_a_wrong_refusal_is_noticed(order: Path, tmp_path: Path) -> None:
    folder = copied(order, tmp_path)
    spoil(folder / "shop/generated/types.py", '= "card_declined"', '= "declined"')
    assert "card_declined" in run(folder, "shop/generated/tests/test_payment.py")


def test_tools_have_nothing_to_say(order: Path, tmp_path: Path) -> None:
    shutil.copytree(order / "shop", tmp_path / "shop")
    shutil.copytree(order / "handlers", tmp_path / "handlers")
    write(graph_of(ALL_KINDS), tmp_path, "made")
    options = ("--isolated", "--no-cache", "--line-length", "100")
    assert tool(tmp_path, "ruff", "check", *options, ".") == ""
    assert tool(tmp_path, "ruff", "format", "--check", *options, ".") == ""
    assert tool(tmp_path, "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), ".") == ""


def test_the_same_bytes_each_time_and_none_without() -> None:
    graph = spec(SPECS / "order-fulfilment.saga.yaml")
    made = files(graph, ChoreographyOptions())
    assert made == files(graph, ChoreographyOptions())
    without = files(graph, ChoreographyOptions(tests=False))
    assert {each for each in made if each not in without} == {
        "order_fulfilment/generated/choreography/testing/__init__.py",
        "order_fulfilment/generated/choreography/testing/harness.py",
        "order_fulfilment/generated/choreography/testing/trials.py",
        "order_fulfilment/generated/tests/__init__.py",
        *(f"order_fulfilment/generated/tests/test_{each}.py" for each in SERVICES),
        *(f"order_fulfilment/generated/tests/trial_{each}_test.py" for each in SERVICES),
    }
    shipped = [text for path, text in made.items() if "/tests/" in path or "/testing/" in path]
    assert not any("import sagac" in text or "from sagac" in text for text in shipped)


SERVICES = ("inventory", "notification", "order", "payment", "shipping")
