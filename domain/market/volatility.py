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
from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise

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

    def __init__(self, values: Iterable[int] = ()) -> None:
        self.count = self.total = self.squares = 0
        for value in values:
            self.add(value)

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
        # At most WINDOW_S + JUDGED_S returns of seconds, MOST_MINUTES + 1 closes.
        self._recent: deque[tuple[int, int]] = deque()
        self._older: deque[tuple[int, int]] = deque()
        self._of_recent, self._of_older = Moments(), Moments()
        self._closes: deque[Decimal] = deque(maxlen=MOST_MINUTES + 1)
        self._of_minutes: Decimal | None = None

    def second(self, second: int, before: Decimal, mid: Decimal) -> None:
        """Take in the return of `second`: the mid at its end after that of the second before."""
        value = int((mid - before) * BILLION / before)
        self._recent.append((second, value))
        self._of_recent.add(value)
        self.forget(second)

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
        self._closes.extend(closes)
        pairs = pairwise(self._closes)
        moments = Moments(int((after - before) * BILLION / before) for before, after in pairs)
        is_enough = moments.count >= LEAST_MINUTES
        self._of_minutes = moments.deviation / ROOT if is_enough else None

    @property
    def known(self) -> tuple[int, int]:
        """Return how many returns of seconds and of minutes are known."""
        return len(self._recent) + len(self._older), max(0, len(self._closes) - 1)

    @property
    def sigma(self) -> Decimal | None:
        """Return sigma of a second as parts of a billion, None where too little is known."""
        if self._of_older.count >= LEAST_SECONDS:
            return self._of_older.deviation
        if self._of_older.count + self._of_recent.count >= LEAST_SECONDS:
            both = Moments()
            for part in (self._of_older, self._of_recent):
                both.count += part.count
                both.total += part.total
                both.squares += part.squares
            return both.deviation
        return self._of_minutes
