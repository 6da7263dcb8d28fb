"""A day by columns says of each minute what its market says when it is asked about that minute."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.simulator.bars.grid import MinuteGrid
from adapters.simulator.market_data.candles import open_candles
from app.backtest.market_days import DARK_AFTER_NS, NEVER, MarketDays
from domain.model.instants import DAY, MINUTE, Nanos
from domain.model.product import ProductId
from tests.builders.backtests import BEGIN, candles, file_of

pytestmark = pytest.mark.req("BT1")
BTC = ProductId("BTC-USD")
HOLES = {*range(30, 33), *range(70, 75), *range(90, 96), *range(100, 160)}


def test_a_product_can_be_traded_where_its_last_row_is_young_and_its_data_go_on(
    tmp_path: Path,
) -> None:
    rows = [
        bar
        for bar in candles(4, product="BTC-USD")
        if (bar.start_ns - BEGIN) // MINUTE not in HOLES
    ]
    market = open_candles(file_of(tmp_path / "c.parquet", rows))
    days = MarketDays(MinuteGrid(market))
    tick = market.products[0].price_increment

    seen = set()
    for number in range(-150, 300):
        at_ns = Nanos(BEGIN + number * MINUTE)
        before, row = market.last_before(BTC, at_ns), market.candle(BTC, at_ns)
        day, into = days.of(BTC, at_ns), at_ns % DAY // MINUTE
        is_covered = market.covers(BTC, at_ns)
        is_young = before is not None and at_ns - before.start_ns <= DARK_AFTER_NS
        assert days.is_lit(BTC, at_ns) == (is_covered and is_young)
        if days.is_lit(BTC, at_ns):
            assert before is not None
            assert day.closes[into] * tick == before.close
        assert day.lows[into] == (NEVER if row is None else int(row.low / tick))
        assert day.highs[into] == (0 if row is None else int(row.high / tick))
        seen.add(days.is_lit(BTC, at_ns))
    assert seen == {True, False}


def test_a_day_without_rows_has_nothing_that_can_be_traded(tmp_path: Path) -> None:
    market = open_candles(file_of(tmp_path / "c.parquet", candles(1, product="BTC-USD")))
    day = MarketDays(MinuteGrid(market)).of(BTC, BEGIN + 9 * DAY)

    assert not day.is_lit.any()
    assert not day.is_known.any()
