"""Rules engine: the strongest of six signals of a day of minutes, in hours that move enough."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

from domain.decisions.conviction import calm_of, conviction_of, size_pct
from domain.decisions.entry_settings import size_of_entry
from domain.decisions.strategy import Strategy
from domain.model.bars import Bars
from domain.model.context import Context, Regime
from domain.model.product import Side
from domain.model.proposal import TradeProposal
from domain.model.settings import number
from domain.signals.filters import Lively, OutlierGuard
from domain.signals.levels import Break, Reversal
from domain.signals.moves import PriceMove, RelativeStrength, SteadyMove, VolumeSpike
from domain.signals.reversion import FromVwap

if TYPE_CHECKING:
    from domain.model.bars import Bools
    from domain.signals.signal import Signal
    from domain.signals.windows import Floats

DAY_ROWS = 1440
AGREEING = 0.04
"""What each further signal that says the same adds to the conviction."""
ABOVE_VWAP, TURNING_UP = 0.04, 0.03
"""What is added above the average price of the hour, and in an hour in which strength turns up."""
ROUNDED = 1e-4
"""More than rounding adds to a conviction."""
REVERSAL = "reversal"
ATR_HOURS, WEEK_HOURS, RSI_HOURS = 14, 168, 14


@frozen
class _Rule:
    """What follows from a signal: how sure it is, and size, stop and target of an entry.

    `name` is that of the signal, `what` says it to people.
    `strength` is reached at a signal of `full_at`; 0 means at any.
    """

    name: str
    what: str
    signal: Signal
    strength: float
    full_at: float
    confidence: float
    size: Decimal
    stop_pct: Decimal
    target_pct: Decimal

    def conviction(self, values: Floats) -> Floats:
        """Return how convincing signals of these values, above 0, are."""
        share = np.minimum(1.0, values / self.full_at) if self.full_at else np.ones(len(values))
        return 0.5 * self.strength * share + 0.3 * self.confidence


def _rule(
    name: str,
    what: str,
    signal: Signal,
    strength: float,
    full_at: float,
    confidence: float,
    entry: tuple[str, str, str],
) -> _Rule:
    size, stop, target = (Decimal(each) for each in entry)
    return _Rule(name, what, signal, strength, full_at, confidence, size, stop, target)


@frozen(kw_only=True)
class Baseline(Strategy):
    """Buys what moves up, and sizes by conviction, by the day's range and by rule."""

    id: str
    notional_pct: Decimal = size_of_entry()
    min_move_15m_pct: Decimal = number(
        "1.3", "Least move of 15 minutes", low="0.1", high="50", unit="%", tighter="higher"
    )
    min_move_60m_pct: Decimal = number(
        "2.7", "Least move of 60 minutes", low="0.1", high="50", unit="%", tighter="higher"
    )
    trend_factor: Decimal = number(
        "2.5", "How much more either has to be in a bull or bear market", low="1", high="10"
    )
    min_volume_ratio: Decimal = number(
        "1.8",
        "Least volume of an hour over that of a usual hour of the day before",
        low="1",
        high="100",
        tighter="higher",
    )
    min_bounce_pct: Decimal = number(
        "5", "Least way back from the day's low", low="0.5", high="50", unit="%", tighter="higher"
    )
    min_momentum_pct: Decimal = number(
        "2", "Least move of a day", low="0.1", high="50", unit="%", tighter="higher"
    )
    min_range_ratio: Decimal = number(
        "1.05",
        "Least average true range of hours over its median of the week",
        low="0",
        high="10",
        tighter="higher",
    )
    min_range_ratio_in_trend: Decimal = number(
        "1.2", "The same in a bull or bear market", low="0", high="10", tighter="higher"
    )
    min_conviction: Decimal = number(
        "0.5", "Least conviction of an entry", low="0.3", high="1", tighter="higher"
    )
    canary_conviction: Decimal = number(
        "0.55", "Below this conviction a quarter of the size is bought", low="0.3", high="1"
    )
    usual_range_pct: Decimal = number(
        "5",
        "Range of a day up to which the full size is bought; wider, less is",
        low="0.5",
        high="50",
        unit="%",
        tighter="lower",
    )

    @property
    def lookback(self) -> int:
        """Return the bars it needs: a day before the hour of which the volume is compared."""
        return DAY_ROWS + 60

    @property
    def hours(self) -> int:
        """Return the week of hours by which it judges whether a market moves enough."""
        return WEEK_HOURS

    def trigger(self, bars: Bars) -> Bools:
        """Return where signals point up, may be sure enough, and the bar may be believed.

        The regime and the hours are not known here, so that each counts as what allows the most:
        moves are large enough to buy as in quiet times, and to stay out only as in a trend.
        """
        best, agreeing = np.zeros(len(bars)), np.zeros(len(bars), np.int64)
        for rule in self._rules():
            value = rule.signal.column(bars)
            best = np.maximum(best, np.where(value > 0, rule.conviction(value), 0.0))
            agreeing += value > 0
        most = best + AGREEING * (agreeing - 1) + ABOVE_VWAP + TURNING_UP
        found = (agreeing > 0) & (most >= float(self.min_conviction) - ROUNDED)
        for rule in self._rules(Regime.BULL):
            if rule.name != REVERSAL:  # in a crash it says nothing
                found &= ~(rule.signal.column(bars) < 0)
        found &= OutlierGuard().mask(bars)
        found[: self.lookback - 1] = False
        return found

    def decide(self, context: Context) -> tuple[TradeProposal, ...]:
        """Propose what the strongest signal of each product is sure enough of."""
        lively = self._lively(context.regime)
        hours = {bars.product: bars for bars in context.hours if lively.mask(bars)[-1:].any()}

        def proposal(bars: Bars) -> TradeProposal | None:
            of_hours = hours.get(bars.product)
            return None if of_hours is None else self._proposal(bars, of_hours, context.regime)

        return self.proposed(context, proposal)

    def _lively(self, regime: Regime) -> Lively:
        ratio = self.min_range_ratio_in_trend if _is_trend(regime) else self.min_range_ratio
        return Lively(rows=ATR_HOURS, usual_rows=WEEK_HOURS - ATR_HOURS, min_ratio=float(ratio))

    def _rules(self, regime: Regime = Regime.CHOP) -> Iterator[_Rule]:
        """Yield the rules; what moves in a trend has to move more."""
        factor = float(self.trend_factor) if _is_trend(regime) else 1.0
        quick = PriceMove(rows=15, min_pct=float(self.min_move_15m_pct) * factor)
        hourly = PriceMove(rows=60, min_pct=float(self.min_move_60m_pct) * factor)
        ratio, bounce = float(self.min_volume_ratio), float(self.min_bounce_pct)
        spike = VolumeSpike(rows=60, usual_rows=DAY_ROWS, min_ratio=ratio)
        back = Reversal(
            rows=DAY_ROWS, min_pct=bounce, near_pct=10.0, min_fall_pct=bounce, settled_rows=30
        )
        pct = float(self.min_momentum_pct)
        steady = SteadyMove(rows=DAY_ROWS, parts=12, min_pct=pct, min_agreeing=0.6)
        yield _rule("move_15m", "the move of 15 min", quick, 0.6, 0.0, 0.70, ("1", "6", "12"))
        yield _rule("move_60m", "the move of an hour", hourly, 0.7, 0.0, 0.75, ("1", "6", "12"))
        yield _rule(
            "volume_spike", "the volume of an hour", spike, 1.0, 4.0, 0.80, ("1", "8", "15")
        )
        yield _rule(
            "breakout",
            "a break of the high of a day",
            Break(rows=DAY_ROWS),
            0.7,
            0.0,
            0.80,
            ("1.2", "6", "20"),
        )
        if regime is not Regime.CRASH:
            yield _rule(
                REVERSAL,
                "the way back from the low of a day",
                back,
                1.0,
                20.0,
                0.48,
                ("0.8", "12", "25"),
            )
        yield _rule("momentum", "the move of a day", steady, 1.0, 10.0, 0.80, ("1", "8", "15"))

    def _proposal(self, bars: Bars, hours: Bars, regime: Regime) -> TradeProposal | None:
        values = [(rule, rule.signal.column(bars)[-1:]) for rule in self._rules(regime)]
        up = [(float(rule.conviction(value)[0]), rule) for rule, value in values if value[0] > 0]
        is_down = any(value[0] < 0 for _, value in values)
        if not up or is_down or not OutlierGuard().mask(bars)[-1]:
            return None
        best, rule = max(up, key=lambda pair: pair[0])
        conviction = conviction_of(best + AGREEING * (len(up) - 1) + _boost(bars, hours))
        if conviction < self.min_conviction:
            return None
        full = self.notional_pct * rule.size
        if conviction < self.canary_conviction:
            full /= 4
        return TradeProposal(
            product=bars.product,
            side=Side.BUY,
            notional_pct=size_pct(full, conviction, self._calm(bars)),
            stop_loss_pct=rule.stop_pct,
            take_profit_pct=rule.target_pct,
            conviction=conviction,
            reason=f"{rule.what}; {len(up)} of {len(values)} signals point up",
            signal=rule.name,
        )

    def _calm(self, bars: Bars) -> Decimal:
        high, low = int(bars.high[-DAY_ROWS:].max()), int(bars.low[-DAY_ROWS:].min())
        return calm_of((high - low) * 100.0 / int(bars.close[-1]), self.usual_range_pct)


def _is_trend(regime: Regime) -> bool:
    return regime in (Regime.BULL, Regime.BEAR)


def _boost(bars: Bars, hours: Bars) -> float:
    """Return what buyers add who pay more than the average, or have just become the stronger."""
    above = FromVwap(rows=60).column(bars)[-1] > 0
    before, now = RelativeStrength(rows=RSI_HOURS).column(hours)[-2:]
    return ABOVE_VWAP * bool(above) + TURNING_UP * bool(before <= 0 < now)
