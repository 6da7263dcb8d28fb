"""Breakout: buy what closes above the highest high of the day before, on more volume than usual."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from attrs import frozen

from domain.decisions.entry_settings import size_of_entry, stop_distance, target_distance
from domain.decisions.strategy import Strategy
from domain.model.bars import Bars
from domain.model.context import Context
from domain.model.figures import span
from domain.model.instants import MINUTE
from domain.model.product import Side
from domain.model.proposal import TradeProposal
from domain.model.settings import number
from domain.signals.windows import highest_before, sum_before

if TYPE_CHECKING:
    from domain.model.bars import Bools, Ints

FULL_CONVICTION_PCT = 1.0
"""A close this far above the old high, in percent, is as convincing as it gets."""
LEAST, MOST = 0.5, 1.0


@frozen(kw_only=True)
class Breakout(Strategy):
    """Buys a close above the old high on enough volume; the higher the more convinced."""

    id: str
    notional_pct: Decimal = size_of_entry()
    stop_loss_pct: Decimal = stop_distance()
    take_profit_pct: Decimal = target_distance()
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

    def trigger(self, bars: Bars) -> Bools:
        """Return where a bar closes above the old high on enough volume."""
        found = bars.close > highest_before(bars.high, self.lookback_minutes)
        (above,) = found.nonzero()
        if len(above):  # few bars are, and no volume long before the first one matters
            first = int(above[0])
            busy = self._is_busy(bars.volume[max(0, first - self.volume_minutes) :])
            found[first:] &= busy[first - len(found) :]
        return found

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Propose to buy each product whose last closed bar breaks out."""
        return self.proposed(context, self._proposal)

    def _is_busy(self, volume: Ints) -> Bools:
        """Return where a bar has enough volume."""
        usual = sum_before(volume, self.volume_minutes) * float(self.volume_ratio)
        is_enough = (volume * self.volume_minutes >= usual) & (volume > 0)
        is_enough[: self.volume_minutes] = False
        return is_enough

    def _proposal(self, bars: Bars) -> TradeProposal | None:
        old_high = int(bars.high[-self.lookback_minutes - 1 : -1].max())
        strength = (int(bars.close[-1]) / old_high - 1.0) * 100.0 / FULL_CONVICTION_PCT
        if not (strength > 0 and self._is_busy(bars.volume[-self.volume_minutes - 1 :])[-1]):
            return None
        conviction = LEAST + (MOST - LEAST) * min(1.0, strength)
        return TradeProposal(
            product=bars.product,
            side=Side.BUY,
            notional_pct=self.notional_pct,
            stop_loss_pct=self.stop_loss_pct,
            take_profit_pct=self.take_profit_pct,
            conviction=Decimal(f"{conviction:.4f}"),
            reason=self._reason(bars),
            signal="breakout",
        )

    def _reason(self, bars: Bars) -> str:
        """Return why the last bar is bought, in words and in numbers without units of price."""
        old_high = float(bars.high[-self.lookback_minutes - 1 : -1].max())
        usual = float(bars.volume[-self.volume_minutes - 1 : -1].mean())
        above = (float(bars.close[-1]) / old_high - 1.0) * 100.0
        times = f"{float(bars.volume[-1]) / usual:.1f} times the usual" if usual else "after none"
        of = span(self.lookback_minutes * MINUTE)
        return f"closed {above:.2f} % above the high of {of}, volume {times}"
