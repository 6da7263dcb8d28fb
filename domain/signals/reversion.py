"""How far a price is from its usual one, measured by how much it usually moves."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from domain.model.bars import Bars
from domain.signals.windows import Bools, Floats, Ints, highest, known_from, lowest, sum_of

NOTHING = 0.0
WIDEST_SQUARE = 2.0**62


def deviation(values: Ints, rows: int) -> Floats:
    """Return how many deviations each value lies above the mean of `rows`, itself the last.

    Look-back: `rows`. 0 while there are fewer, where all are the same, and where the differences
    are so large that their squares would not fit into 64 bits.
    """
    # Differences to the row's own value keep the sums small; modulo 2**64 they are exact.
    total, squares = sum_of(values, rows), sum_of(values * values, rows)
    from_own = total - rows * values
    spread = squares - 2 * values * total + rows * values * values
    fits = known_from(len(values), rows) & _fits(values, rows)
    shift = from_own.astype(np.float64)
    variance = np.where(fits, rows * spread.astype(np.float64) - shift * shift, NOTHING)
    result = np.zeros(len(values))
    np.divide(-shift, np.sqrt(np.maximum(variance, NOTHING)), out=result, where=variance > 0)
    return result


def _fits(values: Ints, rows: int) -> Bools | bool:
    """Return where the squares of the differences within `rows` fit into 64 bits."""
    whole = int(values.max()) - int(values.min()) if len(values) else 0
    if float(whole) * whole * rows < WIDEST_SQUARE:
        return True  # no window is wider than the column: its extremes need not be looked for
    farthest = np.maximum(highest(values, rows) - values, values - lowest(values, rows))
    near: Bools = farthest * float(1) * farthest * rows < WIDEST_SQUARE
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
