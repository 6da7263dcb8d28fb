"""When a price is too odd for entries: it jumped, the spread is wide, its bar is an outlier (O1).

One `PriceWatch` a product, told every tick and every closed bar. What it costs does not grow with
the number of ticks: a second is kept as its lowest and highest mid, and a minute of them. Market
time everywhere, deterministic and without a clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from decimal import Decimal

from attrs import evolve

from domain.market.past_quotes import PastQuotes, SeenAtOnce
from domain.market.volatility import (
    BILLION,
    JUDGED_S,
    LEAST_MINUTES,
    LEAST_SECONDS,
    ROOT,
    WINDOW_S,
    Volatility,
)
from domain.model.instants import MINUTE, SECOND, Nanos
from domain.model.market import Bar, Doubt, DoubtKind, PriceLimits
from domain.model.money import BPS, ZERO, plain

AGREE_WITHIN = Decimal("0.005")
"""How far a second source may be from a doubted bid, as a part of it, and still confirm it."""
TELL_EVERY_NS = MINUTE
BARS = 20
"""Closed bars whose mean the next one is compared with."""
_CENT = Decimal("0.01")
_HUNDRED = Decimal(100)


class _Extremes:
    """Lowest and highest mid of the last minute, kept by whole seconds."""

    def __init__(self) -> None:
        # Monotonic: at most one entry a second of the minute in each.
        self._lows: deque[tuple[int, Decimal]] = deque()
        self._highs: deque[tuple[int, Decimal]] = deque()

    def add(self, second: int, mid: Decimal) -> None:
        lows, highs = self._lows, self._highs
        while lows and lows[-1][1] >= mid:
            lows.pop()
        lows.append((second, mid))
        while highs and highs[-1][1] <= mid:
            highs.pop()
        highs.append((second, mid))

    def forget(self, second: int) -> None:
        """Leave out what was seen more than a minute before `second`."""
        for kept in (self._lows, self._highs):
            while kept and kept[0][0] < second - JUDGED_S:
                kept.popleft()

    def moved(self, mid: Decimal, allowed: Decimal) -> Decimal | None:
        """Return by which part `mid` lies further from an extreme than is allowed, None: it does
        not.
        """
        high, low = self.high, self.low
        if high is not None and high - mid > allowed * high:
            return (mid - high) / high
        if low is not None and mid - low > allowed * low:
            return (mid - low) / low
        return None

    @property
    def low(self) -> Decimal | None:
        return self._lows[0][1] if self._lows else None

    @property
    def high(self) -> Decimal | None:
        return self._highs[0][1] if self._highs else None


class NoWatch:
    """Doubts no price: for what has no limits."""

    ticks = 0

    def tick(self, bid: Decimal, ask: Decimal, at_ns: int) -> Doubt | None:
        """Doubt nothing."""
        del bid, ask, at_ns
        return None

    def lone_bid(self, bid: Decimal, at_ns: int) -> Doubt | None:
        """Doubt nothing."""
        del bid, at_ns
        return None

    def second_source(self, price: Decimal, at_ns: int) -> Doubt | None:
        """Doubt nothing."""
        del price, at_ns
        return None

    def passed(self, now_ns: int) -> Doubt | None:
        """Doubt nothing."""
        del now_ns
        return None

    news = passed

    def broken(self) -> None:
        """Take no note."""

    def bars(self, bars: Iterable[Bar]) -> Doubt | None:
        """Doubt nothing."""
        del bars
        return None


class PriceWatch:
    """Judges the prices of one product."""

    def __init__(self, limits: PriceLimits) -> None:
        self._limits = limits
        self._floor = limits.jump_floor_bps / BPS
        self._volatility = Volatility()
        self._extremes = _Extremes()
        self._second: int | None = None
        """The second that is not over yet, None after a break."""
        self._closed_mid: Decimal | None = None
        """The mid at the end of the second before."""
        self._bid = self._ask = self._mid = ZERO
        self._limit: Decimal | None = None
        self._is_limit_old = False
        self._bars: deque[Bar] = deque(maxlen=BARS)
        self._odd_bar: tuple[str, str] | None = None
        self._doubt: Doubt | None = None
        self._untold: Doubt | None = None
        """The first doubt that nobody has been told of."""
        self._told_ns: int | None = None
        self.ticks = 0
        """Ticks that were too odd for entries, since the start."""

    # What is heard.

    def tick(self, bid: Decimal, ask: Decimal, at_ns: int) -> Doubt | None:
        """Take in a best bid and ask, 0 < bid < ask; return what is to be doubted, None if fine."""
        self._reach(at_ns // SECOND)
        self._bid, self._ask, self._mid = bid, ask, (bid + ask) / 2
        assert self._second is not None
        self._extremes.add(self._second, self._mid)
        found = self._judge(at_ns)
        self.ticks += found is not None
        return found

    def past(self, quotes: PastQuotes) -> bool:
        """Take in, as the first that is seen, what was seen before, if none of it is doubted; else
        return False: then each of it has to be told as a tick.

        It leaves what the ticks would have left, in a small part of their time.
        """
        by_minutes = self._volatility.by_minutes
        if not (len(quotes) and self._is_fresh) or by_minutes is None:
            return False
        seen = SeenAtOnce(quotes)
        is_fine = seen.can_be_judged and seen.are_narrow(self._limits)
        if not is_fine or seen.may_be_doubted(self._limits, by_minutes):
            return False
        self._volatility.begin(seen.returns)
        for second, mid in seen.newest():
            self._extremes.add(second, mid)
        self._second, self._closed_mid, self._doubt = seen.last, seen.closed, None
        (self._bid, self._ask, _), self._mid = quotes.last, seen.mid
        self._allow()
        return True

    @property
    def is_doubting(self) -> bool:
        """Tell whether the newest price is doubted."""
        return self._doubt is not None

    @property
    def _is_fresh(self) -> bool:
        """Tell whether no tick has been seen, and bars are known and not odd."""
        is_new = self._second is None and self._closed_mid is None and self._extremes.low is None
        return is_new and self._knows_bars

    @property
    def _knows_bars(self) -> bool:
        return self._odd_bar is None and len(self._bars) == BARS

    def lone_bid(self, bid: Decimal, at_ns: int) -> Doubt | None:
        """Take in a best bid while nobody offers; return what is to be doubted about it.

        Only a fall counts: what there is to compare with are mids, and bids lie below them.
        """
        self._bid, low, allowed = bid, self._extremes.low, self._allowed
        if low is None or allowed is None or bid >= low * (1 - allowed):
            self._doubt = None
        elif self._doubt is None or self._doubt.kind is not DoubtKind.JUMP:
            seen = f"bid {_percent((bid - low) / low)} below the mid"
            self._doubt = Doubt(DoubtKind.JUMP, seen, _percent(allowed), Nanos(at_ns), is_down=True)
            self._untold = self._untold or self._doubt
        return self._doubt

    def passed(self, now_ns: int) -> Doubt | None:
        """Return what is to be doubted now that time has passed without a tick."""
        if self._second is None:
            return self._doubt
        self._reach(now_ns // SECOND)
        return self._judge(now_ns)

    def stand(self, until_ns: int) -> None:
        """Judge a price that has jumped in each second that is over by `until_ns`, market time, as
        somebody does who asks `passed` once a second: it may be fine again before the next tick.
        """
        second = self._second
        while second is not None and second + 1 < until_ns // SECOND and self._has_jumped:
            second += 1
            self.passed(second * SECOND)

    @property
    def _has_jumped(self) -> bool:
        return self._doubt is not None and self._doubt.kind is DoubtKind.JUMP

    def second_source(self, price: Decimal, at_ns: int) -> Doubt | None:
        """Take in a trade's price, or a bid that REST shows; return what is to be doubted now."""
        doubt = self._doubt
        if doubt is None or not doubt.is_open or at_ns < doubt.since_ns:
            return doubt
        is_shown = (
            price <= self._bid * (1 + AGREE_WITHIN)
            if doubt.is_down
            else price >= self._bid * (1 - AGREE_WITHIN)
        )
        if is_shown:
            self._doubt = evolve(doubt, is_confirmed=True)
        return self._doubt

    def broken(self) -> None:
        """Prices are missing: the next one has none before it to have come from."""
        self._second = self._closed_mid = None

    def news(self, now_ns: int) -> Doubt | None:
        """Return the first doubt that has not been told, once a minute; others are only counted."""
        is_soon = self._told_ns is not None and now_ns - self._told_ns < TELL_EVERY_NS
        if self._untold is None or is_soon:
            return None
        told, self._untold, self._told_ns = self._untold, None, now_ns
        return told

    def bars(self, bars: Iterable[Bar]) -> Doubt | None:
        """Take in closed minutes, oldest first; return what is to be doubted now that they are
        known. Those already known change nothing.
        """
        last_ns = self.newest_ns
        fresh = [each for each in bars if each.start_ns > last_ns]
        if fresh:
            self._bars.extend(fresh[:-1])
            self._odd_bar = self._is_odd(fresh[-1])  # only the newest counts
            self._bars.append(fresh[-1])
            self._volatility.minutes(each.close for each in fresh)
            self._allow()
        return self._doubt if self._second is None else self._judge(self._second * SECOND)

    @property
    def newest_ns(self) -> int:
        """The start of the newest closed minute that is known, -1 before the first."""
        return self._bars[-1].start_ns if self._bars else -1

    # What follows.

    def _reach(self, second: int) -> None:
        """Close the seconds that are over; in those without a tick the mid has stood still."""
        begun = self._second
        if begun is None:
            self._second = second
            self._extremes.forget(second)
            self._volatility.forget(second)
            self._allow()
        elif second > begun:
            first = max(begun, second - WINDOW_S - JUDGED_S)
            for over in range(first, second):
                before = self._closed_mid
                if before is not None:
                    self._volatility.second(over, before, self._mid)
                self._closed_mid = self._mid
            self._second = second
            self._extremes.forget(second)
            # The price has stood where it was until now.
            self._extremes.add(second, self._mid)
            self._allow()

    def _allow(self) -> None:
        """Let the mid move as far as is usual now; a jump does not widen its own limit."""
        if not self._has_jumped:
            self._is_limit_old = True

    @property
    def _allowed(self) -> Decimal | None:
        """How far the mid may move within a minute, as a part of it; None: nobody knows."""
        if self._is_limit_old:
            is_known, self._is_limit_old = self._volatility.is_known, False
            self._limit = self._usual(self._volatility.sigma) if is_known else None
        return self._limit

    def _usual(self, sigma: Decimal | None) -> Decimal:
        """Return how far the mid may move where sigma is that of seconds, or else of minutes."""
        sigma = self._volatility.by_minutes if sigma is None else sigma
        assert sigma is not None
        return max(self._limits.jump_sigmas * sigma * ROOT / BILLION, self._floor)

    @property
    def _is_limited(self) -> bool:
        """Tell whether it is known how far the mid may move."""
        return self._volatility.is_known if self._is_limit_old else self._limit is not None

    def _judge(self, at_ns: int) -> Doubt | None:
        known, found = self._doubt, self._found()
        if found is None:
            self._doubt = None
            if known is not None and known.kind is DoubtKind.JUMP:
                self._allow()
        elif known is None or (known.kind, known.is_down) != found:
            kind, is_down = found
            observed, limit = self._described(kind)
            self._doubt = Doubt(kind, observed, limit, Nanos(at_ns), is_down)
            if kind is not DoubtKind.HISTORY:  # that is nothing odd
                self._untold = self._untold or self._doubt
        return self._doubt

    def _found(self) -> tuple[DoubtKind, bool] | None:
        """Return the gravest doubt there is, and whether the price went down."""
        if not self._is_limited:
            return DoubtKind.HISTORY, False
        jump = self._jump()
        if jump is not None:
            return DoubtKind.JUMP, jump < 0
        if (self._ask - self._bid) * BPS > self._limits.max_spread_bps * self._mid:
            return DoubtKind.SPREAD, True
        if self._odd_bar is not None:
            return DoubtKind.BAR, False
        if len(self._bars) < BARS:
            return DoubtKind.HISTORY, False
        return None

    def _described(self, kind: DoubtKind) -> tuple[str, str]:
        """Return what was seen and the limit, with their units."""
        limits = self._limits
        if kind is DoubtKind.JUMP and (allowed := self._allowed) is not None:
            moved = _percent(self._jump() or ZERO)
            return f"mid moved {moved} in {JUDGED_S} s", _percent(allowed)
        if kind is DoubtKind.SPREAD:
            spread = ((self._ask - self._bid) / self._mid * BPS).quantize(_CENT)
            return f"{plain(spread)} bps", f"{plain(limits.max_spread_bps)} bps"
        if kind is DoubtKind.BAR and self._odd_bar is not None:
            return self._odd_bar
        seconds, minutes = self._volatility.known
        seen = f"{seconds} returns of 1 s, {minutes} of 1 min, {len(self._bars)} closed bars"
        return seen, f"{LEAST_SECONDS} or {LEAST_MINUTES}, and {BARS}"

    def _jump(self) -> Decimal | None:
        """Return by which part the mid is too far from where it was within the minute."""
        if self._extremes.moved(self._mid, self._floor) is None:
            return None  # whatever is usual
        allowed = self._allowed
        return None if allowed is None else self._extremes.moved(self._mid, allowed)

    def _is_odd(self, bar: Bar) -> tuple[str, str] | None:
        """Return what was seen and the limit if `bar` is an outlier after the 20 before it."""
        if len(self._bars) < BARS:
            return None
        limits = self._limits
        mean = sum((each.close for each in self._bars), ZERO) / BARS
        off_pct = abs(bar.close - mean) / mean * _HUNDRED
        volume = sum((each.volume for each in self._bars), ZERO) / BARS
        if off_pct <= limits.bar_pct or bar.volume >= volume * limits.bar_volume_ratio:
            return None
        off, most = plain(off_pct.quantize(_CENT)), plain(limits.bar_pct)
        share = plain(limits.bar_volume_ratio)
        traded = f"{plain(bar.volume)} traded after {plain(volume.quantize(_CENT))} a bar"
        return f"close {off} % off its mean, {traded}", f"{most} % below {share} of the volume"


def _percent(part: Decimal) -> str:
    return f"{plain((part * _HUNDRED).quantize(_CENT))} %"
