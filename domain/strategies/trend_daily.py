"""Daily trend: buy a day that closes above all closes of the weeks before, sell below the last."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from domain.decisions.conviction import conviction_of, size_pct
from domain.decisions.entry_settings import size_of_entry, stop_distance, target_distance
from domain.decisions.strategy import Strategy
from domain.model.bars import Bars, Timeframe
from domain.model.context import Context, Regime
from domain.model.product import Side
from domain.model.proposal import TradeProposal
from domain.model.settings import number
from domain.signals.signal import percent
from domain.signals.windows import highest_before, lowest_before

if TYPE_CHECKING:
    from domain.model.bars import Bools, Floats

FULL_CONVICTION_PCT = 5.0
"""A close this far above all before it, in percent, is as convincing as it gets."""


@frozen(kw_only=True)
class TrendDaily(Strategy):
    """Few trades a month, held for weeks: fees of the entry tier leave room for nothing quicker."""

    timeframe: ClassVar[Timeframe] = Timeframe.DAY
    id: str
    notional_pct: Decimal = size_of_entry()
    stop_loss_pct: Decimal = stop_distance()
    take_profit_pct: Decimal = target_distance()
    entry_days: int = number(
        20, "Days whose highest close must be passed", low=2, high=365, unit="days"
    )
    leave_days: int = number(
        10, "Days below whose lowest close it sells", low=1, high=365, unit="days"
    )

    @property
    def lookback(self) -> int:
        """Return the days of the longer window and the day that is compared."""
        return max(self.entry_days, self.leave_days) + 1

    def trigger(self, bars: Bars) -> Bools:
        """Return where a day closes above all closes before it."""
        found = self._above(bars) > 0
        found[: self.lookback - 1] = False
        return found

    def leave(self, bars: Bars) -> Bools:
        """Return where a day closes below all closes of the last days."""
        found = bars.close < lowest_before(bars.close, self.leave_days)
        found[: self.lookback - 1] = False
        return found

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Propose what has begun to climb, unless the market crashes."""
        if context.regime is Regime.CRASH:
            return ()
        return self.proposed(context, self._proposal)

    def _above(self, bars: Bars) -> Floats:
        return percent(bars.close, highest_before(bars.close, self.entry_days))

    def _proposal(self, bars: Bars) -> TradeProposal | None:
        above = float(self._above(bars)[-1])
        if above <= 0:
            return None
        conviction = conviction_of(0.5 + 0.5 * above / FULL_CONVICTION_PCT)
        return TradeProposal(
            product=bars.product,
            side=Side.BUY,
            notional_pct=size_pct(self.notional_pct, conviction),
            stop_loss_pct=self.stop_loss_pct,
            take_profit_pct=self.take_profit_pct,
            conviction=conviction,
            reason=f"closed {above:.2f} % above every close of {self.entry_days} days",
            signal="new_high",
        )
