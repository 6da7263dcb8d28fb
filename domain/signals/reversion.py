"""How far a price is from its usual one: in deviations, and in percent of what was paid."""

from __future__ import annotations

from typing import Literal

import numpy as np
from attrs import frozen

from domain.model.bars import Bars
from domain.signals.windows import (
    Bools,
    Floats,
    Ints,
    highest,
    known_from,
    lowest,
    quotient,
    sum_of,
)

NOTHING = 0.0
LARGEST = 2.0**62
"""Below this a sum and its parts fit into 64 bits."""


def deviation(values: Ints, rows: int) -> Floats:
    """Return how many deviations each value lies above the mean of `rows`, itself the last.

    Look-back: `rows`. 0 while there are fewer, where all are the same, and where the differences
    are so large that their squares would not fit into 64 bits.
    """
    result = np.zeros(len(values))
    if len(values) < rows:
        return result
    # Differences to the row's own value keep the sums small; modulo 2**64 they are exact.
    own = values[rows - 1 :]
    total, squares = (sum_of(each, rows)[rows - 1 :] for each in (values, values * values))
    shift = (total - rows * own).astype(np.float64)
    spread = squares - 2 * own * total + rows * own * own
    variance = rows * spread.astype(np.float64) - shift * shift
    fits = _fits(values, rows)
    if fits is not True:
        variance = np.where(fits[rows - 1 :], variance, NOTHING)
    result[rows - 1 :] = quotient(-shift, np.sqrt(np.maximum(variance, NOTHING)))
    return result


def _fits(values: Ints, rows: int) -> Bools | Literal[True]:
    """Return where the squares of the differences within `rows` fit into 64 bits."""
    whole = int(values.max()) - int(values.min()) if len(values) else 0
    if float(whole) * whole * rows < LARGEST:
        return True  # no window is wider than the column: its extremes need not be looked for
    farthest = np.maximum(highest(values, rows) - values, values - lowest(values, rows))
    near: Bools = farthest * float(1) * farthest * rows < LARGEST
    return near


@frozen(kw_only=True)
class FarFromMean:
    """How many standard deviations a close lies below its mean of `rows` bars, at least `min_z`."""

    rows: int
    min_z: float

    @property
    def lookback(self) -> int:
        """Return the bars of mean and deviation."""
        return self.rows

    def column(self, bars: Bars) -> Floats:
        """Return deviations below the mean (> 0: higher prices are usual) or above it (< 0)."""
        below = -deviation(bars.close, self.rows)
        return np.where(np.abs(below) >= self.min_z, below, NOTHING)


@frozen(kw_only=True)
class FromVwap:
    """How far a close lies above the volume-weighted average price of `rows` bars, in percent.

    Each bar counts with its close, the newest bar too. Nothing where nothing was traded, and where
    the differences times the volumes would not fit into 64 bits.
    """

    rows: int

    @property
    def lookback(self) -> int:
        """Return the bars of the average."""
        return self.rows

    def column(self, bars: Bars) -> Floats:
        """Return percent above the average (> 0) or below it (< 0)."""
        # Differences to the row's own close keep the sum small; modulo 2**64 it is exact.
        volume = sum_of(bars.volume, self.rows)
        from_own = sum_of(bars.close * bars.volume, self.rows) - bars.close * volume
        counts = (volume > 0) & self._fits(bars, volume)
        away = quotient(np.where(counts, from_own, NOTHING), volume)
        return quotient(away * -100.0, bars.close + away)

    def _fits(self, bars: Bars, volume: Ints) -> Bools:
        """Return where every difference times its volume, and their sum, fit into 64 bits."""
        is_known = known_from(len(bars), self.rows)
        if len(bars) and float(np.ptp(bars.close)) * float(volume.max()) < LARGEST:
            return is_known  # no window reaches farther than the column
        reach = highest(bars.close, self.rows) - lowest(bars.close, self.rows)
        near: Bools = reach * volume.astype(np.float64) < LARGEST
        return near & is_known
