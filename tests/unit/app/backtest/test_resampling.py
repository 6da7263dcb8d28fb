"""The interval of a mean: repeatable, around the mean, and as wide as the textbook's."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backtest.resampling import mean_interval
from tests.builders.numbers import decimals

pytestmark = pytest.mark.req("BT2")
PROFITS = st.lists(st.decimals("-99999", "99999", places=10), min_size=2, max_size=40)


@given(PROFITS)
def test_it_lies_within_the_sample_and_the_same_sample_gives_the_same_digits(
    profits: list[Decimal],
) -> None:
    found = mean_interval(profits, seed=3)

    assert found is not None
    assert min(profits) - 1 <= found.low <= found.high <= max(profits) + 1
    assert found == mean_interval(profits, seed=3)
    assert found.mean == sum(profits, Decimal(0)) / len(profits)


def test_it_is_as_wide_as_the_textbook_says_for_many_values() -> None:
    values = np.random.default_rng(5).normal(2, 10, size=3_000)
    found = mean_interval([Decimal(f"{each:.8f}") for each in values], seed=1)

    assert found is not None
    error = values.std(ddof=1) / 3_000**0.5
    assert float(found.high - found.low) == pytest.approx(2 * 1.96 * error, rel=0.08)
    assert found.low < found.mean < found.high


def test_amounts_of_any_size_are_drawn_without_overflow() -> None:
    for scale in (Decimal("1e-12"), Decimal(1), Decimal("1e18")):
        found = mean_interval([scale * each for each in decimals(1, 3)], seed=1)
        assert found is not None
        assert (found.low, found.high) == (scale, 3 * scale)


def test_values_that_do_not_differ_have_an_interval_without_width() -> None:
    found = mean_interval(decimals(0, 0, 0), seed=1)

    assert found is not None
    assert (found.low, found.mean, found.high) == decimals(0, 0, 0)


def test_one_value_says_nothing_of_its_spread() -> None:
    assert mean_interval((), seed=1) is mean_interval(decimals(5), seed=1) is None
