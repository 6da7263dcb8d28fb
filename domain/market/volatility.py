"""How far the mid of a product usually moves in a second, by decision 24.

sigma is the standard deviation of the 1 s returns of the mid over the 10 minutes of market time
before the minute that is judged, so that a jump does not excuse itself. While there are fewer than
120 of them those of that minute count too; while there are still fewer, sigma is the standard
deviation of at least 60 returns of 1 min closes over the root of 60; else nothing is known.

Returns are whole parts of a billion, whose sums are exact: adding and forgetting one is all there
is to do in a second, however long the window is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal

from attrs import frozen

BILLION = 10**9
WINDOW_S = 600
JUDGED_S = 60
ROOT = Decimal(JUDGED_S).sqrt()
"""From a second to a minute: moves grow with the root of time."""
LEAST_SECONDS, LEAST_MINUTES, MOST_MINUTES = 120, 60, 120
"""Fewest 1 s returns, fewest and most 1 min returns."""


class Moments:
    """Sum and sum of squares of whole numbers that come and go."""

    __slots__ = ("count", "squares", "total")

    def __init__(self, values: Collection[int] = ()) -> None:
        self.count, self.total = len(values), sum(values)
        self.squares = sum(value * value for value in values)

    def add(self, value: int, times: int = 1) -> None:
        """Count `value` so many times more; a negative number forgets it."""
        self.count += times
        self.total += times * value
        self.squares += times * value * value

    @property
    def deviation(self) -> Decimal:
        """Return the standard deviation of at least two values."""
        spread = self.count * self.squares - self.total * self.total
        return (Decimal(spread) / (self.count * (self.count - 1))).sqrt()


class Volatility:
    """The sigma of one product; seconds are whole seconds of market time."""

    def __init__(self) -> None:
        # At most WINDOW_S + JUDGED_S returns of seconds, MOST_MINUTES of minutes.
        self._recent: deque[tuple[int, int]] = deque()
        self._older: deque[tuple[int, int]] = deque()
        self._of_recent, self._of_older = Moments(), Moments()
        self._minutes: deque[int] = deque()
        self._of_minutes = Moments()
        self._close: Decimal | None = None
        # Worked out when somebody asks.
        self._by_minutes: Decimal | None = None

    def second(self, second: int, before: Decimal, mid: Decimal) -> None:
        """Take in the return of `second`: the mid at its end after that of the second before."""
        value = _return(before, mid)
        self._recent.append((second, value))
        self._of_recent.add(value)
        self.forget(second)

    def begin(self, past: SecondsInARow) -> None:
        """Take in seconds before any other."""
        older, recent = past.older, past.recent
        self._older.extend(enumerate(past.returns[older], past.first + older.start))
        self._recent.extend(enumerate(past.returns[recent], past.first + recent.start))
        self._of_older, self._of_recent = (
            Moments(past.returns[older]),
            Moments(past.returns[recent]),
        )

    def forget(self, second: int) -> None:
        """Leave out what is too old at the end of `second`."""
        recent, older = self._recent, self._older
        while recent and recent[0][0] <= second - JUDGED_S:
            aged = recent.popleft()
            self._of_recent.add(aged[1], -1)
            older.append(aged)
            self._of_older.add(aged[1])
        while older and older[0][0] <= second - JUDGED_S - WINDOW_S:
            self._of_older.add(older.popleft()[1], -1)

    def minutes(self, closes: Iterable[Decimal]) -> None:
        """Take in the closes of minutes, oldest first; of old ones nothing is kept."""
        for close in closes:
            if self._close is not None:
                value = _return(self._close, close)
                self._minutes.append(value)
                self._of_minutes.add(value)
                if len(self._minutes) > MOST_MINUTES:
                    self._of_minutes.add(self._minutes.popleft(), -1)
            self._close = close
        self._by_minutes = None

    @property
    def knows_minutes(self) -> bool:
        """Tell whether the minutes alone are enough to know sigma."""
        return self._of_minutes.count >= LEAST_MINUTES

    @property
    def is_known(self) -> bool:
        """Tell whether sigma is known."""
        seconds = self._of_older.count + self._of_recent.count
        return self.knows_minutes or seconds >= LEAST_SECONDS

    @property
    def known(self) -> tuple[int, int]:
        """Return how many returns of seconds and of minutes are known."""
        return len(self._recent) + len(self._older), len(self._minutes)

    @property
    def by_minutes(self) -> Decimal | None:
        """Return sigma of a second by the minutes alone, None where they are too few."""
        if self._by_minutes is None and self.knows_minutes:
            self._by_minutes = self._of_minutes.deviation / ROOT
        return self._by_minutes

    @property
    def sigma(self) -> Decimal | None:
        """Return sigma of a second as parts of a billion, None where too little is known."""
        found = _of_seconds(self._of_older, self._of_recent)
        return self.by_minutes if found is None else found


@frozen
class SecondsInARow:
    """Returns of seconds without a break, oldest first; `first` is the second of the first."""

    first: int
    returns: Sequence[int]

    @property
    def older(self) -> slice:
        """Return which returns lie before the minute that is judged, in the window."""
        end = max(0, len(self.returns) - JUDGED_S)
        return slice(max(0, end - WINDOW_S), end)

    @property
    def recent(self) -> slice:
        """Return which returns lie in the minute that is judged."""
        return slice(self.older.stop, len(self.returns))


def _of_seconds(older: Moments, recent: Moments) -> Decimal | None:
    if older.count >= LEAST_SECONDS:
        return older.deviation
    if older.count + recent.count < LEAST_SECONDS:
        return None
    both = Moments()
    for part in (older, recent):
        both.count += part.count
        both.total += part.total
        both.squares += part.squares
    return both.deviation


def _return(before: Decimal, after: Decimal) -> int:
    return 0 if after == before else int((after - before) * BILLION / before)
