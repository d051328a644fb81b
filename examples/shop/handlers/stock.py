"""The stock: goods leave the shelf and come back to it."""

from __future__ import annotations

from decimal import Decimal

from shop.generated.contract import Call, Done, Never, NotYet
from shop.generated.types import (
    HandOverInput,
    PutBackGoodsInput,
    SoldOut,
    TakeGoodsInput,
    TakeGoodsOutput,
)

from .database import DATABASE, open_shop


class StockHandlers:
    """Works in the shop's database, in the transaction of the call."""

    def __init__(self, path: str = DATABASE) -> None:
        self.database = open_shop(path)  # its name makes the engine open `call.tx` there

    async def take_goods(self, request: TakeGoodsInput, call: Call) -> TakeGoodsOutput | SoldOut:
        """Takes goods from the shelf; refuses if there are too few."""
        assert call.tx is not None
        rows = await call.tx.execute(
            "select price, left from shelf where article = ?", (request.article,)
        )
        price, left = rows[0] if rows else ("0", 0)
        if left < request.quantity:
            return SoldOut(left=left)
        await call.tx.execute(
            "update shelf set left = left - ? where article = ?",
            (request.quantity, request.article),
        )
        await call.tx.execute(
            "insert into taken values (?, ?, ?)", (call.saga_key, request.article, request.quantity)
        )
        return TakeGoodsOutput(price=Decimal(price))

    async def put_back_goods(self, request: PutBackGoodsInput, call: Call) -> None:
        """Puts back what this sale took, if it took anything."""
        assert call.tx is not None
        taken = await call.tx.execute(
            "delete from taken where sale = ? returning article, quantity", (call.saga_key,)
        )
        for article, quantity in taken:
            await call.tx.execute(
                "update shelf set left = left + ? where article = ?", (quantity, article)
            )

    async def hand_over(self, request: HandOverInput, call: Call) -> None:
        """The goods leave the shop: from here there is no way back."""
        assert call.tx is not None
        await call.tx.execute(
            "insert into handed_over values (?, ?)", (call.saga_key, request.customer)
        )

    async def query_hand_over(
        self, request: HandOverInput, call: Call
    ) -> Done[None] | Never | NotYet:
        """Asked when nobody knows whether the goods left."""
        assert call.tx is not None
        rows = await call.tx.execute("select 1 from handed_over where sale = ?", (call.saga_key,))
        return Done(None) if rows else Never()
