"""Fills added up to what people call a purchase or a sale: one of each order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from attrs import evolve, frozen

from domain.messages.orders import FillBooked
from domain.model.approval import ApprovedEntry, ApprovedOrder
from domain.model.money import ZERO, Amount, Quantity
from domain.model.portfolio import Lot
from domain.portfolio.books import Books
from domain.portfolio.ledger import Ledger

HUNDRED = Decimal(100)


@frozen(kw_only=True)
class Deal:
    """The fills of one order so far. Money is in quote currency; `worth` is without fees.

    `holding` is the lot that a purchase made, or that a sale took from last; None while the books
    are not known. `paid` is what bought what is sold, without fees; `held_ns` is market time.
    """

    order: ApprovedOrder
    filled: Quantity = Quantity(ZERO)
    worth: Amount = Amount(ZERO)
    fees: Amount = Amount(ZERO)
    profit: Amount = Amount(ZERO)
    paid: Amount = Amount(ZERO)
    held_ns: int | None = None
    holding: Lot | None = None

    @property
    def is_whole(self) -> bool:
        """Tell whether all of the order is filled."""
        return self.filled >= self.order.quantity

    @property
    def price(self) -> Decimal:
        """Return the average price."""
        return self.worth / self.filled

    @property
    def profit_pct(self) -> Decimal | None:
        """Return the profit after fees in percent of what was paid; None where none is known."""
        return self.profit / self.paid * HUNDRED if self.paid else None


class Deals:
    """Adds up fills by order. Bound: orders that have fills and have not ended."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._open: dict[str, Deal] = {}

    def learn(self, message: Any) -> None:
        """Take in a statement, a flow or the catalogue."""
        self._books = self._books.apply(message)

    def add(self, booked: FillBooked) -> Deal:
        """Take in a fill; return the deal of its order so far."""
        before = self._books.ledger
        if before is not None:
            self._books = self._books.apply(booked)
        fill, name = booked.fill, booked.client_order_id
        old = self._open.get(name, Deal(order=booked.order))
        deal = evolve(
            old,
            filled=Quantity(old.filled + fill.quantity),
            worth=Amount(old.worth + fill.price * fill.quantity),
            fees=Amount(old.fees + fill.fee),
        )
        after = self._books.ledger
        if before is not None and after is not None:
            deal = _valued(deal, booked, before, after)
        self._open[name] = deal
        return deal

    def end(self, client_order_id: str) -> Deal | None:
        """Return what an order that has ended came to; None if it had no fill."""
        return self._open.pop(client_order_id, None)


def _valued(deal: Deal, booked: FillBooked, before: Ledger, after: Ledger) -> Deal:
    """Return `deal` with what the books say of the fill: its lot, and a sale's profit."""
    if isinstance(booked.order, ApprovedEntry):
        made = (lot for lot in after.lots if lot.id == booked.client_order_id)
        return evolve(deal, holding=next(made, None))
    left = {lot.id: lot for lot in after.lots}
    hit = [lot for lot in before.lots if left.get(lot.id) != lot]
    parts = [lot.paid - (left[lot.id].paid if lot.id in left else ZERO) for lot in hit]
    first = min((lot.opened_ns for lot in hit), default=booked.fill.at_ns)
    return evolve(
        deal,
        holding=hit[-1] if hit else None,
        profit=Amount(deal.profit + after.realised - before.realised),
        paid=Amount(deal.paid + sum(parts, ZERO)),
        held_ns=max(deal.held_ns or 0, booked.fill.at_ns - first),
    )
