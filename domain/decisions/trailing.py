"""The trailing stop: a lot's stop that follows the market up, and never down (X6).

Deterministic and without a clock; instants are market time.
"""

from __future__ import annotations

from decimal import Decimal

from attrs import define, frozen

from domain.market.bids import Bid
from domain.model.instants import SECOND
from domain.model.money import ZERO, Price
from domain.model.portfolio import Lot
from domain.model.product import Product

HUNDRED = Decimal(100)
STEPS = 20
"""A stop moves by this part of its distance at least: its order at the venue is replaced each
time."""
APART_NS = 10 * SECOND
"""Between two moves of one lot's stop."""


@frozen
class Trail:
    """How far below the market a stop follows it, in percent of the bid; 0: it does not."""

    distance_pct: Decimal

    def raised(self, lot: Lot, bid: Price, product: Product) -> Price | None:
        """Return the stop that `lot` is to have after a best bid of `bid`; None: as it is."""
        if not self.distance_pct:
            return None
        distance = bid * self.distance_pct / HUNDRED
        stop = product.price_down(bid - distance)
        if stop < lot.stop_price + max(distance / STEPS, product.price_increment):
            return None
        return Price(stop)


NO_TRAIL = Trail(ZERO)
"""Every stop stays where it is."""


@define
class TrailedLot:
    """What a lot's stop may follow: a bid that stood for as long as it takes to look twice."""

    _seen: Price | None = None
    _moved_ns: int | None = None

    def look(self, bid: Bid | None, now_ns: int) -> Price | None:
        """Take in the bid of now, None where it is not good; return the bid to follow.

        The lower one of two looks counts, so that no single print moves a stop; after a doubted
        or missing bid the next look is the first again.
        """
        before, self._seen = self._seen, None
        if bid is None or (bid.doubt is not None and bid.doubt.is_open):
            return None
        self._seen = bid.price
        if before is None:
            return None
        is_early = self._moved_ns is not None and now_ns - self._moved_ns < APART_NS
        return None if is_early else min(before, bid.price)

    def moved(self, now_ns: int) -> None:
        """The stop was raised."""
        self._moved_ns = now_ns
