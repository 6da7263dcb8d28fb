"""Limits on losses, over cash-flow-adjusted equity: deposits and withdrawals are no performance."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.model.instants import DAY, MINUTE, Nanos
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


class EquityHistory:
    """Past equity, as much of it as the limits ask for: a week of minutes, and the peak of all.

    Exact for marks that fall into minutes of their own; of several within one minute the newest
    is kept, so that a window may begin up to a minute earlier than its length says.
    """

    def __init__(self, marks: Iterable[EquityMark] = ()) -> None:
        """Begin with past `marks`, oldest first."""
        self._day = _Window(DAY)
        self._week = _Window(7 * DAY)
        self._peak: EquityMark | None = None
        for mark in marks:
            self.take(mark)

    def take(self, mark: EquityMark) -> None:
        """Add the newest mark; costs the same however long the history is."""
        self._day.take(mark)
        self._week.take(mark)
        if self._peak is None or mark.pnl > self._peak.pnl:
            self._peak = mark

    @property
    def marks(self) -> tuple[EquityMark, ...]:
        """What has to be kept to go on from here, oldest first."""
        kept = self._week.marks
        if self._peak is None or self._peak in kept:
            return tuple(kept)
        return tuple(sorted((self._peak, *kept), key=lambda mark: mark.at_ns))

    def measure(self, limits: LossLimits) -> tuple[Loss, ...]:
        """Return each limit with what the newest mark has lost of it; nothing without a mark.

        Windows roll: a day is the last 24 h of market time. The base of a window is the last mark
        at or before its beginning, else the first of all.
        """
        if self._peak is None:
            return ()
        day, now = self._day.base, self._day.newest
        return (
            Loss("daily_loss", _lost_pct(day, now), limits.daily_pct, "%"),
            Loss("weekly_loss", _lost_pct(self._week.base, now), limits.weekly_pct, "%"),
            Loss("drawdown", _lost_pct(self._peak, now), limits.drawdown_pct, "%"),
            Loss("daily_loss_usd", day.pnl - now.pnl, limits.max_daily_loss_usd, "USD"),
        )


class _Window:
    """The marks of the last `length_ns`, one a minute, and first the one from which it starts."""

    def __init__(self, length_ns: int) -> None:
        self._length_ns = length_ns
        self.marks: deque[EquityMark] = deque()

    @property
    def base(self) -> EquityMark:
        """The last mark at or before the beginning of the window, else the first of all."""
        return self.marks[0]

    @property
    def newest(self) -> EquityMark:
        """The last mark that was taken."""
        return self.marks[-1]

    def take(self, mark: EquityMark) -> None:
        marks = self.marks
        # The base is never replaced: what comes within its minute is measured against it.
        if len(marks) > 1 and marks[-1].at_ns // MINUTE == mark.at_ns // MINUTE:
            marks.pop()
        marks.append(mark)
        while len(marks) > 1 and marks[1].at_ns <= mark.at_ns - self._length_ns:
            marks.popleft()


def _lost_pct(base: EquityMark, now: EquityMark) -> Decimal:
    """Return the loss between two marks in percent of the equity at the first."""
    lost = base.pnl - now.pnl
    if base.nlv <= 0:
        return HUNDRED if lost > 0 else Decimal(0)
    return lost / base.nlv * HUNDRED
