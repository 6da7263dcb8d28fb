"""Limits on losses, over cash-flow-adjusted equity: deposits and withdrawals are no performance."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
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

    def pass_row(
        self,
        at_ns: Sequence[Nanos],
        nlv: Sequence[Amount],
        opening: Amount,
        limits: LossLimits,
        told: Collection[str],
        keep_ns: int = KEEP_NS,
    ) -> int:
        """Take the first marks of a row as long as all they do is to be kept; return how many: none
        that `wants` asks for, none that reaches a limit but those of the names `told`.

        A limit counts as reached a little before `measure` says so. Marks that lie `keep_ns` apart
        are not taken. A whole row is taken at once where the worst of it is far from every limit.
        """
        if self.peak is None or self.resumed:
            return 0
        row = self._grown_row(at_ns, nlv, opening, keep_ns)
        if row and self._is_far(limits, row, told):
            self._take_row(row)
            return len(row)
        for taken, mark in enumerate(row):
            if self._is_near(limits, mark, told):
                return taken
            self.take(mark)
        return len(row)

    def _grown_row(
        self, at_ns: Sequence[Nanos], nlv: Sequence[Amount], opening: Amount, keep_ns: int
    ) -> list[EquityMark]:
        """Return the first marks of a row with their growth, before the first that `wants` asks
        for. They lie in minutes of their own, and have one opening.
        """
        assert self.peak is not None
        before, row, peak = self._week.newest, list[EquityMark](), _growth(self.peak)
        for at, worth in zip(at_ns, nlv, strict=True):
            if at - before.at_ns >= keep_ns or (row and at - before.at_ns < MINUTE):
                break
            if row and before.nlv > 0:  # as `_growth_since` has it where nothing has flowed
                grown = _growth(before) * max(ONE + (worth - before.nlv) / before.nlv, ZERO)
            else:
                grown = _growth_since(before, EquityMark(at, worth, opening))
            if grown > peak:
                if grown > peak * PEAK_STEP:
                    break
                peak = grown
            before = EquityMark(at, worth, opening, grown)
            row.append(before)
        return row

    def _is_far(self, limits: LossLimits, row: Sequence[EquityMark], told: Collection[str]) -> bool:
        """Tell whether no mark of the row can be near a limit, by the worst of it and the best that
        it may be compared with.
        """
        last_ns, windows = row[-1].at_ns, (self._day, self._week)
        if any(window.begins_ns(last_ns) >= row[0].at_ns for window in windows):
            return False
        day, week = (window.bases(row[0].at_ns, last_ns) for window in windows)
        least, most = min(map(_growth, row)), max(map(_growth, row))
        assert self.peak is not None
        left, whole, peak = least * HUNDRED, HUNDRED + NEAR_PCT, max(most, _growth(self.peak))
        earned = min(mark.nlv for mark in row) - row[0].opening_nlv
        return (
            (DAILY_USD in told or max(m.pnl for m in day) - earned < limits.max_daily_loss_usd)
            and (DAILY in told or left > max(map(_growth, day)) * (whole - limits.daily_pct))
            and (WEEKLY in told or left > max(map(_growth, week)) * (whole - limits.weekly_pct))
            and (DRAWDOWN in told or left > peak * (whole - limits.drawdown_pct))
        )

    def _take_row(self, row: Sequence[EquityMark]) -> None:
        """Take marks in minutes of their own, while no limit counts anew."""
        self.take(row[0])
        self._day.extend(row[1:])
        self._week.extend(row[1:])
        best = max(row, key=_growth)
        assert self.peak is not None
        if _growth(best) > _growth(self.peak):
            self.peak = best

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

    def begins_ns(self, at_ns: int) -> int:
        """Return when the window begins that ends at `at_ns`."""
        return at_ns - self._length_ns

    def bases(self, first_ns: int, last_ns: int) -> list[EquityMark]:
        """Return what `base` returns at all times from `first_ns` to `last_ns`."""
        base, begins_ns = self.base(first_ns), self.begins_ns(last_ns)
        later = itertools.islice(self.marks, 1, None)
        return [base, *itertools.takewhile(lambda mark: mark.at_ns <= begins_ns, later)]

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

    def extend(self, row: Sequence[EquityMark]) -> None:
        """Take marks in minutes that no mark is in."""
        self.marks.extend(row)
        self.base(self.newest.at_ns)


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
