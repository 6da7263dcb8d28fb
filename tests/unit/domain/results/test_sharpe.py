"""A Sharpe ratio is discounted by how many were tried, as its authors' example has it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.results.sharpe import (
    HOURS_OF_A_YEAR,
    ReturnMoments,
    best_by_chance,
    deflated_sharpe,
    moments,
)

pytestmark = pytest.mark.req("BT2")
DAYS = 250
EXAMPLE = ReturnMoments(count=5 * DAYS, sharpe=2.5 / math.sqrt(DAYS), skew=-3.0, kurtosis=10.0)
"""The strategy of the paper: five years of days, 2.5 a year; 100 trials with a variance of 1/2."""
VARIANCE = 0.5 / DAYS
RETURNS = st.lists(st.floats(-0.2, 0.2), min_size=2, max_size=60)


def test_the_example_of_the_paper() -> None:
    assert best_by_chance(100, VARIANCE) == pytest.approx(0.1132, abs=5e-5)
    assert deflated_sharpe(EXAMPLE, 100, VARIANCE) == pytest.approx(0.9004, abs=5e-5)


def test_fewer_trials_as_in_the_paper_make_it_credible() -> None:
    found = deflated_sharpe(EXAMPLE, 46, VARIANCE)

    assert found == pytest.approx(0.9505, abs=5e-5)


def test_moments_by_hand() -> None:
    """1, 2, 3, 6 %: mean 3, deviations -2 -1 0 3, squares 14, cubes 18, fourth powers 98."""
    found = moments([0.01, 0.02, 0.03, 0.06])

    assert found is not None
    assert found.count == 4
    assert found.sharpe == pytest.approx(3 / math.sqrt(14 / 3))
    assert found.skew == pytest.approx((18 / 4) / (14 / 4) ** 1.5)
    assert found.kurtosis == pytest.approx((98 / 4) / (14 / 4) ** 2)
    assert found.yearly == pytest.approx(found.sharpe * math.sqrt(HOURS_OF_A_YEAR))


def test_one_trial_by_hand() -> None:
    """Nothing to discount: (0.1 - 0) * 10 / 1 standard deviations above 0."""
    found = ReturnMoments(count=101, sharpe=0.1, skew=0.0, kurtosis=1.0)

    assert best_by_chance(1, 9.0) == 0.0
    assert deflated_sharpe(found, 1, 9.0) == pytest.approx(0.8413447460685429)


@pytest.mark.parametrize("returns", [[], [0.1], [0.0, 0.0, 0.0], [0.1] * 7, [0.0, 1e-140]])
def test_returns_that_are_all_the_same_have_no_ratio(returns: list[float]) -> None:
    assert moments(returns) is None


@given(returns=RETURNS)
def test_skew_and_kurtosis_bound_each_other(returns: list[float]) -> None:
    found = moments(returns)

    if found is not None and math.isfinite(found.kurtosis) and found.kurtosis < 1e6:
        assert found.kurtosis >= found.skew**2 + 1 - 1e-6


@given(few=st.integers(2, 500), more=st.integers(1, 500), variance=st.floats(1e-6, 1.0))
def test_more_trials_never_make_a_result_more_credible(
    few: int, more: int, variance: float
) -> None:
    before = deflated_sharpe(EXAMPLE, few, variance)
    after = deflated_sharpe(EXAMPLE, few + more, variance)

    assert before is not None
    assert after is not None
    assert 0 <= after <= before <= 1


def test_moments_that_contradict_each_other_say_nothing() -> None:
    odd = ReturnMoments(count=10, sharpe=1.0, skew=5.0, kurtosis=3.0)

    assert deflated_sharpe(odd, 10, 0.1) is None
