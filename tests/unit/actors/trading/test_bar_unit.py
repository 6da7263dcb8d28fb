"""What a column counts in: other units are turned into it where nothing is lost."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from actors.trading.bar_unit import FINEST, LARGEST, BarUnit

OTHERS = some.sampled_from(["1", "0.1", "0.01", "1e-8", "100", "0.02", "1e-16", "1e16"])
COUNTS = some.lists(
    some.one_of(some.integers(0, 99), some.integers(0, 2 * LARGEST)), min_size=1, max_size=4
)


@pytest.mark.req("S1")
@given(some.integers(0, FINEST), OTHERS, COUNTS.map(lambda found: [each * 10 for each in found]))
@example(0, "1", [LARGEST])
@example(0, "1", [LARGEST + 1])
@example(1, "1", [LARGEST // 10])
@example(1, "1", [LARGEST // 10 + 1])
def test_a_row_is_turned_as_columns_are_and_says_the_same(
    digits: int, other: str, counts: list[int]
) -> None:
    unit = BarUnit()
    unit.refine(digits)
    row = unit.row(Decimal(other), tuple(counts))
    columns = unit.columns(Decimal(other), [np.array([each], np.int64) for each in counts])

    assert (None if columns is None else tuple(int(each[0]) for each in columns)) == row
    if row is not None:
        assert [each * unit.value for each in row] == [each * Decimal(other) for each in counts]
        assert max(row) <= LARGEST


def test_what_is_left_over_is_not_cut() -> None:
    unit = BarUnit()

    assert unit.row(Decimal("0.1"), (20, 30)) == (2, 3)
    assert unit.row(Decimal("0.1"), (20, 35)) is None


def test_a_finer_unit_is_compared_anew() -> None:
    unit, cent = BarUnit(), Decimal("0.01")
    assert unit.finer_than(cent) == -2
    unit.refine(3)

    assert unit.finer_than(cent) == 1
    assert unit.row(cent, (5,)) == (50,)
    assert unit.value == Decimal("0.001")


def test_a_unit_that_is_no_power_of_ten_is_none_of_ours() -> None:
    assert BarUnit().finer_than(Decimal("0.02")) is None
    assert BarUnit().finer_than(Decimal("1e-16")) is None
    assert BarUnit().finer_than(Decimal("1e-15")) == -FINEST
