"""Mean reversion: buy an hour that closes far below the mean of its day, sell above the mean."""

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
from domain.signals.reversion import FarFromMean, deviation

if TYPE_CHECKING:
    from domain.model.bars import Bools

FULL_CONVICTION_Z = 3.0
"""A close this many deviations below its mean is as convincing as it gets."""


@frozen(kw_only=True)
class MeanReversion(Strategy):
    """Buys falls in a market without a trend; the deeper, the more convinced."""

    timeframe: ClassVar[Timeframe] = Timeframe.HOUR
    id: str
    notional_pct: Decimal = size_of_entry()
    stop_loss_pct: Decimal = stop_distance()
    take_profit_pct: Decimal = target_distance()
    lookback_hours: int = number(24, "Hours of mean and deviation", low=5, high=720, unit="h")
    min_deviations: Decimal = number(
        "1.5",
        "Least standard deviations below the mean",
        low="0.5",
        high="10",
        tighter="higher",
    )

    @property
    def lookback(self) -> int:
        """Return the hours of mean and deviation."""
        return self.lookback_hours

    def trigger(self, bars: Bars) -> Bools:
        """Return where an hour closes far enough below its mean."""
        return self._signal().column(bars) > 0

    def leave(self, bars: Bars) -> Bools:
        """Return where an hour closes above its mean: what was hoped for is there."""
        return deviation(bars.close, self.lookback_hours) > 0

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Propose what fell far enough, as long as the market has no trend."""
        if context.regime is not Regime.CHOP:
            return ()
        return self.proposed(context, self._proposal)

    def _signal(self) -> FarFromMean:
        return FarFromMean(rows=self.lookback_hours, min_z=float(self.min_deviations))

    def _proposal(self, bars: Bars) -> TradeProposal | None:
        below = float(self._signal().column(bars)[-1])
        if below <= 0:
            return None
        conviction = conviction_of(0.3 + 0.7 * below / FULL_CONVICTION_Z)
        return TradeProposal(
            product=bars.product,
            side=Side.BUY,
            notional_pct=size_pct(self.notional_pct, conviction),
            stop_loss_pct=self.stop_loss_pct,
            take_profit_pct=self.take_profit_pct,
            conviction=conviction,
            reason=f"{below:.1f} deviations below the mean of {self.lookback_hours} h",
            signal="far_from_mean",
        )
