"""What keeps a signal from being acted on: a market that stands still, an odd bar."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from domain.model.bars import Bars
from domain.signals.windows import Bools, Ints, known_from, shifted, sum_before, sum_of


def true_range(bars: Bars) -> Ints:
    """Return high less low of each bar, the gap to the close before included; in ticks.

    Look-back: 2 rows; the first row has no close before it and counts its own range.
    """
    before = shifted(bars.close, 1)
    before[:1] = bars.close[:1]
    return np.maximum(bars.high, before) - np.minimum(bars.low, before)


@frozen(kw_only=True)
class Lively:
    """Whether the average true range is at least `min_ratio` times its usual value.

    The average is of `rows` bars; its usual value is the median of the last `usual_rows` averages.
    """

    rows: int
    usual_rows: int
    min_ratio: float

    @property
    def lookback(self) -> int:
        """Return the bars of the oldest average, and one for its first range."""
        return self.rows + self.usual_rows

    def mask(self, bars: Bars) -> Bools:
        """Return where the market moves enough; a price that stands still never does."""
        result = np.zeros(len(bars), np.bool_)
        if len(bars) < self.lookback:
            return result
        averages = sum_of(true_range(bars), self.rows)[self.rows :]
        windows = np.lib.stride_tricks.sliding_window_view(averages, self.usual_rows)
        usual = np.median(windows, axis=1)
        now = averages[self.usual_rows - 1 :]
        result[self.lookback - 1 :] = (now > 0) & (now >= self.min_ratio * usual)
        return result


@frozen(kw_only=True)
class OutlierGuard:
    """Whether a close may be believed: near the mean of the `rows` before it, or traded enough.

    One more than `max_pct` percent off needs `min_volume` times the mean volume before it.
    """

    rows: int = 20
    max_pct: float = 10.0
    min_volume: float = 0.1

    @property
    def lookback(self) -> int:
        """Return the bars of the means and the one that is judged."""
        return self.rows + 1

    def mask(self, bars: Bars) -> Bools:
        """Return where the bar may be believed; never without enough bars before it."""
        total = sum_before(bars.close, self.rows).astype(np.float64)
        far = np.abs(self.rows * bars.close - total) * 100.0 > self.max_pct * total
        usual = sum_before(bars.volume, self.rows)
        is_traded = (bars.volume > 0) & (bars.volume * float(self.rows) >= self.min_volume * usual)
        return (~far | is_traded) & known_from(len(bars), self.lookback)
