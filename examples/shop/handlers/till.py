"""The till: money leaves a purse and comes back to it."""

from __future__ import annotations

from decimal import Decimal

from shop.generated.contract import Call
from shop.generated.types import GiveBackMoneyInput, NotEnoughMoney, TakeMoneyInput, TakeMoneyOutput

from .database import DATABASE, open_shop


class TillHandlers:
    """Works in the shop's database, in the transaction of the call."""

    def __init__(self, path: str = DATABASE) -> None:
        self.database = open_shop(path)

    async def take_money(
        self, request: TakeMoneyInput, call: Call
    ) -> TakeMoneyOutput | NotEnoughMoney:
        """Takes the amount from the purse; refuses if there is too little in it."""
        assert call.tx is not None
        rows = await call.tx.execute(
            "select money from purses where customer = ?", (request.customer,)
        )
        money = Decimal(rows[0][0]) if rows else Decimal(0)
        if money < request.amount:
            return NotEnoughMoney()
        left = money - request.amount
        await call.tx.execute(
            "update purses set money = ? where customer = ?", (str(left), request.customer)
        )
        await call.tx.execute(
            "insert into paid values (?, ?, ?)",
            (call.saga_key, request.customer, str(request.amount)),
        )
        return TakeMoneyOutput(left=left)

    async def give_back_money(self, request: GiveBackMoneyInput, call: Call) -> None:
        """Gives back what this sale paid, if it paid anything."""
        assert call.tx is not None
        paid = await call.tx.execute(
            "delete from paid where sale = ? returning customer, amount", (call.saga_key,)
        )
        for customer, amount in paid:
            rows = await call.tx.execute("select money from purses where customer = ?", (customer,))
            money = Decimal(rows[0][0]) + Decimal(amount)
            await call.tx.execute(
                "update purses set money = ? where customer = ?", (str(money), customer)
            )
