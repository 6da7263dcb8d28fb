"""Month files: whole or not at all, never written over, played as one market."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.importing.months import MonthFiles, month_starts, table_of
from adapters.simulator.market_data.candles import open_candles
from adapters.simulator.market_data.source import MarketError
from domain.model.instants import DAY, HOUR, MINUTE, parse_iso
from domain.model.product import ProductId

BTC = ProductId("BTC-USD")
START = parse_iso("2023-11-30T23:58:00Z")


def candles(*minutes: int, close: str = "1.25", volume: str = "3") -> pa.Table:
    starts = np.array([START + minute * MINUTE for minute in minutes], dtype=np.int64)
    texts = [[text] * len(minutes) for text in ("1.5", "2", "1", close, volume)]
    return table_of(BTC, starts, [pa.array(each) for each in texts])


def test_a_month_is_a_file_and_all_of_them_are_one_market(tmp_path: Path) -> None:
    written = MonthFiles(tmp_path).add(BTC, candles(0, 1, 2, 3, 7))

    assert [(each.file.name, each.rows, each.new) for each in written] == [
        ("BTC-USD-2023-11.parquet", 2, 2),
        ("BTC-USD-2023-12.parquet", 3, 3),
    ]
    market = open_candles(tmp_path)
    assert market.first_ns == START
    assert len(market.candles(BTC, START, market.end_ns or START)) == 5


def test_a_month_of_few_minutes_is_no_month_of_wider_bars(tmp_path: Path) -> None:
    MonthFiles(tmp_path).add(BTC, candles(0, 1, 2, 4, 6))

    assert len(open_candles(tmp_path).rows(BTC).starts) == 5


def test_what_is_there_stays_and_what_is_new_comes_to_it(tmp_path: Path) -> None:
    months = MonthFiles(tmp_path)
    months.add(BTC, candles(2, 4))

    (written,) = months.add(BTC, candles(3, 4, 5))

    assert (written.rows, written.new) == (4, 2)
    assert len(months.read(BTC, "2023-12")) == 4


def test_a_minute_that_says_something_else_is_refused_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    months = MonthFiles(tmp_path)
    months.add(BTC, candles(2, 4))
    before = {each.name: each.read_bytes() for each in tmp_path.glob("*.parquet")}

    with pytest.raises(MarketError, match=r"2023-12-01T00:02:00Z: close is 1\.25 and 1\.75"):
        months.add(BTC, pa.concat_tables([candles(0), candles(4, close="1.75")]))

    assert {each.name: each.read_bytes() for each in tmp_path.glob("*.parquet")} == before


@pytest.mark.parametrize("content", [b"", b"PAR1 no", b"a,b\n1,2\n"])
def test_a_file_that_is_no_month_is_left_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "BTC-USD-2023-12.parquet"
    file.write_bytes(content)

    with pytest.raises(MarketError, match="move it away"):
        MonthFiles(tmp_path).add(BTC, candles(2))
    assert file.read_bytes() == content


def test_a_month_of_another_product_is_left_alone(tmp_path: Path) -> None:
    months = MonthFiles(tmp_path)
    months.add(BTC, candles(2))
    (tmp_path / "BTC-USD-2023-12.parquet").rename(tmp_path / "ETH-USD-2023-12.parquet")

    with pytest.raises(MarketError, match="expected candles of ETH-USD"):
        months.read(ProductId("ETH-USD"), "2023-12")


def test_a_number_of_too_many_digits_is_refused() -> None:
    with pytest.raises(MarketError, match="at most 20 decimals"):
        candles(0, volume="0." + "1" * 21)


@given(st.decimals(min_value=0, max_value=10**15, places=20, allow_nan=False))
def test_every_digit_is_kept(volume: Decimal) -> None:
    assert candles(0, volume=f"{volume:f}")["volume"].to_pylist() == [volume]


@given(st.integers(0, 40_000), st.integers(0, 100 * 24))
def test_months_lie_one_behind_the_other_and_cover_the_span(day: int, hours: int) -> None:
    start_ns, end_ns = day * DAY, day * DAY + hours * HOUR

    found = month_starts(start_ns, end_ns)

    ends = [start_ns, *(each[2] for each in found)]
    assert [each[1] for each in found] == ends[:-1]
    assert ends[-1] == end_ns
    assert len({each[0] for each in found}) == len(found)
