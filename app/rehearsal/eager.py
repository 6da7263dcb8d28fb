"""Who trades in the drills: a strategy that buys all that it is asked about, so much happens."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from attrs import evolve, frozen

from app.run.stand_in import small_purchase
from config.effective import Config
from config.strategies import StrategySpec
from domain.decisions.strategy import Strategy
from domain.model.context import Context

if TYPE_CHECKING:
    from domain.model.bars import Bars, Bools
    from domain.model.proposal import TradeProposal

EAGER = "eager"
TRADES_PER_CYCLE, TRIGGERS_PER_CYCLE = 5, 100


@frozen(kw_only=True)
class Eager(Strategy):
    """Buys a little of everything; where it `leaves`, it wants out again at the next bar."""

    id: str
    leaves: bool = False

    @property
    def lookback(self) -> int:
        """Return how many closed bars it sees."""
        return 2

    def trigger(self, bars: Bars) -> Bools:
        """Return that every bar is a reason to buy."""
        return np.greater(bars.close, 0)

    def leave(self, bars: Bars) -> Bools | None:
        """Return for each bar whether to sell what is held."""
        return np.greater(bars.close, 0) if self.leaves else None

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Return a small purchase of each product."""
        return self.proposed(context, lambda bars: small_purchase(bars, EAGER))


def traded_eagerly(config: Config, *, leaves: bool) -> Config:
    """Return `config` with this strategy alone; everything else stays as it is."""
    spec = StrategySpec(
        use=EAGER,
        enabled=True,
        max_trades_per_cycle=TRADES_PER_CYCLE,
        max_triggers_per_cycle=TRIGGERS_PER_CYCLE,
        pyramids=True,
        strategy=Eager(id=EAGER, leaves=leaves),
    )
    return evolve(config, strategies=MappingProxyType({EAGER: spec}))
