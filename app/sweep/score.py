"""What a stretch of a backtest came to, in numbers that can be added up over stretches."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen

from app.backtest.outcome import BacktestOutcome
from app.sweep.folds import TimeSpan
from app.sweep.objectives import SearchGoal
from domain.model.instants import HOUR
from domain.model.money import ZERO
from domain.results.performance import CurvePoint
from domain.results.sharpe import ReturnMoments, moments

DIGITS = 8
"""Decimals of a number in a report."""


@frozen(kw_only=True)
class WindowScore:
    """The closed trades of a stretch, and its returns by the hour.

    `won` and `lost` (>= 0) are in quote currency after fees, `returns` are fractions of the equity
    of the hour before. `pnl_pct` has what is open at the end in it; so has `drawdown_pct`, the
    deepest.
    """

    trades: int
    wins: int
    won: Decimal
    lost: Decimal
    pnl_pct: float
    drawdown_pct: float
    returns: tuple[float, ...]

    @property
    def moments(self) -> ReturnMoments | None:
        """Return the shape of the returns, None where nothing moved."""
        return moments(self.returns)

    def value(self, objective: SearchGoal) -> float | None:
        """Return the number that is looked for, as people know it; None where there is none."""
        match objective:
            case SearchGoal.SHARPE:
                found = self.moments
                return None if found is None else found.yearly
            case SearchGoal.RETURN_OVER_DRAWDOWN:
                return self.pnl_pct / self.drawdown_pct if self.drawdown_pct > 0 else None
            case SearchGoal.TOTAL_PNL_PCT:
                return self.pnl_pct
            case SearchGoal.PROFIT_FACTOR:
                return float(self.won / self.lost) if self.lost else None
            case SearchGoal.WIN_RATE:
                return 100 * self.wins / self.trades if self.trades else None
            case SearchGoal.MAX_DRAWDOWN_PCT:
                return self.drawdown_pct

    @property
    def document(self) -> dict[str, Any]:
        """Return the numbers by the names of the objectives, and how many trades there were."""
        values = {each.value: self.value(each) for each in SearchGoal}
        return {"trades": self.trades, **{name: rounded(v) for name, v in values.items()}}


def score_of(outcome: BacktestOutcome, during: TimeSpan) -> WindowScore:
    """Return the score of a backtest of `during`."""
    made, metrics = outcome.results.summary, outcome.metrics
    return WindowScore(
        trades=made.trades,
        wins=made.wins,
        won=made.won,
        lost=made.lost,
        pnl_pct=float(metrics.total_pnl_pct),
        drawdown_pct=float(metrics.max_drawdown_pct),
        returns=hourly_returns(outcome.results.points, during),
    )


def hourly_returns(points: Sequence[CurvePoint], during: TimeSpan) -> tuple[float, ...]:
    """Return what each whole hour of `during` has earned, as a fraction of what was there."""
    found, last, now, place = [], 1.0, 1.0, 0
    for end_ns in range(during.start_ns + HOUR, during.end_ns + 1, HOUR):
        while place < len(points) and points[place].at_ns <= end_ns:
            now = float(points[place].growth)
            place += 1
        found.append(now / last - 1 if last > 0 else 0.0)
        last = now
    return tuple(found)


def joined(scores: Iterable[WindowScore]) -> WindowScore:
    """Return stretches that follow each other as one: what each earned works on in the next.

    Its drawdown is that of the hours.
    """
    every = tuple(scores)
    returns = tuple(each for score in every for each in score.returns)
    growth = peak = 1.0
    worst = 0.0
    for each in returns:
        growth *= 1 + each
        peak = max(peak, growth)
        worst = max(worst, 100 * (peak - growth) / peak)
    return WindowScore(
        trades=sum(each.trades for each in every),
        wins=sum(each.wins for each in every),
        won=sum((each.won for each in every), ZERO),
        lost=sum((each.lost for each in every), ZERO),
        pnl_pct=100 * (math.prod(1 + each.pnl_pct / 100 for each in every) - 1),
        drawdown_pct=max([worst, *(each.drawdown_pct for each in every)]),
        returns=returns,
    )


def rounded(value: float | None) -> float | None:
    """Return a number as reports show it; None where there is none."""
    return None if value is None or not math.isfinite(value) else round(value, DIGITS)
