"""A run of bars is the same bars as a tuple of them."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from domain.model.bar_run import BarRun
from domain.model.bars import Bars, Timeframe
from domain.model.instants import MINUTE, Nanos
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from tests.builders.messages import BTC, NOW


def run_of(rows: int) -> BarRun:
    starts = NOW + MINUTE * np.arange(rows, dtype=np.int64)
    close = 10_000 + np.arange(rows, dtype=np.int64)
    columns = (starts, close - 1, close + 2, close - 3, close, close % 7)
    return BarRun(Bars(BTC, Timeframe.MINUTE, Decimal("0.01"), Decimal("0.1"), *columns))


def test_a_bar_is_made_of_its_row_to_the_last_digit() -> None:
    opened, high, low, close = (
        Price(Decimal(each)) for each in ("100.00", "100.03", "99.98", "100.01")
    )
    units = Quantity(Decimal("0.5"))

    made = Bar(BTC, Nanos(NOW + MINUTE), opened, high, low, close, units)
    assert run_of(3)[1] == made


def test_it_is_read_like_a_tuple() -> None:
    run = run_of(4)

    assert len(run) == 4
    assert list(run) == [run[0], run[1], run[2], run[3]]
    assert run[-1] == run[3]
    assert run[1:3] == (run[1], run[2])
    assert not run_of(0)
    with pytest.raises(IndexError):
        run[4]
