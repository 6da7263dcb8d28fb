"""Recorded trades: every one is printed as it was, at its own time, and nothing is known ahead."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.simulator.engine.accounts import FeeRates
from adapters.simulator.engine.engine import Engine
from adapters.simulator.engine.ids import Ids
from adapters.simulator.engine.store import SqliteStore
from adapters.simulator.market_data.source import MarketError, Step
from adapters.simulator.market_data.trades import TradeExpander, TradeMarket, open_trades
from domain.model.instants import MINUTE, SECOND, Nanos, iso, parse_iso
from domain.model.market import Trade
from domain.model.product import ProductId, Side
from tests.builders.numbers import decimals, price, quantity
from tests.builders.recorded import shared_data

START = parse_iso("2026-01-05T10:00:00Z")
BTC, ETH = ProductId("BTC-USD"), ProductId("ETH-USD")
HEADER = "ts,symbol,price,size,maker_side,trade_id"

Row = tuple[float, str]
"""Seconds after START, and symbol, price, size, side and id as they stand in the file."""


def csv(file: Path, *rows: Row, header: str = HEADER) -> Path:
    lines = [f"{iso(START + round(at * SECOND))},{rest}" for at, rest in rows]
    file.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return file


def row(at: float, price: str = "100.5", size: str = "0.25", side: str = "buy", **more: Any) -> Row:
    name, number = more.get("name", "BTC-USD"), more.get("id", round(at * 1000) + 1)
    return at, f"{name},{price},{size},{side},{number}"


def minute(market: TradeMarket, number: int = 0, product: ProductId = BTC) -> tuple[Step, ...]:
    return TradeExpander(market, 1).steps(product, Nanos(START + number * MINUTE))


def printed(steps: tuple[Step, ...]) -> list[Trade]:
    return [trade for step in steps for trade in step.trades]


def test_a_trade_is_printed_as_it_was_at_its_own_time(tmp_path: Path) -> None:
    market = open_trades(csv(tmp_path / "t.csv", row(1.234567891, "100.57", "0.00000003", id=77)))
    steps = [step for step in minute(market) if step.trades]
    assert [step.at_ns for step in steps] == [START + 1_234_567_891]
    assert printed(tuple(steps)) == [
        Trade(
            BTC,
            "77",
            price("100.57"),
            quantity("3E-8"),
            Side.BUY,
            Nanos(START + 1_234_567_891),
        )
    ]


def test_trades_of_one_instant_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    rows = row(5, "101", id=9), row(5, "100", id=3), row(5, "102", id=4), row(2, "99", id=1)
    market = open_trades(csv(tmp_path / "t.csv", *rows))
    assert [trade.trade_id for trade in printed(minute(market))] == ["1", "9", "3", "4"]
    (step,) = (step for step in minute(market) if len(step.trades) > 1)
    assert step.bids[0].price == 102  # the last one's maker bought


@pytest.mark.parametrize(("column", "taken"), [("taker_side", Side.BUY), ("maker_side", Side.SELL)])
def test_the_taker_is_the_other_side_of_the_maker(tmp_path: Path, column: str, taken: Side) -> None:
    header = f"ts,symbol,price,size,{column}"
    file = csv(tmp_path / "t.csv", (1, "BTC-USD,100,1,SELL"), header=header)
    assert [trade.maker_side for trade in printed(minute(open_trades(file)))] == [taken]


def test_without_sides_a_rise_was_bought_and_a_fall_sold(tmp_path: Path) -> None:
    prices = ("100", "101", "101", "100", "100", "102")
    rows = [(float(at), f"BTC-USD,{price},1") for at, price in enumerate(prices)]
    market = open_trades(csv(tmp_path / "t.csv", *rows, header="ts,symbol,price,size"))
    makers = "".join(trade.maker_side[0] for trade in printed(minute(market)))
    assert makers == "SSSBBS"
    assert [trade.trade_id for trade in printed(minute(market))] == ["1", "2", "3", "4", "5", "6"]


def test_there_is_no_book_before_the_first_trade(tmp_path: Path) -> None:
    market = open_trades(csv(tmp_path / "t.csv", row(31), row(65)))
    steps = minute(market)
    assert steps[0].at_ns == START + 31 * SECOND
    assert steps[0].trades
    assert minute(market, -1) == minute(market, 2) == ()
    assert market.covers(BTC, Nanos(START + MINUTE))
    assert not market.covers(BTC, Nanos(START + 2 * MINUTE))


def test_the_book_is_refreshed_where_nothing_is_traded(tmp_path: Path) -> None:
    market = open_trades(csv(tmp_path / "t.csv", row(1), row(200)))
    for number in (1, 2):
        steps = minute(market, number)
        assert not printed(steps)
        assert len({step.bids for step in steps}) > 1
        assert market.candle(BTC, Nanos(START + number * MINUTE)) is None


def test_the_best_of_the_books_is_that_of_whole_ones(tmp_path: Path) -> None:
    rows = (row(number * 0.7, price=f"{100 + number % 4}.5") for number in range(20))
    market = open_trades(csv(tmp_path / "t.csv", *rows))
    steps = minute(market)

    assert steps
    before = Nanos(START - MINUTE)
    assert list(TradeExpander(market, 1).touches(BTC, [before, Nanos(START)])) == [
        (step.bids[0].price, step.asks[0].price, step.at_ns) for step in steps
    ]
    assert not len(TradeExpander(market, 1).touches(BTC, [before]))


def test_candles_are_those_of_the_trades(tmp_path: Path) -> None:
    rows = row(1, "100", "1"), row(2, "103", "0.5"), row(3, "99", "0.25"), row(59, "101", "2")
    market = open_trades(csv(tmp_path / "t.csv", *rows, row(130, "7", "7")))
    first, last = market.candles(BTC, START, Nanos(START + 3 * MINUTE))
    assert (first.open, first.high, first.low, first.close) == decimals(100, 103, 99, 101)
    assert first.volume == Decimal("3.75")
    assert last.start_ns == START + 2 * MINUTE
    assert market.last_before(BTC, Nanos(START + 2 * MINUTE)) == first
    assert market.last_before(BTC, START) is None
    assert (market.first_ns, market.end_ns) == (START, START + 3 * MINUTE)


def test_a_later_trade_changes_nothing_before_it(tmp_path: Path) -> None:
    rows = [row(at, str(100 + at % 7)) for at in range(1, 50, 3)]
    seen = set()
    for number, later in enumerate(("104", "1", "99999")):
        market = open_trades(csv(tmp_path / f"{number}.csv", *rows, row(51, later), row(99, later)))
        seen.add(tuple(step for step in minute(market) if step.at_ns < START + 51 * SECOND))
    assert len(seen) == 1


trades = st.lists(
    st.tuples(st.integers(0, 119_999), st.integers(2, 10**6), st.integers(1, 10**9), st.booleans()),
    min_size=1,
    max_size=40,
)


@given(trades)
def test_all_is_printed_once_and_books_are_sound(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[int, int, int, bool]]
) -> None:
    rows = [
        row(
            ms / 1000, f"{cents / 100:.2f}", f"{units / 10**8:.8f}", "buy" if buys else "sell", id=n
        )
        for n, (ms, cents, units, buys) in enumerate(made)
    ]
    market = open_trades(csv(tmp_path_factory.mktemp("t") / "t.csv", *rows))
    steps = (*minute(market, 0), *minute(market, 1))
    ordered = sorted(enumerate(made), key=lambda each: each[1][0])
    assert [(trade.trade_id, trade.price, trade.quantity) for trade in printed(steps)] == [
        (str(n), Decimal(cents) / 100, Decimal(units).scaleb(-8))
        for n, (_, cents, units, _) in ordered
    ]
    assert all(later.at_ns - step.at_ns <= 2 * SECOND for step, later in pairwise(steps))
    (product,) = market.products
    for step in steps:
        assert 0 < step.bids[0].price < step.asks[0].price
        for level in (*step.bids, *step.asks):
            assert level.price % product.price_increment == 0
            assert level.quantity % product.base_increment == 0
        if step.trades:
            side = step.asks if step.trades[-1].maker_side is Side.SELL else step.bids
            assert abs(side[0].price - step.trades[-1].price) <= product.price_increment


REFUSED: tuple[tuple[str, list[Row], str, str], ...] = (
    ("no row", [], HEADER, "found no row"),
    ("no size", [(0, "BTC-USD,1")], "ts,symbol,price", "expected the columns size, found ts"),
    ("zero size", [row(3, size="0")], HEADER, "BTC-USD at 2026-01-05T10:00:03Z: expected a size"),
    ("text", [row(0, "cheap")], HEADER, "expected a price above 0, was price=nan"),
    ("odd side", [row(0, side="long")], HEADER, "expected buy or sell as side"),
    ("twice", [row(0, id=5), row(1, id=5)], HEADER, "expected one row a trade, 5 is there twice"),
    ("no dash", [row(0, name="BTC")], HEADER, "like BTC-USD, was 'BTC'; did you mean BTC-USD?"),
)


@pytest.mark.parametrize(
    ("rows", "header", "said"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_refuses_and_says_where(tmp_path: Path, rows: list[Row], header: str, said: str) -> None:
    file = csv(tmp_path / "bad.csv", *rows, header=header)
    with pytest.raises(MarketError) as refused:
        open_trades(file)
    assert str(file) in str(refused.value)
    assert said in str(refused.value)


ODD: dict[str, Row] = {
    "no price": row(4, ""),
    "zero price": row(4, "0"),
    "negative": row(4, "-1"),
    "NaN": row(4, "NaN"),
    "infinite": row(4, "inf"),
    "huge": row(4, "1e300"),
    "fine": row(4, "1e-300"),
    "fine size": row(4, size="1e-300"),
    "huge size": row(4, size="1e300"),
    "no size": row(4, size=""),
    "text": row(4, "cheap"),
    "odd side": row(4, side="long"),
    "no side": row(4, side=""),
    "no id": row(4, id=""),
    "no product": row(4, name=""),
    "odd product": row(4, name="BTC"),
    "too few": (4, "BTC-USD,1"),
}


@pytest.mark.req("ST1")
def test_digits_of_a_size_that_no_increment_can_have_are_rounded_and_said(
    tmp_path: Path,
) -> None:
    calculated = row(5, size="1.2345678901234567e-05")
    market = open_trades(csv(tmp_path / "t.csv", row(0), calculated))
    assert printed(minute(market))[1].quantity == Decimal("0.00001234567890123457")
    (remark,) = market.remarks
    assert remark == "BTC-USD: 1 size with more than 20 decimals: all are played with at most 20"


@pytest.mark.req("ST1")
@pytest.mark.parametrize("what", ODD)
def test_a_row_that_cannot_be_read_is_left_out_alone_and_told(tmp_path: Path, what: str) -> None:
    good = [row(0), row(5), row(6, "101.5")]
    market = open_trades(csv(tmp_path / "t.csv", *good, ODD[what]))
    only = open_trades(csv(tmp_path / "u.csv", *good))

    assert printed(minute(market)) == printed(minute(only))
    assert market.products == only.products
    (remark,) = market.remarks
    assert "t.csv: 1 of 4 rows could not be read, such a trade is not played; the first: " in remark
    assert only.remarks == ()


def test_a_trade_that_is_there_twice_is_printed_once_and_told(tmp_path: Path) -> None:
    market = open_trades(csv(tmp_path / "t.csv", row(0), row(5), row(5)))
    assert [trade.trade_id for trade in printed(minute(market))] == ["1", "5001"]
    (remark,) = market.remarks
    assert remark.endswith("t.csv: BTC-USD: rows that are there twice count once: 1")


def test_parquet_and_csv_of_the_same_trades_are_the_same_market(tmp_path: Path) -> None:
    text = open_trades(csv(tmp_path / "t.csv", row(1, "100.5"), row(70, "101.25")))
    columns = {
        "ts": pa.array([START + SECOND, START + 70 * SECOND], pa.timestamp("ns", tz="UTC")),
        "symbol": ["BTC-USD", "BTC-USD"],
        "price": [100.5, 101.25],
        "size": [0.25, 0.25],
        "maker_side": ["BUY", "BUY"],
        "trade_id": [1001, 70001],
    }
    parquet.write_table(pa.table(columns), tmp_path / "t.parquet")
    binary = open_trades(tmp_path / "t.parquet")
    assert binary.products == text.products
    assert [minute(binary, n) for n in (0, 1)] == [minute(text, n) for n in (0, 1)]


@pytest.mark.parametrize(
    "name",
    [
        "binance_spot_BTC-USDT_20240808",
        "binance_spot_ETH-USDT_20240808",
        "coinbase_matches_2025-08-22",
    ],
)
def test_recorded_trades_are_played_to_every_client_as_they_were(name: str) -> None:
    data = shared_data()
    file = data / "trades" / f"{name}.parquet"
    market = open_trades(file)
    rows = parquet.read_table(file)
    wanted: dict[str, list[tuple[str, str, str]]] = {}
    columns = [rows[each].to_pylist() for each in ("symbol", "trade_id", "price", "size")]
    for symbol, number, paid, size in zip(*columns, strict=True):
        wanted.setdefault(symbol, []).append((str(number), repr(paid), repr(size)))
    assert market.end_ns is not None
    engine = Engine(
        market=market,
        expander=TradeExpander(market, 1),
        store=SqliteStore(),
        start_ns=market.first_ns,
        opening={},
        fees=FeeRates(),
        ids=Ids("test"),
    )
    engine.advance(market.end_ns)
    for product in market.products:
        recent = engine._tape.recent(product.id)[::-1]
        seen = [(t.trade_id, Decimal(t.price), Decimal(t.quantity)) for t in recent]
        tail = wanted[product.id][-len(seen) :]
        assert seen == [(number, Decimal(price), Decimal(size)) for number, price, size in tail]
        bars = market.candles(product.id, market.first_ns, market.end_ns)
        total = sum((Decimal(size) for _, _, size in wanted[product.id]), Decimal(0))
        assert sum((bar.volume for bar in bars), Decimal(0)) == total
        everything = [
            trade
            for bar in bars
            for step in TradeExpander(market, 1).steps(product.id, bar.start_ns)
            for trade in step.trades
        ]
        assert [(t.trade_id, t.price) for t in everything] == [
            (number, Decimal(price)) for number, price, _ in wanted[product.id]
        ]
