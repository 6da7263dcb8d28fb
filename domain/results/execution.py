"""What selling cost beyond fees: the way from the price that was seen to the price that came."""

from __future__ import annotations

from attrs import evolve, frozen

from domain.messages.decisions import ExitProposed
from domain.messages.orders import FillBooked, IntentRaised
from domain.model.approval import ApprovedExit, ExitReason, Purpose
from domain.model.money import ZERO, Amount, Price


@frozen(kw_only=True)
class SalesQuality:
    """Sums over all sales, in quote currency; a positive difference is money lost.

    `slipped` is against the bid that made a sale due, `past_stop` against the stop itself, over the
    sales that a stop made due. `sold` is what all sales brought, before fees.
    """

    sold: Amount = Amount(ZERO)
    slipped: Amount = Amount(ZERO)
    past_stop: Amount = Amount(ZERO)


class SalesFold:
    """Takes what was proposed, ordered and filled, in the order of the journal."""

    def __init__(self) -> None:
        self._seen: dict[str, Price] = {}
        self._bids: dict[str, Price] = {}
        self._sums = SalesQuality()

    def take(self, message: ExitProposed | IntentRaised) -> None:
        """Remember the bid that made a sale due, and which order came of it."""
        if isinstance(message, ExitProposed):
            self._seen[message.lot] = message.bid
        elif (
            isinstance(order := message.intent.order, ApprovedExit)
            and order.purpose is Purpose.EXIT  # what waits at the venue was not due at any bid
        ):
            bid = self._seen.get(order.lot)
            if bid is not None:
                self._bids[message.intent.client_order_id] = bid

    def fill(self, booked: FillBooked, stop: Price | None) -> None:
        """Take in a fill that the books have taken in; `stop` is that of the lot it sold."""
        fill, order = booked.fill, booked.order
        if not isinstance(order, ApprovedExit):
            return
        sums = self._sums
        bid = self._bids.get(booked.client_order_id, fill.price)
        past = ZERO
        if order.reason is ExitReason.STOP and stop is not None:
            past = (stop - fill.price) * fill.quantity
        self._sums = evolve(
            sums,
            sold=Amount(sums.sold + fill.price * fill.quantity),
            slipped=Amount(sums.slipped + (bid - fill.price) * fill.quantity),
            past_stop=Amount(sums.past_stop + past),
        )

    def result(self) -> SalesQuality:
        """Return the sums so far."""
        return self._sums
