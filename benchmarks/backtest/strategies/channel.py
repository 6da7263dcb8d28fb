"""Channel: buys a close above the channel of the minutes before, sells one below a narrower one."""

from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from domain.decisions.strategy import Strategy
from domain.model.bars import Bars
from domain.model.context import Context
from domain.model.product import Side
from domain.model.proposal import TradeProposal
from domain.model.settings import number
from domain.signals.windows import Bools, highest_before, lowest_before, sum_before


@frozen(kw_only=True)
class Channel(Strategy):
    """The rule that all contestants of the benchmark of backtests play."""

    id: str
    enter: int = number(20, "Minutes whose highest high is passed", low=2, high=10080, unit="min")
    leave_after: int = number(10, "Minutes whose lowest low is", low=2, high=10080, unit="min")
    volume: int = number(20, "Minutes of the usual volume", low=2, high=10080, unit="min")
    notional_pct: Decimal = number(
        "0.001", "Size of an entry", low="0.0001", high="5", unit="% of equity", tighter="lower"
    )

    @property
    def lookback(self) -> int:
        """Return the longest window and the row itself."""
        return max(self.enter, self.leave_after, self.volume) + 1

    def trigger(self, bars: Bars) -> Bools:
        """Return where a bar closes above the channel on twice the usual volume."""
        found = bars.close > highest_before(bars.high, self.enter)
        found &= bars.volume * self.volume >= 2 * sum_before(bars.volume, self.volume)
        found[: self.lookback - 1] = False
        return found

    def leave(self, bars: Bars) -> Bools:
        """Return where a bar closes below the narrower channel."""
        found = bars.close < lowest_before(bars.low, self.leave_after)
        found[: self.lookback - 1] = False
        return found

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Return an entry for each product: with a stop and a target that nothing reaches."""
        return self.proposed(context, self._proposal)

    def _proposal(self, bars: Bars) -> TradeProposal | None:
        if not self.trigger(bars)[-1]:
            return None
        return TradeProposal(
            product=bars.product,
            side=Side.BUY,
            notional_pct=self.notional_pct,
            stop_loss_pct=Decimal(15),
            take_profit_pct=Decimal(40),
            conviction=Decimal(1),
            reason="closed above the channel",
            signal="channel",
        )
