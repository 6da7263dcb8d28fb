"""How far the mean of a sample may lie from the truth, by drawing the sample again and again."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from attrs import frozen

from domain.model.money import ZERO

DRAWS = 2_000
LEAST = 2
"""A sample of one says nothing about its spread."""
_DIGITS = 17
"""Of the largest possible sum, as a whole number: it fits into 64 bits."""
_CELLS = 2_000_000
"""Draws that are held in memory at a time."""


@frozen(kw_only=True)
class MeanInterval:
    """The mean of a sample; 95 % of the means of draws from it lie from `low` to `high`."""

    mean: Decimal
    low: Decimal
    high: Decimal


def mean_interval(values: Sequence[Decimal], seed: int) -> MeanInterval | None:
    """Return the mean of `values` with its bootstrap interval (percentiles); None below two values.

    Values are drawn as whole numbers, so that equal values and seed give the same digits anywhere.
    """
    count = len(values)
    if count < LEAST:
        return None
    largest = max(abs(value) for value in values) * count
    places = _DIGITS - 1 - largest.adjusted() if largest else 0
    whole = np.array([int(value.scaleb(places)) for value in values], np.int64)
    draw = np.random.default_rng(seed)
    rows = max(1, _CELLS // count)
    sums: list[int] = []
    while len(sums) < DRAWS:
        size = min(rows, DRAWS - len(sums)), count
        sums += whole[draw.integers(0, count, size=size)].sum(axis=1).tolist()
    sums.sort()
    cut = DRAWS // 40
    low, high = (Decimal(total).scaleb(-places) / count for total in (sums[cut], sums[-1 - cut]))
    return MeanInterval(mean=sum(values, ZERO) / count, low=low, high=high)
