"""Buys whatever it does not own, in every minute: what follows from a purchase needs no luck."""

# The drills have one like it (app/rehearsal/eager.py), but a strategy from a folder imports no app.

from __future__ import annotations

from decimal import Decimal

import numpy as np
from attrs import frozen

from domain.decisions.entry_settings import size_of_entry, stop_distance, target_distance
from domain.decisions.strategy import Strategy
from domain.model.bars import Bars
from domain.model.context import Context
from domain.model.product import Side
from domain.model.proposal import TradeProposal
from domain.signals.windows import Bools


@frozen(kw_only=True)
class Always(Strategy):
    """Every minute is a reason to buy."""

    id: str
    notional_pct: Decimal = size_of_entry()
    stop_loss_pct: Decimal = stop_distance()
    take_profit_pct: Decimal = target_distance()

    @property
    def lookback(self) -> int:
        """Return 1: the minute that has closed."""
        return 1

    def trigger(self, bars: Bars) -> Bools:
        """Return that each bar is worth a look."""
        return np.ones(len(bars.close), dtype=bool)

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Propose to buy everything."""
        return self.proposed(context, self._proposal)

    def _proposal(self, bars: Bars) -> TradeProposal:
        return TradeProposal(
            product=bars.product,
            side=Side.BUY,
            notional_pct=self.notional_pct,
            stop_loss_pct=self.stop_loss_pct,
            take_profit_pct=self.take_profit_pct,
            conviction=Decimal(1),
            reason="it is another minute",
            signal="breakout",
        )
