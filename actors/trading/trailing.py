"""Raises the stops of lots after the market, where a trailing stop is set (X6)."""

from __future__ import annotations

from collections.abc import Iterable

from actors.kernel.base import Actor
from domain.decisions.exit_prices import PriceLimit
from domain.decisions.trailing import Trail, TrailedLot
from domain.decisions.watched_lot import WatchedLot
from domain.market.bids import Bid
from domain.messages.decisions import StopRaised
from domain.model.money import plain
from domain.model.product import Product


class Trailing:
    """The trailing stops of `actor`: it looks at each lot once a second."""

    def __init__(self, actor: Actor, trail: Trail, prices: PriceLimit) -> None:
        self._actor, self._trail, self._prices = actor, trail, prices
        self._lots: dict[str, TrailedLot] = {}

    def keep(self, lots: Iterable[str]) -> None:
        """Forget every lot but these."""
        self._lots = {lot: self._lots.get(lot) or TrailedLot() for lot in lots}

    def look(self, watched: WatchedLot, bid: Bid | None, product: Product | None) -> None:
        """Raise the stop of a lot if the market has gone so far, and nothing is due of it."""
        lot, now_ns = watched.lot, self._actor.clock.market_ns()
        trailed = self._lots.get(lot.id)
        if trailed is None:
            return
        is_good = bid is not None and watched.due is None and self._prices.is_fresh(bid, now_ns)
        followed = trailed.look(bid if is_good else None, now_ns)
        if followed is None or product is None or not lot.held:
            return
        stop = self._trail.raised(lot, followed, product)
        if stop is None:
            return
        trailed.moved(now_ns)
        was = plain(lot.stop_price)
        self._actor.log.info(
            f"{lot.product}: stop raised from {was} to {plain(stop)}, the bid is {plain(followed)}",
            lot=lot.id,
        )
        self._actor.publish(StopRaised(lot.id, lot.product, stop, followed))
