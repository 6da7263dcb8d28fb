"""Columns without holes say what the rows say, in whole numbers."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from adapters.simulator.bars.grid import MinuteGrid
from adapters.simulator.market_data.candles import CandleMarket
from adapters.simulator.market_data.generated import GeneratedMarket
from adapters.simulator.market_data.open import open_recorded
from domain.model.bars import COLUMNS, Timeframe
from domain.model.instants import DAY, HOUR, MINUTE, Nanos
from domain.model.market import Bar
from domain.model.product import ProductId
from tests.builders.backtests import BEGIN, candles, file_of

pytestmark = pytest.mark.req("BT4")
BTC = ProductId("BTC-USD")


def test_columns_of_an_invented_market_are_its_candles() -> None:
    market = GeneratedMarket(1, BEGIN)
    first, end = Nanos(BEGIN - 3 * MINUTE), Nanos(BEGIN + DAY + 2 * MINUTE)
    bars, known = MinuteGrid(market).bars(BTC, first, end), market.candles(BTC, first, end)

    assert len(bars) == len(known)
    assert bars.start_ns.tolist() == [bar.start_ns for bar in known]
    assert [bars.price(each) for each in bars.close] == [bar.close for bar in known]
    assert [int(each) * bars.step for each in bars.volume] == [bar.volume for bar in known]


def recorded(tmp_path: Path, rows: list[Bar]) -> CandleMarket:
    found = open_recorded(file_of(tmp_path / "c.parquet", rows))
    assert isinstance(found, CandleMarket)
    return found


def test_columns_of_a_recorded_market_are_exact_and_a_hole_repeats_the_close(
    tmp_path: Path,
) -> None:
    rows = candles(1, product=BTC)
    kept = [bar for bar in rows if bar.start_ns not in (BEGIN, BEGIN + MINUTE)]
    bars = MinuteGrid(recorded(tmp_path, kept)).bars(BTC, BEGIN - 5 * MINUTE, BEGIN + 5 * MINUTE)
    known = {bar.start_ns: bar for bar in kept}

    assert len(bars) == 10
    for row, start in enumerate(bars.start_ns.tolist()):
        told = [bars.price(each[row]) for each in (bars.open, bars.high, bars.low, bars.close)]
        bar = known.get(Nanos(start))
        if bar is not None:
            assert told == [bar.open, bar.high, bar.low, bar.close]
            assert int(bars.volume[row]) * bars.step == bar.volume
        else:
            assert told == [known[Nanos(BEGIN - MINUTE)].close] * 4
            assert bars.volume[row] == 0


@pytest.mark.parametrize("into_hole", [0, 1, 9])
def test_a_stretch_that_begins_in_a_hole_begins_with_the_close_before(
    tmp_path: Path, into_hole: int
) -> None:
    hole = range(BEGIN, BEGIN + 10 * MINUTE)
    kept = [bar for bar in candles(1, product=BTC) if bar.start_ns not in hole]
    grid, begin = MinuteGrid(recorded(tmp_path, kept)), BEGIN + into_hole * MINUTE
    long, part = grid.bars(BTC, BEGIN - 5 * MINUTE, BEGIN + 20 * MINUTE), slice(5 + into_hole, None)

    bars = grid.bars(BTC, begin, BEGIN + 20 * MINUTE)

    assert bars.start_ns.tolist() == long.start_ns[part].tolist()
    for name in ("open", "high", "low", "close", "volume"):
        assert getattr(bars, name).tolist() == getattr(long, name)[part].tolist()
    assert len(grid.bars(BTC, begin, BEGIN + 10 * MINUTE)) == 10 - into_hole
    assert len(grid.bars(BTC, kept[0].start_ns - HOUR, kept[0].start_ns)) == 0


@pytest.mark.parametrize("holes", [(), (*range(100, 130), *range(1440, 1470), 1500)])
def test_windows_of_what_was_read_ahead_are_those_that_are_read_one_by_one(
    tmp_path: Path, holes: tuple[int, ...]
) -> None:
    rows = candles(26, product=BTC)
    gone = {BEGIN + n * MINUTE for n in holes}
    market = recorded(tmp_path, [bar for bar in rows if bar.start_ns not in gone])
    ahead, fresh = MinuteGrid(market), MinuteGrid(market)
    first, last = (rows[0].start_ns - BEGIN) // MINUTE, 27 * 60
    minutes = (*range(first - 3, first + 40, 3), *range(50, 200, 7), *range(1400, last, 11), 70)

    for minute in minutes:
        end_ns = BEGIN + minute * MINUTE
        for count in (1, 30, 20):
            found = ahead.newest(BTC, count, end_ns)
            one_by_one = fresh.bars(BTC, end_ns - count * MINUTE, end_ns)
            for name in COLUMNS:
                assert getattr(found, name).tolist() == getattr(one_by_one, name).tolist()
                assert not getattr(found, name).flags.writeable


def test_hours_are_made_of_their_minutes(tmp_path: Path) -> None:
    rows = candles(2, product=BTC)
    grid = MinuteGrid(recorded(tmp_path, rows))
    minutes = [bar for bar in rows if BEGIN <= bar.start_ns < BEGIN + HOUR]

    (hour,) = grid.hours(BTC, BEGIN, BEGIN + HOUR)
    columns = grid.wide_bars(BTC, Timeframe.HOUR, 2, BEGIN + 2 * HOUR)

    assert (hour.open, hour.close) == (minutes[0].open, minutes[-1].close)
    assert (hour.high, hour.low) == (max(b.high for b in minutes), min(b.low for b in minutes))
    assert hour.volume == sum((b.volume for b in minutes), Decimal(0))
    assert columns.price(columns.high[0]) == hour.high
    assert len(grid.wide(BTC, Timeframe.HOUR, 3, BEGIN + 2 * HOUR)) == 3
    assert grid.hours(BTC, BEGIN + 20 * HOUR, BEGIN + 21 * HOUR) == ()


def test_the_volume_of_a_day_is_that_of_its_rate_where_less_is_known(tmp_path: Path) -> None:
    rows = candles(1, before=1, product=BTC)
    grid = MinuteGrid(recorded(tmp_path, rows))
    traded = sum((bar.volume for bar in rows), Decimal(0))
    last = rows[-1].close

    assert grid.turnover(BTC, BEGIN + HOUR) == round(traded * 12, 8) * last
    assert grid.turnover(BTC, BEGIN - DAY) is None
    assert grid.has(BTC)
    assert not grid.has(ProductId("NONE-USD"))
    after = grid.bars(BTC, BEGIN + 5 * HOUR, BEGIN + 6 * HOUR)
    assert (len(after), int(after.volume.sum())) == (60, 0)  # the last close stands


def test_hours_and_volumes_are_the_same_in_whatever_order_they_are_asked_for(
    tmp_path: Path,
) -> None:
    rows = candles(30, product=BTC)
    kept = [bar for bar in rows if not 60 <= (bar.start_ns - BEGIN) // MINUTE < 200]
    market = recorded(tmp_path, kept)
    used = MinuteGrid(market)
    for hour in (3, 4, 5, 26, 27, 4, 28, 0, 29, 29):
        end = BEGIN + hour * HOUR
        for minutes in (0, 7):
            end += minutes * MINUTE
            fresh = MinuteGrid(market)
            assert used.hours(BTC, end - 6 * HOUR, end) == fresh.hours(BTC, end - 6 * HOUR, end)
            assert used.turnover(BTC, end) == fresh.turnover(BTC, end)


def test_the_volume_of_a_day_is_that_of_its_rows(tmp_path: Path) -> None:
    market = recorded(tmp_path, candles(30, product=BTC))
    end = BEGIN + 28 * HOUR
    day = market.candles(BTC, Nanos(end - DAY), Nanos(end))

    traded = sum((bar.volume for bar in day), Decimal(0))
    assert MinuteGrid(market).turnover(BTC, end) == traded * day[-1].close
