"""Candles of a chart are the minutes of the market, and nothing from after the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.market_data.candles import open_candles
from adapters.simulator.market_data.generated import GeneratedMarket
from adapters.simulator.market_data.open import DEFAULT_OFFSET_MINUTES
from app.backtest.wide_bars import wide_bars_of
from app.results.candles import WIDTHS, widened
from domain.model.instants import HOUR, MINUTE, Nanos
from domain.model.product import ProductId
from tests.builders.backtests import BEGIN, candles, file_of

pytestmark = pytest.mark.req("BT2")
BTC = ProductId("BTC-USD")
MARKET = GeneratedMarket(1, BEGIN, DEFAULT_OFFSET_MINUTES)


@given(st.integers(0, 600), st.integers(0, 900), st.sampled_from(WIDTHS))
def test_they_are_the_widened_minutes(first: int, length: int, width: int) -> None:
    since, until = Nanos(BEGIN + first * MINUTE), Nanos(BEGIN + (first + length) * MINUTE)

    found = wide_bars_of(MARKET, until)(BTC, since, until, width * MINUTE)

    assert found == tuple(widened(MARKET.candles(BTC, since, until), width * MINUTE))


def test_nothing_after_the_end_is_shown() -> None:
    end = Nanos(BEGIN + 90 * MINUTE)

    found = wide_bars_of(MARKET, end)(BTC, BEGIN, Nanos(BEGIN + 9 * HOUR), HOUR)

    assert [each.start_ns for each in found] == [BEGIN, BEGIN + HOUR]
    (half,) = wide_bars_of(MARKET, end)(BTC, Nanos(BEGIN + HOUR), end, HOUR)
    assert found[1] == half


def test_minutes_without_a_row_make_no_candle(tmp_path: Path) -> None:
    rows = [bar for bar in candles(3, before=0, product=BTC) if bar.start_ns // HOUR % 2]
    market = open_candles(file_of(tmp_path / "holes.parquet", rows))

    found = wide_bars_of(market, Nanos(BEGIN + 3 * HOUR))(BTC, BEGIN, Nanos(BEGIN + 3 * HOUR), HOUR)

    assert {each.start_ns for each in found} == {bar.start_ns // HOUR * HOUR for bar in rows}
    assert wide_bars_of(market, BEGIN)(BTC, BEGIN, Nanos(BEGIN + HOUR), HOUR) == ()
