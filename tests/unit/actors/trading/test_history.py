from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from actors.trading.history import BarHistory
from domain.model.instants import MINUTE, Nanos
from domain.model.market import Bar
from domain.model.money import Price, Quantity
from tests.builders.messages import BTC, NOW

DEPTH = 4


def a_bar(minute: int, close: int = 100) -> Bar:
    low, high = Price(Decimal(close - 1)), Price(Decimal(close + 1))
    start = Nanos(NOW + minute * MINUTE)
    return Bar(BTC, start, low, high, low, Price(Decimal(close)), Quantity(Decimal(5)))


def history_of(*minutes: int, depth: int = DEPTH) -> BarHistory:
    history = BarHistory(BTC, depth)
    for minute in minutes:
        history.append(a_bar(minute, 100 + minute))
    return history


def minutes_of(history: BarHistory) -> list[int]:
    return [(int(start) - NOW) // MINUTE for start in history.view().start_ns]


def test_an_empty_history_has_an_empty_view() -> None:
    history = BarHistory(BTC, DEPTH)

    assert history.last_start_ns is None
    assert len(history.view()) == 0


def test_a_bar_stands_in_its_columns() -> None:
    view = history_of(0).view()

    assert view.product == BTC
    row = (view.open[0], view.high[0], view.low[0], view.close[0], view.volume[0])
    assert row == (99, 101, 99, 100, 5)


def test_a_missing_minute_repeats_the_close_without_volume() -> None:
    history = history_of(0)

    assert history.append(a_bar(3, 200)) == 2

    view = history.view()
    assert minutes_of(history) == [0, 1, 2, 3]
    for column in (view.open, view.high, view.low, view.close):
        assert list(column[1:3]) == [100, 100]
    assert list(view.volume) == [5, 0, 0, 5]


@pytest.mark.parametrize("minute", [0, 1])
def test_a_bar_that_is_not_newer_is_ignored(minute: int) -> None:
    history = history_of(0, 1)

    assert history.append(a_bar(minute, 999)) == 0

    assert list(history.view().close) == [100, 101]


def test_the_view_holds_the_newest_minutes_only() -> None:
    assert minutes_of(history_of(*range(11))) == [7, 8, 9, 10]


def test_a_view_cannot_be_written() -> None:
    view = history_of(0, 1).view()

    for column in (view.start_ns, view.open, view.high, view.low, view.close, view.volume):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 1


@given(some.lists(some.integers(1, 4), max_size=30), some.integers(1, 6))
def test_a_view_never_changes_afterwards_and_has_no_holes(gaps: list[int], depth: int) -> None:
    history = BarHistory(BTC, depth)
    kept, minute = [], 0
    for gap in gaps:
        minute += gap
        history.append(a_bar(minute, 100 + minute))
        view = history.view()
        kept.append((view, view.start_ns.copy(), view.close.copy()))

    for view, starts, closes in kept:
        assert np.array_equal(view.start_ns, starts)
        assert np.array_equal(view.close, closes)
        assert len(view) <= depth
        assert all(np.diff(view.start_ns) == MINUTE)
    if gaps:
        assert history.last_start_ns == NOW + minute * MINUTE
