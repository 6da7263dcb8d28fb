"""Recorded candles: what is read is what was written; a row that can't be read is a hole, told."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.market_data import candles
from adapters.simulator.market_data.candles import COLUMNS, CandleMarket, open_candles
from adapters.simulator.market_data.expander import CandleExpander
from adapters.simulator.market_data.source import MarketError
from domain.model.instants import HOUR, MINUTE, SECOND, Nanos, iso, parse_iso
from domain.model.product import ProductId
from tests.builders.recorded import shared_data

START = parse_iso("2026-01-05T10:00:00Z")
BTC = ProductId("BTC-USD")
HEADER = "ts,symbol,open,high,low,close,volume"

Row = tuple[int, str, str]
"""Minute after START, product, and the four prices and the volume as they stand in the file."""


def csv(file: Path, *rows: Row, header: str = HEADER) -> Path:
    lines = [f"{iso(START + minute * MINUTE)},{name},{rest}" for minute, name, rest in rows]
    file.write_text("\n".join([header, *lines]) + "\n")
    return file


def row(minute: int, name: str = "BTC-USD", rest: str = "10.5,12.25,10.0,11.0,1.5") -> Row:
    return minute, name, rest


def at(minute: int) -> Nanos:
    return Nanos(START + minute * MINUTE)


def test_a_row_is_read_as_it_is_written(tmp_path: Path) -> None:
    market = open_candles(
        csv(tmp_path / "m.csv", row(0), row(1, rest="0.1,0.3,0.1,0.3,0.00000007"))
    )
    bar = market.candle(BTC, at(1))
    assert bar is not None
    values = (bar.open, bar.high, bar.low, bar.close, bar.volume)
    assert values == tuple(map(Decimal, ("0.1", "0.3", "0.1", "0.3", "0.00000007")))
    assert bar.start_ns == at(1)
    assert market.prices == "recorded"


def test_parquet_and_csv_of_the_same_rows_are_the_same_market(tmp_path: Path) -> None:
    text = open_candles(csv(tmp_path / "m.csv", row(0), row(3)))
    columns: dict[str, Any] = {
        "ts": pa.array([at(0), at(3)], pa.timestamp("ns", tz="UTC")),
        "symbol": pa.array(["BTC-USD", "BTC-USD"]).dictionary_encode(),
    }
    prices = {"open": 10.5, "high": 12.25, "low": 10.0, "close": 11.0, "volume": 1.5}
    columns |= {name: [value, value] for name, value in prices.items()}
    parquet.write_table(pa.table(columns), tmp_path / "m.parquet")
    binary = open_candles(tmp_path / "m.parquet")
    assert binary.products == text.products
    assert binary.candles(BTC, at(0), at(9)) == text.candles(BTC, at(0), at(9))


@pytest.mark.parametrize("unit", [10**9, 10**6, 10**3, 1], ids=["s", "ms", "us", "ns"])
def test_whole_numbers_of_any_unit_are_times(tmp_path: Path, unit: int) -> None:
    file = tmp_path / "m.csv"
    lines = [f"{at(minute) // unit},BTC-USD,1,1,1,1,1" for minute in (0, 1)]
    file.write_text("\n".join([HEADER, *lines]))
    market = open_candles(file)
    assert (market.first_ns, market.end_ns) == (at(0), at(2))


def test_rows_may_come_in_any_order(tmp_path: Path) -> None:
    market = open_candles(csv(tmp_path / "m.csv", row(4), row(0), row(2), row(3)))
    starts = [bar.start_ns for bar in market.candles(BTC, at(0), at(9))]
    assert starts == [at(0), at(2), at(3), at(4)]


def test_without_a_symbol_column_the_file_names_the_product(tmp_path: Path) -> None:
    file = tmp_path / "ETH-USDT.csv"
    file.write_text(f"ts,open,high,low,close,volume\n{iso(START)},1,1,1,1,1\n")
    (product,) = open_candles(file).products
    assert (product.id, product.base, product.quote) == ("ETH-USDT", "ETH", "USDT")


def test_the_tick_is_the_smallest_power_of_ten_of_all_prices(tmp_path: Path) -> None:
    rows = [
        row(0),
        row(1, rest="10,10.125,10,10,3"),
        row(0, "SHIB-USD", "0.00001,0.00002,9e-6,1e-5,1"),
    ]
    coarse = row(0, "JPY-USD", "200,300,100,200,1")
    products = {p.id: p for p in open_candles(csv(tmp_path / "m.csv", *rows, coarse)).products}
    assert products[BTC].price_increment == Decimal("0.001")
    assert products[ProductId("SHIB-USD")].price_increment == Decimal("0.000001")
    assert products[ProductId("JPY-USD")].price_increment == 1
    assert {p.base_increment for p in products.values()} == {Decimal("0.00000001")}


QUOTED = st.builds(
    lambda ticks, places: ticks / 10.0**places, st.integers(1, 10**9), st.integers(0, 5)
)
"""Prices of up to nine digits, five of them behind the point."""


@given(
    st.lists(QUOTED, min_size=1, max_size=4),
    st.floats(0, 1e9, allow_nan=False).filter(lambda volume: volume == 0 or volume > 1e-3),
)
def test_any_number_is_a_whole_count_of_the_increments(
    tmp_path_factory: pytest.TempPathFactory, prices: list[float], volume: float
) -> None:
    rows = [row(i, rest=f"{p!r},{p!r},{p!r},{p!r},{volume!r}") for i, p in enumerate(prices)]
    market = open_candles(csv(tmp_path_factory.mktemp("m") / "m.csv", *rows))
    (product,) = market.products
    for bar, price in zip(market.candles(BTC, at(0), at(9)), prices, strict=True):
        assert bar.open == Decimal(repr(price))
        assert bar.open % product.price_increment == 0
        assert bar.volume == Decimal(repr(volume))
        assert bar.volume % product.base_increment == 0


@given(st.lists(QUOTED, min_size=4, max_size=4), st.floats(1e-3, 1e9))
def test_any_row_is_played_to_the_last_digit(
    tmp_path_factory: pytest.TempPathFactory, prices: list[float], volume: float
) -> None:
    low, opened, close, high = sorted(prices)
    rest = f"{opened!r},{high!r},{low!r},{close!r},{volume!r}"
    market = open_candles(csv(tmp_path_factory.mktemp("m") / "m.csv", row(0, rest=rest)))
    steps = CandleExpander(market, 1).steps(BTC, at(0))
    trades = [trade for step in steps for trade in step.trades]
    traded = [trade.price for trade in trades]
    found = (traded[0], max(traded), min(traded), traded[-1])
    assert found == tuple(Decimal(repr(value)) for value in (opened, high, low, close))
    assert sum(trade.quantity for trade in trades) == Decimal(repr(volume))
    assert all(step.bids[0].price < step.asks[0].price for step in steps)


NOISE = 2.3e-13


def test_noise_of_calculations_makes_no_tick_and_is_said(tmp_path: Path) -> None:
    prices = [2000.0 + number * 0.07 for number in range(50)]
    rows = [
        row(i, rest=",".join([repr(p + NOISE * (i % 9 == 4))] * 4 + ["5"]))
        for i, p in enumerate(round(each, 2) for each in prices)
    ]
    market = open_candles(csv(tmp_path / "m.csv", *rows))

    assert market.products[0].price_increment == Decimal("0.01")
    opens = [bar.open for bar in market.candles(BTC, at(0), at(60))]
    assert opens == [Decimal(str(round(each, 2))) for each in prices]
    (remark,) = market.remarks
    assert "are beside the tick by float noise alone" in remark


def test_prices_that_share_no_digits_were_never_quoted_and_are_refused(tmp_path: Path) -> None:
    prices = [2000 * 1.0001234567891234**number for number in range(1, 30)]
    rows = [row(i, rest=",".join([repr(p)] * 4 + ["5"])) for i, p in enumerate(prices)]

    with pytest.raises(MarketError, match="BTC-USD: expected prices that share their decimals"):
        open_candles(csv(tmp_path / "m.csv", *rows))


def test_short_floats_of_a_table_have_the_digits_that_they_say(tmp_path: Path) -> None:
    columns = {name: pa.array([2000.58, 2000.63], pa.float32()) for name in ("open", "close")}
    columns |= {"high": pa.array([2001.5, 2001.5], pa.float32())}
    columns |= {"low": pa.array([1999.63, 1999.63], pa.float32())}
    columns |= {"volume": pa.array([1.5, 2.25], pa.float32())}
    table = pa.table({"ts": [at(0) // SECOND, at(1) // SECOND], "symbol": [BTC, BTC], **columns})
    parquet.write_table(table, tmp_path / "m.parquet")

    market = open_candles(tmp_path / "m.parquet")

    assert market.products[0].price_increment == Decimal("0.01")
    assert market.candles(BTC, at(0), at(1))[0].open == Decimal("2000.58")


def test_times_of_two_units_in_one_column_are_refused(tmp_path: Path) -> None:
    rows = [f"{at(0) // SECOND},BTC-USD,1,1,1,1,1", f"{at(1) // 10**6},BTC-USD,1,1,1,1,1"]
    file = tmp_path / "m.csv"
    file.write_text("\n".join([HEADER, *rows]) + "\n")

    with pytest.raises(MarketError, match="expected all ts in one unit"):
        open_candles(file)


def test_other_rows_in_a_file_of_the_same_name_are_another_market(tmp_path: Path) -> None:
    found = []
    for number, rows in enumerate(([row(0), row(1)], [row(1), row(0)], [row(0), row(2)])):
        folder = tmp_path / str(number)
        folder.mkdir()
        found.append(open_candles(csv(folder / "m.csv", *rows)).description)
    assert found[0] == found[1] != found[2]
    assert all(name.startswith("m.csv sha256=") for name in found)


def test_a_missing_minute_has_no_row_and_knows_the_one_before(tmp_path: Path) -> None:
    market = open_candles(csv(tmp_path / "m.csv", row(0), row(1), row(4)))
    assert market.candle(BTC, at(2)) is None
    assert market.covers(BTC, at(2))
    before = market.last_before(BTC, at(4))
    assert before is not None
    assert before.start_ns == at(1)
    assert market.last_before(BTC, at(0)) is None


def test_candles_are_from_the_first_instant_up_to_but_not_at_the_last(tmp_path: Path) -> None:
    market = open_candles(csv(tmp_path / "m.csv", *map(row, range(5))))
    starts = [bar.start_ns for bar in market.candles(BTC, at(1), at(3))]
    assert starts == [at(1), at(2)]
    assert market.candles(BTC, Nanos(at(1) + 1), at(2)) == []


@given(st.lists(st.tuples(st.floats(1e-6, 1e6), st.floats(0, 1e9)), min_size=1, max_size=40))
def test_what_rows_are_worth_is_the_sum_of_their_bars_to_the_last_digit(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[float, float]]
) -> None:
    file = tmp_path_factory.mktemp("worth") / "BTC-USD.csv"
    lines = (
        row(minute, rest=",".join([f"{price:.6f}"] * 4 + [f"{volume:.3f}"]))
        for minute, (price, volume) in enumerate(drawn)
    )
    market = open_candles(csv(file, *lines))
    first, end = at(1), at(30)
    bars = market.candles(BTC, first, end)

    count, worth = market.worth(BTC, first, end)
    assert count == len(bars)
    assert worth == sum(float(bar.close) * float(bar.volume) for bar in bars)


def test_a_ragged_folder_covers_each_product_from_its_first_to_its_last_row(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", *map(row, range(2, 5)))
    csv(tmp_path / "b.csv", *(row(minute, "ETH-USD") for minute in range(3, 9)))
    (tmp_path / "notes.txt").write_text("not a market")
    market = open_candles(tmp_path)
    eth = ProductId("ETH-USD")
    assert [product.id for product in market.products] == [BTC, eth]
    assert (market.first_ns, market.end_ns) == (at(2), at(9))
    covered = {name: [m for m in range(12) if market.covers(name, at(m))] for name in (BTC, eth)}
    assert covered == {BTC: [2, 3, 4], eth: [3, 4, 5, 6, 7, 8]}
    assert not market.covers(ProductId("XRP-USD"), at(4))
    assert market.reach() == [(at(2), at(4)), (at(3), at(8))]


REFUSED: Sequence[tuple[str, list[Row], tuple[str, ...]]] = (
    ("no row", [], ("no row",)),
    (
        "two of one minute",
        [row(0), row(1), row(1, rest="10.5,12.25,10.0,11.0,2")],
        ("10:01:00Z", "one row a minute", "two", "BTC-USD"),
    ),
    ("15 minutes", [row(0), row(15), row(45)], ("10:00:00Z", "minute candles", "15 minutes")),
    ("hours", [row(0), row(60), row(120)], ("minute candles", "60 minutes")),
    ("high below low", [row(0, rest="9,8,10,9,1")], ("10:00:00Z", "high=8.0", "low=10.0")),
    ("zero", [row(0, rest="0,1,0,1,1")], ("10:00:00Z", "above 0", "open=0.0")),
    ("negative volume", [row(0, rest="1,1,1,1,-1")], ("10:00:00Z", "volume", "-1")),
    ("text", [row(0, rest="1,1,1,none,1")], ("numbers", "close=nan")),
    ("a column of words", [row(0, rest="true,true,true,true,1")], ("numbers", "open", "bool")),
    ("no dash", [row(0, "BTCUSD")], ("BTC-USD", "'BTCUSD'")),
    ("too fine", [row(0, rest="1e-30,1e-30,1e-30,1e-30,1")], ("BTC-USD", "decimals", "1e-30")),
)


@pytest.mark.parametrize(
    ("rows", "said"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_refuses_and_says_where(tmp_path: Path, rows: list[Row], said: tuple[str, ...]) -> None:
    file = csv(tmp_path / "bad.csv", *rows)
    with pytest.raises(MarketError) as refused:
        open_candles(file)
    for words in (*(() if "decimals" in said else (str(file),)), "expected", *said):
        assert words in str(refused.value)


def test_refuses_a_row_between_two_minutes(tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(
        f"{HEADER}\n{iso(START)},BTC-USD,1,1,1,1,1\n{iso(START + 1)},BTC-USD,1,1,1,1,1\n"
    )
    with pytest.raises(MarketError, match=r"bad\.csv: BTC-USD at .*10:00:00\.000000001Z.*minute"):
        open_candles(file)


def test_refuses_a_file_that_lacks_a_column_and_lists_what_it_has(tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("ts,open,high,low,price\n2026-01-05T10:00:00Z,1,1,1,1\n")
    with pytest.raises(
        MarketError, match=r"bad\.csv: expected the columns close, volume, found ts"
    ):
        open_candles(file)


def test_refuses_times_that_are_text(tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(f"{HEADER}\nnoon,BTC-USD,1,1,1,1,1\n")
    with pytest.raises(MarketError, match=r"bad\.csv: expected ts as a time"):
        open_candles(file)


ODD = {
    "zeros": "0,0,0,0,0",
    "zero": "10.5,12.25,0,11.0,1.5",
    "negative": "10.5,12.25,-10,11.0,1.5",
    "negative volume": "10.5,12.25,10.0,11.0,-1",
    "high below close": "10.5,10.75,10.0,11.0,1.5",
    "high below low": "10.5,9,11,10.75,1.5",
    "low above open": "10.5,12.25,10.75,11.0,1.5",
    "NaN": "10.5,12.25,NaN,11.0,1.5",
    "infinite": "10.5,inf,10.0,11.0,1.5",
    "beyond numbers": "10.5,1e400,10.0,11.0,1.5",
    "huge": "1e30,1e30,1e30,1e30,1.5",
    "fine volume": "10.5,12.25,10.0,11.0,1e-300",
    "huge volume": "10.5,12.25,10.0,11.0,1e30",
    "empty": ",,,,",
    "empty volume": "10.5,12.25,10.0,11.0,",
    "text": "10.5,12.25,10.0,none,1.5",
    "thousands": '"1,000.50",12.25,10.0,11.0,1.5',
    "too few": "10.5,12.25",
    "too many": "10.5,12.25,10.0,11.0,1.5,7",
}
"""Rows that nobody can play, among good ones."""


@pytest.mark.req("ST1")
@pytest.mark.parametrize(
    ("written", "played"),
    [
        ("1.2345678901234567e-05", "0.00001234567890123457"),
        ("1.2345678901234567e-19", "0.00000000000000000012"),
        ("0.0003333333333333333", "0.0003333333333333333"),
        ("1e-20", "1e-20"),
    ],
)
def test_digits_of_a_volume_that_no_increment_can_have_are_rounded_and_said(
    tmp_path: Path, written: str, played: str
) -> None:
    calculated = row(1, rest=f"10.5,12.25,10.0,11.0,{written}")
    market = open_candles(csv(tmp_path / "m.csv", row(0), calculated))

    bar = market.candle(BTC, at(1))
    assert bar is not None
    assert bar.volume == Decimal(played)
    assert market.products[0].base_increment >= Decimal("1e-20")
    is_same = Decimal(played) == Decimal(written)
    said = "BTC-USD: 1 volume with more than 20 decimals: all are played with at most 20"
    assert market.remarks == (() if is_same else (said,))


@pytest.mark.req("ST1")
@pytest.mark.parametrize("what", ODD)
def test_a_row_that_cannot_be_read_is_a_minute_without_a_row_and_is_told(
    tmp_path: Path, what: str
) -> None:
    good = [row(0), row(1), row(3)]
    market = open_candles(csv(tmp_path / "m.csv", *good, row(2, rest=ODD[what])))

    assert market.candle(BTC, at(2)) is None
    before = market.last_before(BTC, at(3))
    assert before is not None
    assert (before.start_ns, before.close) == (at(1), Decimal(11))
    assert market.products == open_candles(csv(tmp_path / "n.csv", *good)).products
    (remark,) = market.remarks
    assert f"{tmp_path / 'm.csv'}: 1 of 4 rows could not be read" in remark
    assert "expected" in remark
    assert "10:02:00Z" in remark or "too" in what


def test_of_many_odd_rows_the_first_is_told_with_its_time_and_all_are_counted(
    tmp_path: Path,
) -> None:
    rows = [row(minute) for minute in range(9)]
    rows[3] = row(3, rest=ODD["high below close"])
    rows[5] = row(5, rest=ODD["zeros"])
    rows[7] = row(7, "ETH-USD", ODD["NaN"])
    market = open_candles(csv(tmp_path / "m.csv", *rows))

    (remark,) = market.remarks
    assert "3 of 9 rows could not be read, such a minute is played without a trade" in remark
    assert "the first: BTC-USD at 2026-01-05T10:03:00Z: expected a high" in remark
    assert [product.id for product in market.products] == [BTC]


CELL = st.sampled_from(
    ["0", "-1", "NaN", "inf", "-inf", "1e300", "1e-300", "", "x", "none", "1_000", "٣", "10.5"]
)


@given(
    st.dictionaries(st.integers(0, 7), st.lists(CELL, min_size=5, max_size=5), max_size=8),
    st.randoms(use_true_random=False),
)
def test_whatever_stands_in_a_row_costs_its_own_minute_alone(
    tmp_path_factory: pytest.TempPathFactory,
    odd: dict[int, list[str]],
    chance: random.Random,
) -> None:
    rows = [row(minute) for minute in range(8)]
    rows += [row(8 + number, rest=",".join(cells)) for number, cells in odd.items()]
    chance.shuffle(rows)
    file = csv(tmp_path_factory.mktemp("m") / "m.csv", *rows)
    market = open_candles(file)

    found = market.candles(BTC, at(0), at(16))
    good = [bar for bar in found if bar.start_ns < at(8)]
    assert [bar.start_ns for bar in good] == [at(minute) for minute in range(8)]
    assert {(bar.open, bar.close, bar.volume) for bar in good} == {
        (Decimal("10.5"), Decimal(11), Decimal("1.5"))
    }
    assert all(bar.is_consistent for bar in found)
    left_out = 8 + len(odd) - len(found)
    said = f"{left_out} of {8 + len(odd)} row"
    assert [said in remark for remark in market.remarks] == [True] * bool(left_out)


def test_a_row_that_is_there_twice_counts_once_and_is_told(tmp_path: Path) -> None:
    market = open_candles(csv(tmp_path / "m.csv", row(0), row(1), row(1), row(2)))
    assert len(market.candles(BTC, at(0), at(9))) == 3
    (remark,) = market.remarks
    assert remark.endswith("m.csv: BTC-USD: rows that are there twice count once: 1")


def test_an_odd_row_is_no_second_row_of_its_minute(tmp_path: Path) -> None:
    rows = row(0), row(1), row(1, rest=ODD["zeros"])
    assert len(open_candles(csv(tmp_path / "m.csv", *rows)).candles(BTC, at(0), at(9))) == 2


@pytest.mark.parametrize("odd", ["", "noon", "0", "-5"])
def test_a_row_without_a_time_is_left_out(tmp_path: Path, odd: str) -> None:
    whole = [f"{at(minute) // SECOND},BTC-USD,1,1,1,1,1" for minute in (0, 1)]
    dates = [f"{iso(at(minute))},BTC-USD,1,1,1,1,1" for minute in (0, 1)]
    for number, lines in enumerate((whole, dates)):
        file = tmp_path / f"{number}.csv"
        file.write_text("\n".join([HEADER, *lines, f"{odd},BTC-USD,1,1,1,1,1"]))
        market = open_candles(file)
        assert (market.first_ns, market.end_ns) == (at(0), at(2))
        (remark,) = market.remarks
        assert "1 of 3 rows could not be read" in remark
        assert "row 3" in remark


def test_numbers_and_dates_in_one_column_of_times_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "m.csv"
    lines = [f"{at(0) // SECOND},BTC-USD,1,1,1,1,1", f"{iso(at(1))},BTC-USD,1,1,1,1,1"]
    file.write_text("\n".join([HEADER, *lines]))
    with pytest.raises(MarketError, match="has numbers and dates"):
        open_candles(file)


def test_a_row_without_a_product_is_left_out(tmp_path: Path) -> None:
    columns = {name: pa.array([1.0, 1.0]) for name in ("open", "high", "low", "close", "volume")}
    times, names = pa.array([at(0), at(1)], pa.timestamp("ns")), pa.array(["A-B", None])
    parquet.write_table(pa.table({"ts": times, "symbol": names, **columns}), tmp_path / "m.parquet")
    market = open_candles(tmp_path / "m.parquet")
    assert [product.id for product in market.products] == ["A-B"]
    assert "1 of 2 rows could not be read" in market.remarks[0]


def test_one_huge_volume_makes_no_coarse_step(tmp_path: Path) -> None:
    rows = [row(0, rest="1,1,1,1,0.125"), row(1, rest="1,1,1,1,1e14")]
    (product,) = open_candles(csv(tmp_path / "m.csv", *rows)).products
    assert product.base_increment == Decimal("1E-8")


def _junk(file: Path) -> None:
    file.write_bytes(b"PAR1 not really\x00\xff")


def _nothing(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize("write", [_junk, _nothing])
@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_refuses_what_is_no_table(
    tmp_path: Path, write: Callable[[Path], None], suffix: str
) -> None:
    write(tmp_path / f"bad{suffix}")
    with pytest.raises(MarketError, match=rf"bad\{suffix}: expected"):
        open_candles(tmp_path / f"bad{suffix}")


def test_refuses_a_folder_without_candles(tmp_path: Path) -> None:
    with pytest.raises(MarketError, match="the folder has none"):
        open_candles(tmp_path)


def test_files_of_one_product_are_one_market(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", row(5), row(6, rest="10.5,12.25,10.0,11.25,1"))
    csv(tmp_path / "b.csv", row(0), row(5))

    market = open_candles(tmp_path)

    assert [bar.start_ns for bar in market.candles(BTC, at(0), at(9))] == [at(0), at(5), at(6)]
    assert market.products[0].price_increment == Decimal("0.01")
    assert market.remarks == (f"{tmp_path}: BTC-USD: rows that are there twice count once: 1",)


@pytest.mark.parametrize("most", [0, 4, 7])
def test_more_rows_than_stay_in_memory_are_the_same_market(
    most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("BTC-USD", "ETH-USD")
    csv(
        tmp_path / "1.csv",
        *(
            row(m, name, f"{m + 7},{m + 9},{m + 6},{m + 8}.5,0.{m + 1}")
            for name in names
            for m in (4, 0, 1)
        ),
    )
    csv(tmp_path / "2.csv", *(row(m) for m in (5, 6, 6, 9)), row(7, rest="1,0,1,1,1"))
    csv(tmp_path / "3.csv", row(4, rest="11,13,10,12.5,0.5"), row(8, "SOL-USD"))
    want = open_candles(tmp_path)

    monkeypatch.setattr(candles, "MOST_ROWS", most)
    found = open_candles(tmp_path)

    assert found.rows(ProductId("SOL-USD")).pages is not None
    assert seen(found) == seen(want)
    renamed = {ProductId("SOL-USD"): ProductId("SOL-EUR")}
    assert seen(found.renamed(renamed)) == seen(want.renamed(renamed))


NUMBERS = ("starts", "opens", "highs", "lows", "closes", "units")


def seen(market: CandleMarket) -> list[Any]:
    """Return everything that a market says."""
    told: list[Any] = [market.description, market.products, market.remarks, market.reach()]
    told += [market.first_ns, market.end_ns]
    for product in (each.id for each in market.products):
        told.append(market.candles(product, at(0), at(20)))
        columns = market.minutes(product, at(1), at(9))
        told += [getattr(columns, name).tolist() for name in NUMBERS]
        for minute in range(-1, 12):
            told += [market.candle(product, at(minute)), market.last_before(product, at(minute))]
            told.append(market.covers(product, at(minute)))
    return told


def test_with_too_many_rows_what_can_not_be_read_is_still_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candles, "MOST_ROWS", 0)
    csv(tmp_path / "1.csv", row(0), row(1))
    csv(tmp_path / "2.csv", row(1, rest="1,2,1,2,1"))

    with pytest.raises(MarketError, match="one row a minute"):
        open_candles(tmp_path)


def test_files_that_say_different_things_of_a_minute_are_refused(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", row(0), row(5))
    csv(tmp_path / "b.csv", row(5, rest="10.5,12.25,10.0,11.0,1.75"))

    with pytest.raises(MarketError, match=r"BTC-USD at 2026-01-05T10:05:00Z: expected one row a"):
        open_candles(tmp_path)


def test_decimals_are_read_as_they_are_written(tmp_path: Path) -> None:
    kind = pa.decimal128(38, 20)
    columns: dict[str, Any] = {"ts": pa.array([at(0), at(1)], pa.timestamp("ns", tz="UTC"))}
    for name, text in zip(COLUMNS, ("0.1", "0.3", "0.1", "0.3", "0.00000007"), strict=True):
        columns[name] = pa.array([Decimal(text)] * 2, kind)
    parquet.write_table(pa.table(columns), tmp_path / "BTC-USD.parquet")

    bar = open_candles(tmp_path).candle(BTC, at(1))

    assert bar is not None
    values = (bar.open, bar.high, bar.low, bar.close, bar.volume)
    assert values == tuple(map(Decimal, ("0.1", "0.3", "0.1", "0.3", "0.00000007")))


def demo() -> CandleMarket:
    folder = shared_data()
    return open_candles(folder / "demo" / "coinbase_1m_2023-12-10_2023-12-12.parquet")


def test_the_demo_is_three_days_of_26_products() -> None:
    market = demo()
    assert len(market.products) == 26
    assert market.first_ns == parse_iso("2023-12-10T00:00:00Z")
    assert market.end_ns == parse_iso("2023-12-13T00:00:00Z")
    everything = (market.first_ns, Nanos(market.first_ns + 72 * HOUR))
    assert sum(len(market.candles(p.id, *everything)) for p in market.products) == 95_313


def test_every_number_of_the_demo_lies_on_its_products_increments() -> None:
    market, chance = demo(), random.Random(5)
    for product in market.products:
        bars = market.candles(product.id, market.first_ns, market.end_ns or market.first_ns)
        for bar in chance.sample(bars, 50):
            assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
            for price in (bar.open, bar.high, bar.low, bar.close):
                assert product.price_down(price) == price
            assert product.quantity_down(bar.volume) == bar.volume
