"""Columns look back only as far as they say, and give the same bits on window and history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from domain.signals.windows import (
    WIDEST,
    Ints,
    highest,
    highest_before,
    lowest,
    lowest_before,
    mean_before,
    quotient,
    sum_before,
    sum_of,
)

Column = Callable[[Ints, int], Any]
COLUMNS = arrays.arrays(np.int64, st.integers(1, 90), elements=st.integers(0, 2**49))
WIDTHS = st.integers(1, 70)
BEFORE: dict[Column, Callable[[Ints], Any]] = {
    highest_before: np.max,
    lowest_before: np.min,
    sum_before: np.sum,
    mean_before: np.mean,
}
WITH: dict[Column, Callable[[Ints], Any]] = {highest: np.max, lowest: np.min, sum_of: np.sum}


@pytest.mark.req("S1")
@pytest.mark.parametrize("column", BEFORE, ids=lambda each: each.__name__)
@given(values=COLUMNS, width=WIDTHS)
def test_a_row_sees_the_rows_before_it_and_not_itself(
    column: Column, values: Ints, width: int
) -> None:
    found = column(values, width)

    for row in range(width, len(values)):
        window = values[row - width : row]
        assert found[row] == pytest.approx(BEFORE[column](window), rel=1e-15)


@pytest.mark.req("S1")
@pytest.mark.parametrize("column", WITH, ids=lambda each: each.__name__)
@given(values=COLUMNS, width=WIDTHS)
def test_a_row_is_the_last_of_its_window(column: Column, values: Ints, width: int) -> None:
    found = column(values, width)

    for row in range(width - 1, len(values)):
        assert found[row] == WITH[column](values[row - width + 1 : row + 1])


@pytest.mark.req("S1")
@pytest.mark.parametrize("column", [*BEFORE, *WITH], ids=lambda each: each.__name__)
@given(values=COLUMNS, width=WIDTHS)
def test_window_and_history_agree_to_the_last_bit(column: Column, values: Ints, width: int) -> None:
    history = column(values, width)

    for row in range(width, len(values)):
        window = values[row - width : row + 1].copy()
        assert column(window, width)[-1].tobytes() == history[row].tobytes()


def test_sums_over_the_widest_window_are_exact() -> None:
    values = np.full(WIDEST + 2, 2**49, np.int64)

    assert sum_before(values, WIDEST)[-1] == WIDEST * 2**49


def test_with_too_few_rows_nothing_is_above_or_below() -> None:
    values = np.array([5, 6, 7])

    assert not (values > highest_before(values, 3)).any()
    assert not (values < lowest_before(values, 3)).any()
    assert np.isnan(mean_before(values, 3)).all()
    assert not sum_before(values, 3).any()


@given(COLUMNS)
def test_a_quotient_is_the_same_whether_other_rows_can_be_divided_or_not(bottoms: Ints) -> None:
    tops = np.arange(len(bottoms)) * 100.0
    whole = quotient(tops, bottoms)

    for row, bottom in enumerate(bottoms.tolist()):
        alone = quotient(tops[row : row + 1], bottoms[row : row + 1])
        assert alone[0] == whole[row] == (tops[row] / bottom if bottom else 0.0)
