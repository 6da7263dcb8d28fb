"""Breakout: buy what closes above the highest high of the day before, on more volume than usual."""

from __future__ import annotations

from decimal import Decimal

from attrs import frozen

from domain.model.context import Context, MinuteBars
from domain.model.figures import span
from domain.model.instants import MINUTE
from domain.model.product import Side
from domain.model.proposal import TradeProposal
from domain.model.settings import REQUIRED, number
from domain.signals.windows import highest_before, mean_before

FULL_CONVICTION_PCT = 1.0
"""A close this far above the old high, in percent, is as convincing as it gets."""
LEAST, MOST = 0.5, 1.0


@frozen(kw_only=True)
class Breakout:
    """Buys a close above the old high on enough volume; the higher the more convinced."""

    id: str
    notional_pct: Decimal = number(
        REQUIRED, "Size of an entry", low="0.01", high="5", unit="% of equity", tighter="lower"
    )
    stop_loss_pct: Decimal = number(
        REQUIRED, "Distance of the stop", low="0.1", high="25", unit="% of entry", tighter="lower"
    )
    take_profit_pct: Decimal = number(
        REQUIRED, "Distance of the target", low="0.1", high="100", unit="% of entry"
    )
    lookback_minutes: int = number(
        1440, "Bars whose highest high must be passed", low=1, high=10080, unit="min"
    )
    volume_ratio: Decimal = number(
        "1.5",
        "Volume of the breaking bar over the mean before it",
        low="0",
        high="100",
        tighter="higher",
    )
    volume_minutes: int = number(60, "Bars that make that mean", low=1, high=10080, unit="min")

    @property
    def lookback(self) -> int:
        """Return the bars it needs: the longer window and the bar that breaks out."""
        return max(self.lookback_minutes, self.volume_minutes) + 1

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Propose to buy each product whose last closed bar breaks out."""
        found = []
        for bars in context.bars:
            conviction = self._conviction(bars)
            if conviction is not None:
                found.append(self._proposal(bars, conviction))
        return tuple(found)

    def _conviction(self, bars: MinuteBars) -> Decimal | None:
        """Return how convincing the last bar's breakout is (0.5 to 1), None without one."""
        need = self.lookback
        if len(bars) < need:
            return None
        close, volume = float(bars.close[-1]), float(bars.volume[-1])
        highs = bars.high[-self.lookback_minutes - 1 :]
        old_high = float(highest_before(highs, self.lookback_minutes)[-1])
        if not close > old_high:
            return None
        volumes = bars.volume[-self.volume_minutes - 1 :]
        usual = float(mean_before(volumes, self.volume_minutes)[-1])
        if not (volume > 0 and volume >= float(self.volume_ratio) * usual):
            return None
        strength = (close / old_high - 1.0) * 100.0 / FULL_CONVICTION_PCT
        conviction = LEAST + (MOST - LEAST) * min(1.0, strength)
        return Decimal(f"{conviction:.4f}")

    def _proposal(self, bars: MinuteBars, conviction: Decimal) -> TradeProposal:
        return TradeProposal(
            product=bars.product,
            side=Side.BUY,
            notional_pct=self.notional_pct,
            stop_loss_pct=self.stop_loss_pct,
            take_profit_pct=self.take_profit_pct,
            conviction=conviction,
            reason=self._reason(bars),
        )

    def _reason(self, bars: MinuteBars) -> str:
        """Return why the last bar is bought, in words and in numbers without units of price."""
        old_high = float(bars.high[-self.lookback_minutes - 1 : -1].max())
        usual = float(bars.volume[-self.volume_minutes - 1 : -1].mean())
        above = (float(bars.close[-1]) / old_high - 1.0) * 100.0
        times = f"{float(bars.volume[-1]) / usual:.1f} times the usual" if usual else "after none"
        of = span(self.lookback_minutes * MINUTE)
        return f"closed {above:.2f} % above the high of {of}, volume {times}"
