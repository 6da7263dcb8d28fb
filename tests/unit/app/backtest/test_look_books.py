"""What a look shows of books is what each of them shows by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.simulator.bars.grid import MinuteGrid
from adapters.simulator.market_data.candles import open_candles
from adapters.simulator.market_data.open import expander_of
from app.backtest.look_books import LookBooks
from app.backtest.market_days import MarketDays
from domain.market.book import Book
from domain.market.price_state import measured
from domain.model.instants import HOUR, MINUTE, Nanos
from domain.model.universe import BookMeasure
from tests.builders.backtests import BEGIN, candles, file_of

pytestmark = pytest.mark.req("BT1")
TIMES = [Nanos(BEGIN + number * MINUTE) for number in (-119, -60, -7, 0, 4, 31, 60, 64, 180, 184)]


def test_books_of_looks_and_of_other_minutes_are_those_that_are_shown(tmp_path: Path) -> None:
    rows = [bar for bar in candles(3) if not BEGIN <= bar.start_ns < BEGIN + 20 * MINUTE]
    market = open_candles(file_of(tmp_path / "c.parquet", rows))
    expander, days = expander_of(market, 1), MarketDays(MinuteGrid(market))
    books = LookBooks(days, expander, market.products)

    for at_ns in TIMES:
        for known, shown in zip(market.products, books.measures(at_ns), strict=True):
            step = expander.opening(known.id, at_ns) if days.is_lit(known.id, at_ns) else None
            expected = BookMeasure(known.id, None, None, None)
            if step is not None:
                book = Book()
                book.replace(step.bids, step.asks)
                expected = measured(known.id, step.bids[0].price, step.asks[0].price, book)
            assert shown == expected


def test_nothing_is_shown_of_a_product_whose_data_have_ended(tmp_path: Path) -> None:
    market = open_candles(file_of(tmp_path / "c.parquet", candles(1)))
    days = MarketDays(MinuteGrid(market))
    books = LookBooks(days, expander_of(market, 1), market.products)

    assert all(each.spread_bps is not None for each in books.measures(BEGIN))
    late = books.measures(Nanos(BEGIN + 2 * HOUR))
    assert all(each.spread_bps is None for each in late)
