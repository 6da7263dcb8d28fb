"""The equity of a run as a curve: return, drawdown, and what trades add up to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from attrs import frozen

from domain.model.instants import Nanos
from domain.model.money import ONE, ZERO, Amount
from domain.portfolio.losses import EquityMark
from domain.results.round_trips import HUNDRED, RoundTrip


@frozen(kw_only=True)
class CurvePoint:
    """Equity at one market time. `growth` is what 1 at the beginning has become, without flows;
    `drawdown_pct` (>= 0) is the distance from the highest `growth` so far.
    """

    at_ns: Nanos
    nlv: Amount
    growth: Decimal
    drawdown_pct: Decimal


@frozen(kw_only=True)
class TradeSummary:
    """What closed round trips add up to. Ratios are None where there is nothing to divide by."""

    trades: int
    wins: int
    gross: Amount
    fees: Amount
    profit: Amount
    won: Amount
    lost: Amount
    turnover: Amount

    @property
    def win_rate_pct(self) -> Decimal | None:
        """Return the share of trades that earned something after fees, in percent."""
        return HUNDRED * self.wins / self.trades if self.trades else None

    @property
    def profit_factor(self) -> Decimal | None:
        """Return what winners won over what losers lost."""
        return self.won / self.lost if self.lost else None

    @property
    def average(self) -> Amount | None:
        """Return the profit of a trade after fees, on average."""
        return Amount(self.profit / self.trades) if self.trades else None

    @property
    def cost_pct(self) -> Decimal | None:
        """Return the fees of a round trip in percent of what was paid for it, on average."""
        return HUNDRED * self.fees / self.turnover if self.turnover else None


def curve(marks: Iterable[EquityMark]) -> tuple[CurvePoint, ...]:
    """Return the curve of `marks`, oldest first.

    Deposits and withdrawals are no performance: between two marks only what was earned counts, in
    percent of the equity that was there after the flow.
    """
    points: list[CurvePoint] = []
    growth = peak = ONE
    last: Decimal | None = None
    for mark in marks:
        pnl = mark.pnl
        if last is not None:
            earned = pnl - last
            there = mark.nlv - earned
            if there > 0:
                growth *= ONE + earned / there
        peak = max(peak, growth)
        drawdown = HUNDRED * (peak - growth) / peak if peak > 0 else ZERO
        points.append(
            CurvePoint(at_ns=mark.at_ns, nlv=mark.nlv, growth=growth, drawdown_pct=drawdown)
        )
        last = pnl
    return tuple(points)


def deepest(points: Sequence[CurvePoint]) -> CurvePoint | None:
    """Return the point of the largest drawdown, the first of equal ones; None without any."""
    return max(points, key=lambda point: point.drawdown_pct, default=None)


def summary(trips: Iterable[RoundTrip]) -> TradeSummary:
    """Return what the closed ones of `trips` add up to."""
    closed = [trip for trip in trips if trip.is_closed]
    profits = [trip.profit for trip in closed]
    return TradeSummary(
        trades=len(closed),
        wins=sum(1 for profit in profits if profit > 0),
        gross=Amount(sum((trip.gross for trip in closed), ZERO)),
        fees=Amount(sum((trip.fees for trip in closed), ZERO)),
        profit=Amount(sum(profits, ZERO)),
        won=Amount(sum((profit for profit in profits if profit > 0), ZERO)),
        lost=Amount(-sum((profit for profit in profits if profit < 0), ZERO)),
        turnover=Amount(sum((trip.paid for trip in closed), ZERO)),
    )
