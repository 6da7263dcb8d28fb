"""Limits on losses, over cash-flow-adjusted equity: deposits and withdrawals are no performance."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from attrs import frozen

from domain.instants import DAY, Nanos
from domain.money import Amount, plain

HUNDRED = Decimal(100)


@frozen
class EquityMark:
    """NLV and its flow-adjusted opening at one market time; their difference is the net PnL."""

    at_ns: Nanos
    nlv: Amount
    opening_nlv: Amount

    @property
    def pnl(self) -> Decimal:
        """Return what was earned since the beginning, without flows."""
        return self.nlv - self.opening_nlv


@frozen(kw_only=True)
class LossLimits:
    """Percent of equity at the start of the window (drawdown: at the peak), and quote currency."""

    daily_pct: Decimal
    weekly_pct: Decimal
    drawdown_pct: Decimal
    max_daily_loss_usd: Amount


def breaches(marks: Sequence[EquityMark], limits: LossLimits) -> tuple[tuple[str, str], ...]:
    """Return (breaker name, reason) for each limit that the newest mark has reached.

    Windows roll: a day is the last 24 h of market time. `marks` are oldest first.
    """
    if not marks:
        return ()
    now = marks[-1]
    found = []
    day, week = _base(marks, now.at_ns - DAY), _base(marks, now.at_ns - 7 * DAY)
    peak = max(marks, key=lambda mark: mark.pnl)
    for name, base, limit in (
        ("daily_loss", day, limits.daily_pct),
        ("weekly_loss", week, limits.weekly_pct),
        ("drawdown", peak, limits.drawdown_pct),
    ):
        lost_pct = _lost_pct(base, now)
        if not lost_pct < limit:
            found.append((name, f"{name} {lost_pct:.2f} % reached the limit of {plain(limit)} %"))
    lost = day.pnl - now.pnl
    if not lost < limits.max_daily_loss_usd:
        limit_text = plain(limits.max_daily_loss_usd)
        found.append(("daily_loss_usd", f"lost {plain(lost)} in a day, limit {limit_text}"))
    return tuple(found)


def _base(marks: Sequence[EquityMark], since_ns: int) -> EquityMark:
    """Return the last mark at or before `since_ns`, else the first."""
    base = marks[0]
    for mark in marks:
        if mark.at_ns > since_ns:
            break
        base = mark
    return base


def _lost_pct(base: EquityMark, now: EquityMark) -> Decimal:
    """Return the loss between two marks in percent of the equity at the first."""
    lost = base.pnl - now.pnl
    if base.nlv <= 0:
        return HUNDRED if lost > 0 else Decimal(0)
    return lost / base.nlv * HUNDRED
