"""What of ours may be touched within a minute: by its candle, before its tape is looked at.

It decides only which prices are shown, and reaches nobody who decides what becomes of them.
"""

from __future__ import annotations

from adapters.simulator.bars.bar_venue import BarVenue
from app.backtest.market_watch import MarketWatch
from app.backtest.record import BacktestRecorder
from domain.model.instants import MINUTE, Nanos
from domain.model.orders import OrderState
from domain.model.portfolio import Lot
from domain.model.product import ProductId, Side


class TouchedProducts:
    """Says of which products an order or a lot may be touched."""

    def __init__(self, watch: MarketWatch, venue: BarVenue, recorder: BacktestRecorder) -> None:
        self._watch, self._venue, self._recorder = watch, venue, recorder

    def ordered(self) -> set[ProductId]:
        """Return the products of which an entry rests at the venue, or an order is on the way."""
        resting = {each.product for each in self._venue.resting() if each.side is Side.BUY}
        return resting | self._venue.on_the_way()

    def near(self, now_ns: Nanos) -> set[ProductId]:
        """Return the products of which a lot may be sold within the minute."""
        return {lot.product for lot in self._recorder.lots if self._is_near(lot, now_ns)}

    def after_decision(self, now_ns: Nanos) -> set[ProductId]:
        """Return the products of which anything may still be touched in this minute, once it is
        decided: what rests, what comes near, and what was wanted and did not come whole.
        """
        raised = self._recorder.trail.raised_since(now_ns)
        unfilled = {
            line.intent.order.product
            for line in raised
            if line.intent.order.side is Side.BUY and line.state is not OrderState.FILLED
        }
        return self.ordered() | self.near(now_ns) | unfilled

    def _is_near(self, lot: Lot, now_ns: Nanos) -> bool:
        row = self._watch.row(lot.product, now_ns)
        product = self._watch.product(lot.product)
        most = self._watch.bid(lot.product, now_ns) if row is None else row.high
        if most is None or not product.can_sell(product.sale_of(lot.held), most):
            return False
        is_over = lot.expires_ns is not None and lot.expires_ns < now_ns + MINUTE
        if row is None:  # nobody trades: prices stand still
            return is_over
        return (
            is_over
            or self._watch.lowest_bid(lot.product, now_ns, row.low) <= lot.stop_price
            or (lot.target_price is not None and row.high >= lot.target_price)
            or lot.leaving is not None
        )
