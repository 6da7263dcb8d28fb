"""Signals of movement: how far a price went, on how much volume, how steadily."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from domain.model.bars import Bars
from domain.signals.signal import move
from domain.signals.windows import Floats, known_from, quotient, shifted, sum_of

NOTHING = 0.0


@frozen(kw_only=True)
class PriceMove:
    """The move over `rows` bars in percent, where it is at least `min_pct` either way."""

    rows: int
    min_pct: float

    @property
    def lookback(self) -> int:
        """Return the bars between which it measures."""
        return self.rows + 1

    def column(self, bars: Bars) -> Floats:
        """Return the signed move in percent."""
        moved = move(bars.close, self.rows)
        return np.where(np.abs(moved) >= self.min_pct, moved, NOTHING)


@frozen(kw_only=True)
class VolumeSpike:
    """Volume of the last `rows` bars over the usual one, where it is at least `min_ratio`.

    The usual volume is the mean of as many bars, over the `usual_rows` before. Its sign is that of
    the move meanwhile: much volume at one price says nothing.
    """

    rows: int
    usual_rows: int
    min_ratio: float

    @property
    def lookback(self) -> int:
        """Return the recent bars, the usual ones, and one to measure the move from."""
        return self.rows + max(self.usual_rows, 1)

    def column(self, bars: Bars) -> Floats:
        """Return the signed ratio."""
        recent = sum_of(bars.volume, self.rows)
        usual = shifted(sum_of(bars.volume, self.usual_rows), self.rows)
        ratio = quotient(recent * (self.usual_rows / self.rows), usual)
        moved = bars.close - shifted(bars.close, self.rows)
        is_known = np.arange(len(bars)) >= self.lookback - 1
        return np.where((ratio >= self.min_ratio) & is_known, ratio * np.sign(moved), NOTHING)


@frozen(kw_only=True)
class SteadyMove:
    """The move over `rows` bars in percent, where enough of its parts went the same way.

    The way is cut into `parts`, of which a share of at least `min_agreeing` has the sign of all.
    """

    rows: int
    parts: int
    min_pct: float
    min_agreeing: float

    @property
    def lookback(self) -> int:
        """Return the bars between which it measures."""
        return self.rows + 1

    def column(self, bars: Bars) -> Floats:
        """Return the signed move in percent."""
        moved = move(bars.close, self.rows)
        is_enough = self.agreeing(bars) >= self.min_agreeing
        return np.where((np.abs(moved) >= self.min_pct) & is_enough, moved, NOTHING)

    def agreeing(self, bars: Bars) -> Floats:
        """Return which share of the parts went the way of the whole."""
        length = self.rows // self.parts
        step = np.sign(bars.close - shifted(bars.close, length))
        way = np.sign(bars.close - shifted(bars.close, self.rows))
        same = sum((shifted(step, part * length) == way) & (way != 0) for part in range(self.parts))
        return np.asarray(same) / self.parts


@frozen(kw_only=True)
class RelativeStrength:
    """The relative strength index of `rows` moves, less 50: all up is 50, all down is -50.

    Ups and downs are plain sums (Cutler's index), so that no bar before the window counts.
    """

    rows: int

    @property
    def lookback(self) -> int:
        """Return the bars between which the moves are."""
        return self.rows + 1

    def column(self, bars: Bars) -> Floats:
        """Return who was stronger: buyers (> 0) or sellers (< 0); 0 where no price moved."""
        net = bars.close - shifted(bars.close, self.rows)
        way = sum_of(np.abs(np.diff(bars.close, prepend=bars.close[:1])), self.rows)
        is_known = known_from(len(bars), self.lookback)
        return quotient(np.where(is_known, net * 50.0, NOTHING), way)
