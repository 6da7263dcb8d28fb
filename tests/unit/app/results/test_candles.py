"""Candles of a run: those it has kept, made as wide as a chart needs."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from adapters.telemetry.bars import BarFiles, file_of
from app.results.candles import CANDLES, WIDTHS, _width, price_charts, widened
from domain.messages.journal import RunStarted
from domain.model.instants import MINUTE
from domain.model.market import Bar
from domain.model.money import Amount, Price, Quantity
from domain.results.fold import Results, ResultsFold
from domain.results.round_trips import RoundTrip
from tests.builders.market import START, bar
from tests.builders.messages import BTC

PRICES = st.integers(1, 1_000)


@st.composite
def minutes(draw: st.DrawFn) -> list[Bar]:
    """Return minute bars with holes, oldest first."""
    found = []
    for number in sorted(draw(st.sets(st.integers(0, 200), max_size=60))):
        four = sorted(draw(st.tuples(PRICES, PRICES, PRICES, PRICES)))
        low, opened, close, high = map(str, four)
        found.append(bar(number, (opened, high, low, close), str(draw(st.integers(0, 9)))))
    return found


@given(minutes(), st.sampled_from(WIDTHS))
def test_wide_candles_keep_extremes_volume_and_order(bars: list[Bar], width: int) -> None:
    wide = list(widened(bars, width * MINUTE))

    starts = [each.start_ns for each in wide]
    assert starts == sorted(set(starts))
    assert all(each % (width * MINUTE) == 0 for each in starts)
    assert sum(each.volume for each in wide) == sum(each.volume for each in bars)
    assert all(each.is_consistent for each in wide)
    if bars:
        assert max(each.high for each in wide) == max(each.high for each in bars)
        assert min(each.low for each in wide) == min(each.low for each in bars)
        assert (wide[0].open, wide[-1].close) == (bars[0].open, bars[-1].close)


def test_minutes_stay_minutes() -> None:
    bars = [bar(n, ("1", "2", "1", "2"), "3") for n in (0, 1, 5)]

    assert list(widened(bars, MINUTE)) == bars
    assert bars[0].start_ns == START
    assert bars[0].open == Decimal(1)


@pytest.mark.parametrize("length", [1, CANDLES, CANDLES + 1, 1440, 7 * 1440, 365 * 1440])
def test_a_chart_never_holds_more_candles_than_can_be_told_apart(length: int) -> None:
    assert length / _width(length) <= CANDLES


def bought_one() -> Results:
    """Return the results of a run that owns what it bought at its start."""
    trip = RoundTrip(
        lot="lot-1",
        product=BTC,
        strategy="breakout",
        why="signal",
        stop_price=Price(Decimal(98)),
        target_price=Price(Decimal(108)),
        opened_ns=START,
        bought=Quantity(Decimal(1)),
        bought_for=Amount(Decimal(100)),
    )
    fold = ResultsFold()
    fold.take(START, RunStarted("paper", "embedded", "w", "c", "p", 7))
    results = fold.result()
    assert results is not None
    return evolve(results, trips=(trip,))


def test_a_chart_ends_where_the_prices_end(tmp_path: Path) -> None:
    bars = tuple(bar(n, ("1", "2", "1", "2"), "3") for n in range(3))
    BarFiles(tmp_path).append(BTC, bars)

    (chart,) = price_charts(bought_one(), tmp_path)

    assert chart.bars == bars
    assert chart.until_ns == START + 3 * MINUTE


def test_what_stands_in_the_place_of_kept_prices_and_is_no_file_costs_the_chart(
    tmp_path: Path,
) -> None:
    os.mkfifo(file_of(tmp_path, BTC))

    assert price_charts(bought_one(), tmp_path) == []
