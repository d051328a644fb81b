"""The generated tests of a team's own handlers: they hold for the example, and notice what breaks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .test_generated import ALL_KINDS, spec, tool
from .test_generated_tests import SPECS, copied, run, spoil, write
from .test_machine import graph_of

SHOP = Path(__file__).parents[2] / "examples" / "shop"
TESTS = ("shop/generated/tests/trial_stock_test.py", "shop/generated/tests/trial_till_test.py")

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    write(spec(SHOP / "shop.saga.yaml"), folder, "shop")
    unmade = shutil.ignore_patterns("__pycache__")
    shutil.copytree(SHOP / "handlers", folder / "handlers", ignore=unmade, dirs_exist_ok=True)
    return folder


def test_they_hold_for_the_example(shop: Path) -> None:
    assert run(shop, *TESTS) == ""
    assert not (shop / "shop.sqlite").exists()
    assert tool(shop, "mypy", "--strict", ".") == ""


def test_a_harmless_change_is_no_fault(shop: Path, tmp_path: Path) -> None:
    folder = copied(shop, tmp_path)
    for each in ("stock", "till"):
        spoil(folder / f"handlers/{each}.py", *OTHER)
    assert run(folder, *TESTS) == ""


def test_nobody_calls_handlers_that_no_one_offers(shop: Path, tmp_path: Path) -> None:
    folder = copied(shop, tmp_path)
    (folder / "handlers/trials.py").unlink()
    for each in ("stock", "till"):
        spoil(folder / f"handlers/{each}.py", "open_shop(path)", "1 / 0")
    assert run(folder, *TESTS) == ""


OTHER = ("from .database", "from shop.generated.types import *\n\nfrom .database")

# name -> module, what stands there, what is written instead, the test that notices it
SLIPS = {
    "the wrong refusal": (
        "till",
        "return NotEnoughMoney()",
        "return SoldOut(left=0)",
        "test_refuse",
    ),
    "a refusal that is raised": (
        "till",
        "return NotEnoughMoney()",
        "raise ValueError(money)",
        "test_refuse",
    ),
    "it always refuses": ("till", "if money < request.amount:", "if True:", "test_forward"),
    "it raises": ("stock", "rows[0] if rows else", "rows[1] if rows else", "test_forward"),
    "the effect is forgotten": (
        "stock",
        '"insert into handed_over values (?, ?)", (call.saga_key, request.customer)',
        '"select ?, ?", (call.saga_key, request.customer)',
        "test_forward",
    ),
    "another output": (
        "till",
        "return TakeMoneyOutput(left=left)",
        "return TakeGoodsOutput(left)",
        "test_forward",
    ),
    "the undo does nothing": (
        "stock",
        '"delete from taken where',
        '"select article, quantity from taken where 0 and',
        "test_compensate",
    ),
    "the undo does it by half": (
        "till",
        '                "update purses set money = ? where customer = ?", (str(money), customer)\n',
        '                "select ?, ?", (str(money), customer)\n',
        "test_compensate",
    ),
    "the undo refuses": (
        "till",
        "        assert call.tx is not None\n        paid =",
        "        assert call.tx is not None\n        return NotEnoughMoney()\n        paid =",
        "test_compensate",
    ),
    "the undo ignores that the output may be absent": (
        "stock",
        "        taken = await call.tx.execute(\n",
        "        if request.price is None:\n            return\n        taken = await call.tx.execute(\n",
        "test_compensate_without_its_output",
    ),
    "the undo cannot do without the output": (
        "stock",
        "        taken = await call.tx.execute(\n",
        "        round(request.price)\n        taken = await call.tx.execute(\n",
        "test_compensate_what_never_ran",
    ),
    "the undo undoes what never ran": (
        "stock",
        "        for article, quantity in taken:\n",
        "        taken = taken or [(request.article, request.quantity)]\n"
        "        for article, quantity in taken:\n",
        "test_compensate_what_never_ran",
    ),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_broken_handler_is_noticed(name: str, shop: Path, tmp_path: Path) -> None:
    module, right, wrong, test = SLIPS[name]
    folder = copied(shop, tmp_path)
    place = folder / f"handlers/{module}.py"
    spoil(place, right, wrong)
    spoil(place, *OTHER)
    assert f"::{test}[" in run(folder, *TESTS, "-k", f"{test}[")


OUTSIDE = """\
from shop.generated.contract import Call
from shop.generated.types import GiveBackMoneyInput, NotEnoughMoney, TakeMoneyInput, TakeMoneyOutput


class TillHandlers:
    def __init__(self) -> None:
        self.paid: dict[str, object] = {}

    def take_money(self, request: TakeMoneyInput, call: Call) -> TakeMoneyOutput | NotEnoughMoney:
        if request.customer == "poor":
            return NotEnoughMoney()
        self.paid[call.key] = request.amount
        return TakeMoneyOutput(left=request.amount)

    def give_back_money(self, request: GiveBackMoneyInput, call: Call) -> None:
        self.paid.pop(call.key.removesuffix("~undo"), None)
"""
DOUBLES = """

def effects(handlers: StockHandlers | TillHandlers) -> object:
    return dict(handlers.paid) if isinstance(handlers, TillHandlers) else None
"""


def outside(shop: Path, folder: Path) -> Path:
    """The same with a till that has no database: its trials see what it noted."""
    place = copied(shop, folder)
    (place / "handlers/till.py").write_text(OUTSIDE)
    offered = place / "handlers/trials.py"
    spoil(offered, 'TillHandlers(str(folder / "shop.sqlite"))', "TillHandlers()")
    offered.write_text(offered.read_text() + DOUBLES)
    return place


def test_handlers_without_a_database(shop: Path, tmp_path: Path) -> None:
    assert run(outside(shop, tmp_path), *TESTS) == ""


@pytest.mark.parametrize(
    ("right", "wrong", "test"),
    [
        ("self.paid[call.key] =", "self.paid[f'{call.key}{call.attempt}'] =", "test_duplicate"),
        ("self.paid[call.key] = request.amount", "pass", "test_forward"),
        ('            return Not', '            self.paid["x"] = 1\n            return Not', "test_refuse"),
        ("self.paid.pop", "len(self.paid) or self.paid.pop", "test_compensate"),
        (".pop(call.key.removesuffix(\"~undo\"), None)", ".popitem()", "test_compensate_what_never_ran"),
    ],
)  # fmt: skip
def test_a_broken_handler_without_a_database_is_noticed(
    right: str, wrong: str, test: str, shop: Path, tmp_path: Path
) -> None:
    place = outside(shop, tmp_path)
    spoil(place / "handlers/till.py", right, wrong)
    assert f"::{test}[" in run(place, TESTS[1], "-k", f"{test}[")


ANYBODY = """\
import re
from importlib import import_module
from pathlib import Path


class Anybody:
    def __init__(self, service):
        self.gives = import_module(f"made.generated.tests.test_{service}").OUTPUTS

    def __getattr__(self, name):
        if name == "database":
            raise AttributeError(name)
        return lambda request, call: self.gives.get(re.sub(r"\\[\\d+\\]", "", call.step))


def stock(folder):
    return Anybody("stock")


def shop(folder):
    return Anybody("shop")


def bank(folder):
    return Anybody("bank")


def it(folder):
    return Anybody("it")
"""


@pytest.mark.parametrize("name", ["all-kinds", "kit-packing"])
def test_each_kind_of_call_can_be_tried(name: str, tmp_path: Path) -> None:
    path = SPECS / f"{name}.saga.yaml"
    write(spec(path) if path.exists() else graph_of(ALL_KINDS), tmp_path, "made")
    (tmp_path / "handlers/trials.py").write_text(ANYBODY)
    tests = sorted(map(str, tmp_path.glob("made/generated/tests/trial_*_test.py")))
    assert run(tmp_path, *tests) == ""
