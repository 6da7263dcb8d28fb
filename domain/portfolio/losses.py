"""Limits on losses, over cash-flow-adjusted equity: deposits and withdrawals are no performance."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.model.instants import DAY, Nanos
from domain.model.money import Amount, plain
from domain.model.settings import number

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

    ASCENDING: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("daily_pct", "weekly_pct", "drawdown_pct"),
    )

    daily_pct: Decimal = number(
        "3",
        "Loss within 24 hours",
        low="0.1",
        high="3",
        unit="% of equity",
        tighter="lower",
        mandatory=True,
        at="stops.daily_pct",
    )
    weekly_pct: Decimal = number(
        "7",
        "Loss within 7 days",
        low="0.1",
        high="7",
        unit="% of equity",
        tighter="lower",
        mandatory=True,
        at="stops.weekly_pct",
    )
    drawdown_pct: Decimal = number(
        "10",
        "Fall from the highest equity",
        low="0.1",
        high="10",
        unit="% of equity",
        tighter="lower",
        mandatory=True,
        at="stops.drawdown_pct",
    )
    max_daily_loss_usd: Decimal = number(
        "300",
        "Loss within 24 hours that halts trading",
        low="1",
        high="100000",
        unit="USD",
        tighter="lower",
        mandatory=True,
        at="max_daily_loss_usd",
    )


@frozen
class Loss:
    """One limit and how much of it is used: percent of equity, or quote currency."""

    name: str
    lost: Decimal
    limit: Decimal
    unit: str

    @property
    def is_breached(self) -> bool:
        """Tell whether the limit is reached; what can't be compared is reached."""
        return not self.lost < self.limit

    @property
    def reason(self) -> str:
        """Return the breaker's reason."""
        limit = f"{plain(self.limit)} {self.unit}"
        return f"{self.name} {self.lost:.2f} {self.unit} reached the limit of {limit}"


def measure(marks: Sequence[EquityMark], limits: LossLimits) -> tuple[Loss, ...]:
    """Return each limit with what the newest mark has lost of it.

    Windows roll: a day is the last 24 h of market time. `marks` are oldest first.
    """
    if not marks:
        return ()
    now = marks[-1]
    day, week = _base(marks, now.at_ns - DAY), _base(marks, now.at_ns - 7 * DAY)
    peak = max(marks, key=lambda mark: mark.pnl)
    return (
        Loss("daily_loss", _lost_pct(day, now), limits.daily_pct, "%"),
        Loss("weekly_loss", _lost_pct(week, now), limits.weekly_pct, "%"),
        Loss("drawdown", _lost_pct(peak, now), limits.drawdown_pct, "%"),
        Loss("daily_loss_usd", day.pnl - now.pnl, limits.max_daily_loss_usd, "USD"),
    )


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
