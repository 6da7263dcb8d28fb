"""Columns look back only as far as they say, and give the same bits on window and history."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from domain.signals.windows import Floats, highest_before, mean_before

COLUMNS = arrays.arrays(
    np.float64, st.integers(2, 90), elements=st.floats(1e-8, 1e8, allow_subnormal=False)
)
FUNCTIONS = pytest.mark.parametrize("column", [highest_before, mean_before])


@pytest.mark.req("S1")
def test_a_row_does_not_count_itself() -> None:
    values = np.array([1.0, 3.0, 2.0, 9.0, 4.0])

    assert highest_before(values, 2)[2:].tolist() == [3.0, 3.0, 9.0]
    assert mean_before(values, 2)[2:].tolist() == [2.0, 2.5, 5.5]


@FUNCTIONS
def test_too_few_rows_give_no_number(column: object) -> None:
    assert callable(column)
    values = np.array([1.0, 2.0, 3.0])

    assert np.isnan(column(values, 3)).all()
    assert np.isnan(column(values, 0)).all()
    assert np.isnan(column(values[:0], 1)).all()
    assert np.isnan(column(values, 2)).tolist() == [True, True, False]


@pytest.mark.req("S1")
@FUNCTIONS
@given(values=COLUMNS, width=st.integers(1, 70))
def test_window_and_history_agree_to_the_last_bit(
    column: object, values: Floats, width: int
) -> None:
    assert callable(column)
    history = column(values, width)

    for row in range(width, len(values)):
        window = values[row - width : row + 1].copy()
        assert column(window, width)[-1].tobytes() == history[row].tobytes()


@pytest.mark.req("S1")
@FUNCTIONS
@given(values=COLUMNS, width=st.integers(1, 70))
def test_the_future_changes_nothing(column: object, values: Floats, width: int) -> None:
    assert callable(column)
    half = len(values) // 2

    whole, early = column(values, width)[:half], column(values[:half], width)

    assert whole.tobytes() == early.tobytes()


@given(values=COLUMNS, width=st.integers(1, 70))
def test_the_mean_lies_between_the_extremes(values: Floats, width: int) -> None:
    means, tops = mean_before(values, width), highest_before(values, width)
    known = ~np.isnan(means)

    assert (means[known] <= tops[known] * (1 + 1e-12)).all()
