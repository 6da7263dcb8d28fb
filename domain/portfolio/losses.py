"""Limits on losses, over cash-flow-adjusted equity: deposits and withdrawals are no performance."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import ClassVar

from attrs import frozen

from domain.model.instants import DAY, MINUTE, SECOND, Nanos
from domain.model.money import ONE, ZERO, Amount, plain
from domain.model.settings import number

HUNDRED = Decimal(100)
PERCENT_DIGITS = 10
NEAR_PCT = Decimal("0.000001")
"""How far before a limit a mark is looked at closely: more than what rounding takes or adds."""
DAILY, WEEKLY, DRAWDOWN, DAILY_USD = "daily_loss", "weekly_loss", "drawdown", "daily_loss_usd"
KEEP_NS = 90 * SECOND
"""Market time between two marks at most, while the value is known, however rare cycles are."""
PEAK_STEP = Decimal("1.001")
"""Growth upon the peak that is kept at once: less may be lost of a peak between two cycles."""
LIMITS = (DAILY, WEEKLY, DRAWDOWN, DAILY_USD)
"""Names of the limits; each counts anew from a person's resume, the drawdown from nothing else."""
Resumed = Mapping[str, "EquityMark | None"]
"""By the limit's name where a person resumed: None until equity is known again."""
NOT_RESUMED: Resumed = {}


@frozen
class EquityMark:
    """NLV and its flow-adjusted opening at one market time; their difference is the net PnL.

    `growth` is what one unit of the first mark's equity has become, flows left out; None until the
    history takes the mark.
    """

    at_ns: Nanos
    nlv: Amount
    opening_nlv: Amount
    growth: Decimal | None = None

    @property
    def pnl(self) -> Decimal:
        """Return what was earned since the beginning, without flows."""
        return self.nlv - self.opening_nlv


@frozen(kw_only=True)
class LossLimits:
    """Percent of the equity at work since the window began (drawdown: since the peak), and quote
    currency.
    """

    ASCENDING: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("daily_pct", "weekly_pct", "drawdown_pct"),
    )

    daily_pct: Decimal = number(
        "3",
        "Loss within 24 hours, or since the last resume from it",
        low="0.1",
        high="3",
        unit="% of equity",
        tighter="lower",
        mandatory=True,
        at="stops.daily_pct",
    )
    weekly_pct: Decimal = number(
        "7",
        "Loss within 7 days, or since the last resume from it",
        low="0.1",
        high="7",
        unit="% of equity",
        tighter="lower",
        mandatory=True,
        at="stops.weekly_pct",
    )
    drawdown_pct: Decimal = number(
        "10",
        "Fall from the highest equity, or from that at the last resume",
        low="0.1",
        high="10",
        unit="% of equity",
        tighter="lower",
        mandatory=True,
        at="stops.drawdown_pct",
    )
    max_daily_loss_usd: Decimal = number(
        "300",
        "Loss within 24 hours, or since the last resume from it, that halts trading",
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
    """Past equity, as much of it as the limits ask for: a week of minutes, the peak, and where a
    person has resumed.

    Exact for marks that fall into minutes of their own; of several within one minute the newest
    is kept, so that a window may begin up to a minute earlier than its length says.
    """

    def __init__(
        self,
        marks: Iterable[EquityMark] = (),
        peak: EquityMark | None = None,
        resumed: Resumed = NOT_RESUMED,
    ) -> None:
        """Begin with past `marks`, oldest first, the `peak` of all or since the last resume, and
        where limits were `resumed`.
        """
        self.resumed: dict[str, EquityMark | None] = {}
        # The mark that was asked about last, the newest one then, and what came of it.
        self._grown_last: tuple[EquityMark, EquityMark | None, EquityMark] | None = None
        self._day = _Window(DAY)
        self._week = _Window(7 * DAY)
        self.peak: EquityMark | None = None
        for mark in marks:
            self.take(mark)
        self.peak = peak or self.peak
        self.resumed.update(resumed)

    def take(self, mark: EquityMark) -> None:
        """Add the newest mark; costs the same however long the history is."""
        grown = self._grown(mark)
        self._day.take(grown)
        self._week.take(grown)
        if self.peak is None or _growth(grown) > _growth(self.peak):
            self.peak = grown
        for limit in self._waiting():
            self.resumed[limit] = grown
        if self.resumed.pop(DRAWDOWN, None) is not None:
            self.peak = grown

    def rebase(self, limit: str) -> None:
        """Let the limit of that name count anew from the next mark: a person goes on from there."""
        self.resumed[limit] = None

    @property
    def is_waiting(self) -> bool:
        """Tell whether a limit waits for the mark from which it counts anew."""
        return bool(self._waiting())

    def _waiting(self) -> list[str]:
        return [limit for limit, mark in self.resumed.items() if mark is None]

    @property
    def marks(self) -> tuple[EquityMark, ...]:
        """What has to be kept beside the peak to go on from here, oldest first."""
        return tuple(self._week.marks)

    def wants(self, now: EquityMark) -> bool:
        """Tell whether `now` has to be kept between two cycles: a limit waits for it, the newest
        mark is old, or it is above the peak by more than what may be forgotten of one. The first
        mark of all is that of the first cycle.
        """
        if self.is_waiting:
            return True
        if self.peak is None:
            return False
        if now.at_ns - self._week.newest.at_ns >= KEEP_NS:
            return True
        return _growth(self._grown(now)) > _growth(self.peak) * PEAK_STEP

    def pass_over(self, mark: EquityMark, limits: LossLimits, told: Collection[str]) -> bool:
        """Take `mark` if all it does is to be kept: `wants` does not ask for it, and no limit is
        reached but those of the names `told`. False: it was not taken.

        A limit counts as reached here a little before `measure` says so.
        """
        if self.peak is None or self.resumed:
            return False
        now = self._grown(mark)
        if mark.at_ns - self._week.newest.at_ns >= KEEP_NS:
            return False
        if _growth(now) > _growth(self.peak) * PEAK_STEP or self._is_near(limits, now, told):
            return False
        self.take(now)
        return True

    def may_breach(self, limits: LossLimits, mark: EquityMark, told: Collection[str]) -> bool:
        """Tell whether `measure` may find a limit reached whose name is not in `told`."""
        if self.peak is None:
            return False
        return bool(self.resumed) or self._is_near(limits, self._grown(mark), told)

    def _is_near(self, limits: LossLimits, now: EquityMark, told: Collection[str]) -> bool:
        day, week = self._day.base(now.at_ns), self._week.base(now.at_ns)
        if DAILY_USD not in told and not day.pnl - now.pnl < limits.max_daily_loss_usd:
            return True
        assert self.peak is not None
        left, whole = _growth(now) * HUNDRED, HUNDRED + NEAR_PCT
        # One by one: it is asked for every minute of years.
        if DAILY not in told and not left > _growth(day) * (whole - limits.daily_pct):
            return True
        if WEEKLY not in told and not left > _growth(week) * (whole - limits.weekly_pct):
            return True
        least = _growth(self.peak) * (whole - limits.drawdown_pct)
        return DRAWDOWN not in told and not left > least

    def measure(self, limits: LossLimits, now: EquityMark | None = None) -> tuple[Loss, ...]:
        """Return each limit with what `now` has lost of it, by default the newest mark; nothing
        without a past mark.

        Windows roll: a day is the last 24 h of market time. The base of a window is the last mark
        at or before its beginning, else the first of all; or where the limit was resumed since.
        """
        if self.peak is None:
            return ()
        at = self._week.newest if now is None else self._grown(now)
        day, week = self._base(DAILY, self._day, at), self._base(WEEKLY, self._week, at)
        peak = at if DRAWDOWN in self.resumed else self.peak
        lost_usd = self._base(DAILY_USD, self._day, at).pnl - at.pnl
        return (
            Loss(DAILY, _lost_pct(day, at), limits.daily_pct, "%"),
            Loss(WEEKLY, _lost_pct(week, at), limits.weekly_pct, "%"),
            Loss(DRAWDOWN, _lost_pct(peak, at), limits.drawdown_pct, "%"),
            Loss(DAILY_USD, lost_usd, limits.max_daily_loss_usd, "USD"),
        )

    def _base(self, limit: str, window: _Window, at: EquityMark) -> EquityMark:
        base = window.base(at.at_ns)
        resumed = self.resumed.get(limit, base) or at
        return resumed if resumed.at_ns >= base.at_ns else base

    def _grown(self, mark: EquityMark) -> EquityMark:
        """Return the mark with its growth: what was earned since the last one is measured by the
        equity that was there after the flows in between.
        """
        if mark.growth is not None:
            return mark
        last = self._week.newest if self._week.marks else None
        seen = self._grown_last
        if seen is None or seen[0] is not mark or seen[1] is not last:
            growth = ONE if last is None else _growth_since(last, mark)
            grown = EquityMark(mark.at_ns, mark.nlv, mark.opening_nlv, growth)
            seen = self._grown_last = mark, last, grown
        return seen[2]


class _Window:
    """The marks of the last `length_ns`, one a minute, and first the one from which it starts."""

    def __init__(self, length_ns: int) -> None:
        self._length_ns = length_ns
        self.marks: deque[EquityMark] = deque()

    def base(self, at_ns: int) -> EquityMark:
        """Return the last mark at or before the beginning of the window that ends at `at_ns`, else
        the first of all; what is older is forgotten.
        """
        marks = self.marks
        while len(marks) > 1 and marks[1].at_ns <= at_ns - self._length_ns:
            marks.popleft()
        return marks[0]

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
        self.base(mark.at_ns)


def _growth_since(last: EquityMark, mark: EquityMark) -> Decimal:
    """Return the growth of `mark`, of the equity that was there after the flows since `last`."""
    equity = last.nlv + mark.opening_nlv - last.opening_nlv
    earned = mark.pnl - last.pnl
    if equity <= 0:
        return ZERO if earned < 0 else _growth(last)
    return _growth(last) * max(ONE + earned / equity, ZERO)


def _growth(mark: EquityMark) -> Decimal:
    return ONE if mark.growth is None else mark.growth


def _lost_pct(base: EquityMark, now: EquityMark) -> Decimal:
    """Return the loss between two marks in percent, flows left out."""
    before, after = _growth(base), _growth(now)
    if before <= 0:
        return HUNDRED
    return round((before - after) / before * HUNDRED, PERCENT_DIGITS)
