"""What is said of recorded candles: gaps and bars that stand alone."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from adapters.simulator.importing.quality import Quality, quality_of
from domain.model.instants import MINUTE
from domain.model.product import ProductId


def said(minutes: list[int], closes: list[float], high: dict[int, float]) -> Quality:
    starts = np.array(minutes, dtype=np.int64) * MINUTE
    prices = np.array(closes)
    highs = prices.copy()
    for row, value in high.items():
        highs[row] = value
    return quality_of(
        ProductId("BTC-USD"), starts, (prices, highs, prices, prices), Decimal("0.01")
    )


def test_gaps_are_counted_and_the_longest_is_named() -> None:
    found = said([1, 2, 5, 6, 10], [9.0] * 5, {})

    assert (found.missing, found.gaps) == (5, 2)
    assert (found.longest_minutes, found.longest_at_ns) == (3, 7 * MINUTE)


def test_a_move_that_is_taken_back_is_an_outlier_and_one_that_stays_is_none() -> None:
    assert said([1, 2, 3, 4], [10.0, 12.0, 10.1, 10.0], {}).outliers_at == (2 * MINUTE,)
    assert said([1, 2, 3, 4], [10.0, 12.0, 12.1, 12.0], {}).outliers == 0


def test_a_high_far_above_its_own_bar_is_an_outlier() -> None:
    assert said([1], [10.0], {0: 12.0}).outliers_at == (MINUTE,)
    assert said([1], [10.0], {}).outliers == 0
