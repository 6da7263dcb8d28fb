"""Signals of levels: a price beyond its old extremes, or coming back from one."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from domain.model.bars import Bars
from domain.signals.signal import percent
from domain.signals.windows import (
    Floats,
    highest,
    highest_before,
    known_from,
    lowest,
    lowest_before,
)

NOTHING = 0.0


@frozen(kw_only=True)
class Break:
    """How far a close lies beyond the extremes of the `rows` bars before it, in percent.

    The bar itself does not count among them: a price that stands still breaks nothing.
    """

    rows: int

    @property
    def lookback(self) -> int:
        """Return the bars of the extremes and the one that breaks out."""
        return self.rows + 1

    def column(self, bars: Bars) -> Floats:
        """Return percent above the old high (> 0) or below the old low (< 0)."""
        high = highest_before(bars.high, self.rows)
        low = lowest_before(bars.low, self.rows)
        result = np.zeros(len(bars))
        for level, is_beyond in ((high, bars.close > high), (low, bars.close < low)):
            (rows,) = is_beyond.nonzero()  # few bars are
            result[rows] = percent(bars.close[rows], level[rows])
        return result


@frozen(kw_only=True)
class Reversal:
    """How far a close has come back from the extreme of the last `rows` bars, in percent.

    It counts where the way back is `min_pct` to `near_pct`, at least `min_fall_pct` were gone
    before, and the extreme is not of the newest `settled_rows` bars.
    """

    rows: int
    min_pct: float
    near_pct: float
    min_fall_pct: float
    settled_rows: int

    @property
    def lookback(self) -> int:
        """Return the bars among which the extremes are looked for."""
        return self.rows

    def column(self, bars: Bars) -> Floats:
        """Return the way up from the low (> 0) or down from the high (< 0), in percent."""
        high, low = highest(bars.high, self.rows), lowest(bars.low, self.rows)
        is_known = known_from(len(bars), self.rows)
        high, low = np.where(is_known, high, bars.close), np.where(is_known, low, bars.close)
        up, down = percent(bars.close, low), percent(bars.close, high)
        is_fallen = percent(high, low) >= self.min_fall_pct
        settled_low = lowest(bars.low, self.settled_rows) > low
        settled_high = highest(bars.high, self.settled_rows) < high
        is_up = is_fallen & settled_low & (up >= self.min_pct) & (up <= self.near_pct)
        is_down = is_fallen & settled_high & (-down >= self.min_pct) & (-down <= self.near_pct)
        return np.where(is_up & ~is_down, up, np.where(is_down & ~is_up, down, NOTHING))
