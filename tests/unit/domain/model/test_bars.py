"""Bars are windows of whole numbers on one buffer."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from domain.model.bars import COLUMNS, Timeframe
from domain.model.instants import DAY, HOUR, MINUTE
from tests.builders.bars import some_bars
from tests.builders.paths import a_path


def test_bars_are_as_many_as_their_closes() -> None:
    assert len(some_bars([1.0, 2.0, 3.0])) == 3


def test_a_timeframe_knows_its_length() -> None:
    assert [each.ns for each in Timeframe] == [MINUTE, HOUR, DAY]


@pytest.mark.req("S1")
def test_the_last_rows_share_the_buffer_and_every_column_is_cut_alike() -> None:
    bars = a_path(9, 1)
    last = bars.last(4)

    for name in COLUMNS:
        assert getattr(last, name).tolist() == getattr(bars, name)[5:].tolist()
        assert np.shares_memory(getattr(last, name), getattr(bars, name))
    assert bars.last(9) is bars
    assert bars.last(99) is bars


def test_until_a_row_is_what_was_known_then() -> None:
    bars = a_path(9, 1)
    early = bars.until(4)

    for name in COLUMNS:
        assert getattr(early, name).tolist() == getattr(bars, name)[:4].tolist()
    assert (early.product, early.timeframe, early.tick, early.step) == (
        bars.product,
        bars.timeframe,
        bars.tick,
        bars.step,
    )


def test_a_part_has_these_rows_of_every_column() -> None:
    bars = a_path(9, 1)
    part = bars.part(2, 5)

    for name in COLUMNS:
        assert getattr(part, name).tolist() == getattr(bars, name)[2:5].tolist()
        assert np.shares_memory(getattr(part, name), getattr(bars, name))


def test_a_price_is_exact() -> None:
    bars = some_bars([0.07])

    assert bars.price(bars.close[0]) == Decimal("0.07")
