"""How long things took, kept in fixed memory: each time to three digits, rounded up.

Rounding up keeps an objective honest: what is told is never less than what was, and at most 1 %
more. An objective that itself has three digits is compared exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from domain.model.instants import MICROSECOND

DIGITS = 3
LONGEST_US = 3_600_000_000
"""An hour, in microseconds; what took longer counts as this long."""
MOST_CELLS = 6_661
"""Different times that can be told apart: 0 to 999 µs, 900 in each power of ten, up to an hour."""

Cells = tuple[tuple[int, int], ...]
"""Microseconds and how often something took that long, the shortest first."""


def rounded_us(took_ns: int) -> int:
    """Return `took_ns` as microseconds of three digits, rounded up, 0 to `LONGEST_US`."""
    whole = -(-max(0, took_ns) // MICROSECOND)
    step: int = 10 ** max(0, len(str(whole)) - DIGITS)
    return min(-(-whole // step) * step, LONGEST_US)


class Histogram:
    """Counts how often something took how long. It holds at most `MOST_CELLS` numbers."""

    def __init__(self, cells: Iterable[tuple[int, int]] = ()) -> None:
        self._cells: Counter[int] = Counter()
        self.merge(cells)

    def add(self, took_ns: int) -> None:
        """Count one time, in nanoseconds; below zero counts as 0."""
        self._cells[rounded_us(took_ns)] += 1

    def merge(self, cells: Iterable[tuple[int, int]]) -> None:
        """Count what another has counted."""
        for us, count in cells:
            self._cells[us] += count

    def copy(self) -> Histogram:
        """Return one that goes on by itself."""
        return Histogram(self._cells.items())

    @property
    def cells(self) -> Cells:
        """Return what was counted, the shortest first."""
        return tuple(sorted(self._cells.items()))

    @property
    def count(self) -> int:
        """Return how many times were counted."""
        return self._cells.total()

    @property
    def sum_us(self) -> int:
        """Return all times added up, in microseconds, each as it was rounded."""
        return sum(us * count for us, count in self._cells.items())

    @property
    def longest_us(self) -> int | None:
        """Return the longest, in microseconds; None if nothing was counted."""
        return max(self._cells, default=None)

    def percentile_us(self, percent: int) -> int | None:
        """Return what `percent` (1 to 100) of the times stayed within, in microseconds.

        None if nothing was counted. It is the nearest rank: one of the times that were counted.
        """
        left = -(-self.count * percent // 100)
        for us, count in self.cells:
            left -= count
            if left <= 0:
                return us
        return None

    def within(self, limit_us: int) -> int:
        """Return how many stayed within `limit_us`; exact for limits of three digits."""
        return sum(count for us, count in self._cells.items() if us <= limit_us)
