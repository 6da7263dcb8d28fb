"""Paths of prices for properties that every signal and every strategy has to have."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from domain.model.bars import Bars, Timeframe
from tests.builders.bars import bars_of
from tests.builders.messages import BTC

BASE = 1_000_000
"""Ticks around which paths move."""


def a_path(
    rows: int, seed: int, *, timeframe: Timeframe = Timeframe.MINUTE, product: str = BTC
) -> Bars:
    """Return bars of a wandering price with jumps, falls, standstills and odd volumes."""
    draw = np.random.default_rng(seed)
    steps = draw.integers(-1_000, 1_001, rows)
    steps[draw.random(rows) < 0.02] *= 60
    steps[draw.random(rows) < 0.2] = 0
    close = np.maximum(BASE + np.cumsum(steps), 1_000)
    opened = np.concatenate((close[:1], close[:-1]))
    reach = draw.integers(0, 400, (2, rows))
    high = np.maximum(opened, close) + reach[0]
    low = np.minimum(opened, close) - reach[1]
    volume = draw.integers(0, 2_000, rows) * draw.choice([0, 1, 1, 1, 9], rows)
    return bars_of([opened, high, low, close], volume, product=product, timeframe=timeframe)


def a_trend(
    rows: int, seed: int, *, timeframe: Timeframe = Timeframe.MINUTE, product: str = BTC
) -> Bars:
    """Return bars of a price that climbs, falls and climbs again, on growing volume."""
    draw = np.random.default_rng(seed)
    third = max(rows // 3, 1)
    way = np.concatenate((np.full(third, 60), np.full(third, -90), np.full(rows, 120)))[:rows]
    close = np.maximum(BASE * 5 + np.cumsum(way * 40 + draw.integers(-1_500, 1_500, rows)), 1_000)
    opened = np.concatenate((close[:1], close[:-1]))
    volume = draw.integers(900, 1_100, rows) * (1 + 3 * (draw.random(rows) < 0.1))
    high, low = np.maximum(opened, close) + 50, np.minimum(opened, close) - 50
    return bars_of([opened, high, low, close], volume, product=product, timeframe=timeframe)


def mirrored(bars: Bars, around: int = BASE) -> Bars:
    """Return the same path upside down; highs become lows."""
    turned = [2 * around - each for each in (bars.open, bars.low, bars.high, bars.close)]
    return bars_of(turned, bars.volume, product=bars.product, timeframe=bars.timeframe)


def standing(rows: int, price: int, volumes: Any, timeframe: Timeframe = Timeframe.MINUTE) -> Bars:
    """Return bars of a price that never moves."""
    return bars_of([np.full(rows, price)] * 4, volumes, timeframe=timeframe)


def scaled(bars: Bars, prices: int, volumes: int) -> Bars:
    """Return the same market counted in finer units."""
    columns = [each * prices for each in (bars.open, bars.high, bars.low, bars.close)]
    return bars_of(
        columns,
        bars.volume * volumes,
        product=bars.product,
        timeframe=bars.timeframe,
        tick=bars.tick / prices,
        step=bars.step / volumes,
    )


SEEDS = st.integers(0, 10_000)
