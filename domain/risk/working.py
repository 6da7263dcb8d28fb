"""How an entry is worked that nobody fills at its price."""

from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from domain.model.approval import ApprovedEntry, Limit
from domain.model.instants import SECOND, Nanos
from domain.model.market import Quote
from domain.model.money import BPS, ONE, ZERO


@frozen(kw_only=True)
class Working:
    """The settings; as they stand here an entry rests where it is until its time is over.

    It is left once it would rest `after_bps` higher than it does, for `after_ns` of market time; so
    it is placed anew up to `max_reprices` times. `takes_rest`: what is left then, or when its time
    is over, is taken at once. A buy rests `offset_bps` below the best bid, or that far above the
    best ask if it is negative.
    """

    max_reprices: int = 0
    after_bps: Decimal = ZERO
    after_ns: Nanos = Nanos(SECOND)
    takes_rest: bool = False
    offset_bps: Decimal = ZERO

    def has_left(self, order: ApprovedEntry, quote: Quote) -> bool:
        """Tell whether an order that rests is left by the market, and may follow it."""
        limit = order.order_type
        if not isinstance(limit, Limit) or order.highest_price is None:
            return False
        side = quote.bid if self.offset_bps >= 0 else quote.ask
        wanted = side * (ONE - self.offset_bps / BPS)
        is_higher = wanted > limit.price and wanted >= limit.price * (ONE + self.after_bps / BPS)
        return is_higher and wanted <= order.highest_price
