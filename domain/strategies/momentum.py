"""Momentum: buy what has climbed for a day in a lively market, sell when the climb is over."""

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
from domain.signals.filters import Lively
from domain.signals.moves import SteadyMove
from domain.signals.signal import move

if TYPE_CHECKING:
    from domain.model.bars import Bools

FULL_CONVICTION_PCT = 10.0
"""A move this large, in percent, is as convincing as it gets."""
ATR_ROWS = 14


@frozen(kw_only=True)
class Momentum(Strategy):
    """Buys a steady climb while the market moves at least as much as usual."""

    timeframe: ClassVar[Timeframe] = Timeframe.HOUR
    id: str
    notional_pct: Decimal = size_of_entry()
    stop_loss_pct: Decimal = stop_distance()
    take_profit_pct: Decimal = target_distance()
    lookback_hours: int = number(24, "Hours of the climb", low=12, high=720, unit="h")
    min_move_pct: Decimal = number(
        "4", "Least climb", low="0.5", high="50", unit="%", tighter="higher"
    )
    min_agreeing: Decimal = number(
        "0.6", "Least share of its twelve parts that climbed", low="0", high="1", tighter="higher"
    )
    min_range_ratio: Decimal = number(
        "1.05",
        "Least average true range over its median of the week",
        low="0",
        high="10",
        tighter="higher",
    )

    @property
    def lookback(self) -> int:
        """Return the hours of the climb, or of the week of ranges."""
        return max(self._climb().lookback, self._lively().lookback)

    def trigger(self, bars: Bars) -> Bools:
        """Return where a product has climbed enough in a lively market."""
        return (self._climb().column(bars) > 0) & self._lively().mask(bars)

    def leave(self, bars: Bars) -> Bools:
        """Return where half the time shows a fall: the climb is over."""
        found = move(bars.close, self.lookback_hours // 2) < 0
        found[: self.lookback - 1] = False
        return found

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Propose what climbs, unless the whole market falls."""
        if context.regime in (Regime.BEAR, Regime.CRASH):
            return ()
        return self.proposed(context, self._proposal)

    def _climb(self) -> SteadyMove:
        pct, agreeing = float(self.min_move_pct), float(self.min_agreeing)
        return SteadyMove(rows=self.lookback_hours, parts=12, min_pct=pct, min_agreeing=agreeing)

    def _lively(self) -> Lively:
        ratio = float(self.min_range_ratio)
        return Lively(rows=ATR_ROWS, usual_rows=168 - ATR_ROWS, min_ratio=ratio)

    def _proposal(self, bars: Bars) -> TradeProposal | None:
        if not self.trigger(bars)[-1]:
            return None
        climbed = float(self._climb().column(bars)[-1])
        conviction = conviction_of(0.3 + 0.7 * climbed / FULL_CONVICTION_PCT)
        return TradeProposal(
            product=bars.product,
            side=Side.BUY,
            notional_pct=size_pct(self.notional_pct, conviction),
            stop_loss_pct=self.stop_loss_pct,
            take_profit_pct=self.take_profit_pct,
            conviction=conviction,
            reason=f"climbed {climbed:.2f} % in {self.lookback_hours} h, and moves more than usual",
            signal="momentum",
        )
