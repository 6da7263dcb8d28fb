"""Who trades beside the hostile strategies: a plain one that must not be held up by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

from app.run.stand_in import small_purchase
from app.torture import told
from domain.decisions.strategy import Strategy
from domain.model.context import Context

if TYPE_CHECKING:
    from domain.model.bars import Bars, Bools
    from domain.model.proposal import TradeProposal

HONEST = "honest"


@frozen(kw_only=True)
class Honest(Strategy):
    """Buys a little of whatever closed no lower than it opened."""

    id: str

    @property
    def lookback(self) -> int:
        """Return how many closed bars it sees."""
        return 2

    def trigger(self, bars: Bars) -> Bools:
        """Return for each bar whether it closed no lower than it opened."""
        told.asked(self.id, bars.start_ns[-1])
        return np.greater_equal(bars.close, bars.open)

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Return a small purchase of each product that triggered."""
        found = self.proposed(context, lambda bars: small_purchase(bars, HONEST))
        told.PROPOSALS[self.id] += len(found)
        return found
