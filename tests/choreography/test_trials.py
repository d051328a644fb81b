"""The generated tests of a team's own handlers: they hold for the example, and notice what breaks."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .test_generated import spec, tool
from .test_generated_tests import copied, run, spoil, write

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


def test_nobody_calls_handlers_that_no_one_offers(shop: Path, tmp_path: Path) -> None:
    folder = copied(shop, tmp_path)
    (folder / "handlers/trials.py").unlink()
    for each in ("stock", "till"):
        spoil(folder / f"handlers/{each}.py", "open_shop(path)", "1 / 0")
    assert run(folder, *TESTS) == ""


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
    spoil(place, "from .database", "from shop.generated.types import *\n\nfrom .database")
    assert f"::{test}[" in run(folder, *TESTS, "-k", f"{test}[")
