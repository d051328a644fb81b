"""How the generated tests of a choreographed shop try these handlers: in a shop of their own."""

from __future__ import annotations

from pathlib import Path

from .stock import StockHandlers
from .till import TillHandlers

VALUES = {"input.article": "lamp", "input.customer": "rich", "take_goods.price": "40.00"}
REFUSED = {
    "take_goods: sold_out": {"input.quantity": 1000},
    "take_money: not_enough_money": {"input.customer": "poor"},
}


def stock(folder: Path) -> StockHandlers:
    """The stock of an empty folder."""
    return StockHandlers(str(folder / "shop.sqlite"))


def till(folder: Path) -> TillHandlers:
    """Its till."""
    return TillHandlers(str(folder / "shop.sqlite"))
