"""Every signal and filter on a month of minutes, beside the same numpy operations alone.

The floor of each gives the same values without windows that may be too short, prices of 0 and a
declared look-back. Aim: at most twice the floor, in CPU time of the one thread.
Usage: python benchmarks/signals.py [--rounds N] [--days N]
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from benchmarks.parts import NOW, computed, parsed
from domain.model.bars import Bars, Timeframe
from domain.model.instants import DAY, MINUTE
from domain.model.product import ProductId
from domain.signals.filters import Lively, OutlierGuard
from domain.signals.levels import Break, Reversal
from domain.signals.moves import PriceMove, RelativeStrength, SteadyMove, VolumeSpike
from domain.signals.reversion import FarFromMean, FromVwap
from domain.signals.windows import Floats, Ints

HOUR_ROWS, DAY_ROWS = 60, 1440
AIM = 2.0
SEED = 7
Column = Callable[[Bars], Any]


def random_bars(rows: int) -> Bars:
    """Return a walk around 100.00 with some volume in every minute."""
    draw = np.random.default_rng(SEED)
    close = 10_000 + np.cumsum(draw.integers(-8, 9, rows))
    close = np.maximum(close, 1_000)
    opened = np.concatenate((close[:1], close[:-1]))
    spread = draw.integers(0, 6, rows)
    return Bars(
        ProductId("BTC-USD"),
        Timeframe.MINUTE,
        Decimal("0.01"),
        Decimal("0.0001"),
        NOW - MINUTE * np.arange(rows, 0, -1),
        opened,
        np.maximum(opened, close) + spread,
        np.minimum(opened, close) - spread,
        close,
        draw.integers(1, 10_000, rows),
    )


def sums(values: Ints, rows: int) -> Ints:
    """Return the sum of each window of `rows`."""
    run = np.concatenate((np.zeros(1, np.int64), np.cumsum(values)))
    return run[rows:] - run[:-rows]


def extremes(values: Ints, rows: int, pick: np.ufunc) -> Ints:
    """Return the extreme of each window of `rows`; as many values as make whole blocks."""
    table = values.reshape(-1, rows)
    ahead = pick.accumulate(table, axis=1).reshape(-1)
    behind = pick.accumulate(table[:, ::-1], axis=1)[:, ::-1].reshape(-1)
    found: Ints = pick(behind[: len(values) - rows + 1], ahead[rows - 1 :])
    return found


def moved(close: Ints, rows: int) -> Floats:
    """Return the move over `rows` in percent."""
    return (close[rows:] - close[:-rows]) * 100.0 / close[:-rows]


def price_move(bars: Bars) -> Floats:
    """Return what `PriceMove` of an hour does."""
    found = moved(bars.close, HOUR_ROWS)
    return np.where(np.abs(found) >= 0.5, found, 0.0)


def volume_spike(bars: Bars) -> Floats:
    """Return what `VolumeSpike` of five minutes and an hour does."""
    recent, usual = sums(bars.volume, 5)[HOUR_ROWS:], sums(bars.volume, HOUR_ROWS)[:-5]
    ratio = recent * (HOUR_ROWS / 5) / usual
    way = np.sign(bars.close[5:] - bars.close[:-5])[HOUR_ROWS - 1 :]
    return np.where(ratio >= 1.5, ratio * way, 0.0)


def steady_move(bars: Bars) -> Floats:
    """Return what `SteadyMove` of a day in twelve parts does."""
    found, part = moved(bars.close, DAY_ROWS), DAY_ROWS // 12
    step, way = np.sign(bars.close[part:] - bars.close[:-part]), np.sign(found)
    same = np.zeros(len(way))
    for number in range(12):
        begin = DAY_ROWS - part * (number + 1)
        same += (step[begin : begin + len(way)] == way) & (way != 0)
    return np.where((np.abs(found) >= 0.5) & (same / 12 >= 0.6), found, 0.0)


def broken(bars: Bars) -> Floats:
    """Return what `Break` of a day does."""
    high = extremes(bars.high, DAY_ROWS, np.maximum)[:-1]
    low = extremes(bars.low, DAY_ROWS, np.minimum)[:-1]
    close = bars.close[DAY_ROWS:]
    above = np.where(close > high, (close - high) * 100.0 / high, 0.0)
    return np.where(close < low, (close - low) * 100.0 / low, above)


def reversal(bars: Bars) -> Floats:
    """Return what `Reversal` of an hour does."""
    high = extremes(bars.high, HOUR_ROWS, np.maximum)
    low = extremes(bars.low, HOUR_ROWS, np.minimum)
    near_low = extremes(bars.low, 5, np.minimum)[HOUR_ROWS - 5 :]
    near_high = extremes(bars.high, 5, np.maximum)[HOUR_ROWS - 5 :]
    close = bars.close[HOUR_ROWS - 1 :]
    up, down = (close - low) * 100.0 / low, (close - high) * 100.0 / high
    fallen = (high - low) * 100.0 / low >= 1.0
    is_up = fallen & (near_low > low) & (up >= 0.2) & (up <= 0.8)
    is_down = fallen & (near_high < high) & (-down >= 0.2) & (-down <= 0.8)
    return np.where(is_up & ~is_down, up, np.where(is_down & ~is_up, down, 0.0))


def far_from_mean(bars: Bars) -> Floats:
    """Return what `FarFromMean` of a day does."""
    close, rows = bars.close, DAY_ROWS
    own, total, squares = close[rows - 1 :], sums(close, rows), sums(close * close, rows)
    shift = (total - rows * own).astype(np.float64)
    spread = squares - 2 * own * total + rows * own * own
    variance = rows * spread.astype(np.float64) - shift * shift
    below = shift / np.sqrt(variance)
    return np.where(np.abs(below) >= 1.5, below, 0.0)


def from_vwap(bars: Bars) -> Floats:
    """Return what `FromVwap` of an hour does."""
    own, volume = bars.close[HOUR_ROWS - 1 :], sums(bars.volume, HOUR_ROWS)
    away = (sums(bars.close * bars.volume, HOUR_ROWS) - own * volume) / volume
    found: Floats = away * -100.0 / (own + away)
    return found


def relative_strength(bars: Bars) -> Floats:
    """Return what `RelativeStrength` of 14 moves does."""
    way = sums(np.abs(np.diff(bars.close)), 14)
    found: Floats = (bars.close[14:] - bars.close[:-14]) * 50.0 / way
    return found


def lively(bars: Bars) -> Any:
    """Return what `Lively` of 14 ranges and an hour does."""
    before = bars.close[:-1]
    ranges = np.maximum(bars.high[1:], before) - np.minimum(bars.low[1:], before)
    averages = sums(ranges, 14)
    windows = np.lib.stride_tricks.sliding_window_view(averages, HOUR_ROWS)
    now = averages[HOUR_ROWS - 1 :]
    return (now > 0) & (now >= 1.05 * np.median(windows, axis=1))


def guarded(bars: Bars) -> Any:
    """Return what `OutlierGuard` does."""
    total, usual = sums(bars.close, 20)[:-1].astype(np.float64), sums(bars.volume, 20)[:-1]
    far = np.abs(20 * bars.close[20:] - total) * 100.0 > 10.0 * total
    volume = bars.volume[20:]
    return ~far | ((volume > 0) & (volume * 20.0 >= 0.1 * usual))


STEADY = SteadyMove(rows=DAY_ROWS, parts=12, min_pct=0.5, min_agreeing=0.6)
COMES_BACK = Reversal(rows=HOUR_ROWS, min_pct=0.2, near_pct=0.8, min_fall_pct=1.0, settled_rows=5)
PAIRS: dict[str, tuple[Column, Column]] = {
    "PriceMove, 60 rows": (PriceMove(rows=HOUR_ROWS, min_pct=0.5).column, price_move),
    "VolumeSpike, 5 and 60 rows": (
        VolumeSpike(rows=5, usual_rows=HOUR_ROWS, min_ratio=1.5).column,
        volume_spike,
    ),
    "SteadyMove, 1440 rows": (STEADY.column, steady_move),
    "Break, 1440 rows": (Break(rows=DAY_ROWS).column, broken),
    "Reversal, 60 rows": (COMES_BACK.column, reversal),
    "FarFromMean, 1440 rows": (FarFromMean(rows=DAY_ROWS, min_z=1.5).column, far_from_mean),
    "FromVwap, 60 rows": (FromVwap(rows=HOUR_ROWS).column, from_vwap),
    "RelativeStrength, 14 rows": (RelativeStrength(rows=14).column, relative_strength),
    "Lively, 14 and 60 rows": (Lively(rows=14, usual_rows=HOUR_ROWS, min_ratio=1.05).mask, lively),
    "OutlierGuard, 20 rows": (OutlierGuard().mask, guarded),
}
"""Each signal of `domain/signals`, and its floor."""


def row(name: str, bars: Bars, rounds: int) -> str:
    """Measure a signal and its floor in turns; return the line of the table."""
    signal, floor = PAIRS[name]
    plain = floor(bars)
    assert np.array_equal(signal(bars)[-len(plain) :], plain), f"{name}: not the floor's values"
    turns = range(rounds)
    samples = [(computed(partial(signal, bars)), computed(partial(floor, bars))) for _ in turns]
    ours, least = (statistics.median(each) for each in zip(*samples, strict=True))
    each = ours * 1_000 / len(bars)
    return f"{name:34}{ours:11.1f}{each:11.1f}{least:11.1f}{ours / least:9.2f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--days", type=int, default=30)
    options = parsed(parser, rounds=2, days=2)
    bars = random_bars(options.days * DAY // MINUTE)
    print(f"\nsignals on {len(bars)} rows (aim <= {AIM} x floor)")
    print(f"{'':34}{'p50 us':>11}{'ns a bar':>11}{'floor us':>11}{'x floor':>9}")
    for name in PAIRS:
        print(row(name, bars, options.rounds), flush=True)


if __name__ == "__main__":
    main()
