"""A market is found by its name or path, and must reach back far enough to begin."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.simulator.market_data.candles import CandleMarket
from adapters.simulator.market_data.generated import GeneratedMarket
from adapters.simulator.market_data.open import ANY_MARKET, expander_of, open_market, trading_start
from adapters.simulator.market_data.raw import RawRecording
from adapters.simulator.market_data.source import MarketError
from adapters.simulator.market_data.trades import TradeExpander, TradeMarket
from domain.model.instants import HOUR, MINUTE, Nanos, iso, parse_iso

FIRST = parse_iso("2026-01-05T00:00:00Z")
LOOKBACK = Nanos(2 * HOUR)


def at(minute: int) -> Nanos:
    return Nanos(FIRST + minute * MINUTE)


def candles(file: Path, first: int, last: int, name: str = "BTC-USD") -> Path:
    lines = [f"{iso(at(minute))},{name},1,1,1,1,1" for minute in range(first, last + 1)]
    file.write_text("\n".join(["ts,symbol,open,high,low,close,volume", *lines]) + "\n")
    return file


def trades(file: Path, first: int, last: int) -> Path:
    lines = [f"{iso(at(minute))},BTC-USD,1,1" for minute in range(first, last + 1)]
    file.write_text("\n".join(["ts,symbol,price,size", *lines]) + "\n")
    return file


def recording(file: Path, *times: str) -> None:
    lines = []
    for time in times:
        head = {"channel": "heartbeats", "timestamp": f"2026-01-05T{time}Z", "events": []}
        lines.append(json.dumps({"t": "recv", "data": json.dumps(head)}))
    file.write_text("\n".join(lines) + "\n")


def opened(source: Path | str, start_ns: int | None = None) -> ANY_MARKET:
    return open_market(
        str(source),
        seed=1,
        start_ns=None if start_ns is None else Nanos(start_ns),
        origin_ns=FIRST,
        lookback_ns=LOOKBACK,
    )


def test_generated_is_a_name() -> None:
    assert isinstance(opened("generated"), GeneratedMarket)


def test_a_candle_file_and_a_folder_of_them_are_markets(tmp_path: Path) -> None:
    file = candles(tmp_path / "m.csv", 0, 200)
    assert isinstance(opened(file), CandleMarket)
    assert isinstance(opened(tmp_path), CandleMarket)


def test_trading_begins_a_look_back_after_the_first_row_of_any_product(tmp_path: Path) -> None:
    candles(tmp_path / "a.csv", 30, 400)
    candles(tmp_path / "b.csv", 10, 300, "ETH-USD")
    assert trading_start(opened(tmp_path), LOOKBACK) == at(10 + 120)


def test_a_recording_begins_with_its_first_frame(tmp_path: Path) -> None:
    events = '{"channel":"heartbeats","timestamp":"2026-01-05T10:00:00.5Z","events":[]}'
    file = tmp_path / "r.jsonl"
    file.write_text(json.dumps({"t": "recv", "data": events}))
    market = opened(file)
    assert isinstance(market, RawRecording)
    assert trading_start(market, LOOKBACK) == parse_iso("2026-01-05T10:00:00.5Z")


@pytest.mark.parametrize("start", [120, 121, 200])
def test_one_product_that_reaches_from_look_back_to_start_is_enough(
    tmp_path: Path, start: int
) -> None:
    candles(tmp_path / "a.csv", 0, 200)
    candles(tmp_path / "b.csv", 150, 160, "ETH-USD")
    assert isinstance(opened(tmp_path, at(start)), CandleMarket)


@pytest.mark.parametrize("start", [0, 119, 201])
def test_refuses_a_start_that_no_product_reaches_with_needed_and_found(
    tmp_path: Path, start: int
) -> None:
    file = candles(tmp_path / "m.csv", 0, 200)
    with pytest.raises(MarketError) as refused:
        opened(file, at(start))
    said = str(refused.value)
    needed = iso(at(start - 120))
    assert f"--from {iso(at(start))} needs rows from {needed} on (2 h 0 min of look-back)" in said
    assert f"the market has {iso(at(0))} to {iso(at(200))}" in said


def test_two_products_that_only_together_reach_are_refused(tmp_path: Path) -> None:
    candles(tmp_path / "a.csv", 0, 100)
    candles(tmp_path / "b.csv", 60, 200, "ETH-USD")
    with pytest.raises(MarketError, match="needs rows from"):
        opened(tmp_path, at(130))


def test_a_market_shorter_than_the_look_back_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MarketError, match="2 h 0 min of look-back"):
        opened(candles(tmp_path / "m.csv", 0, 119))


def test_refuses_a_start_in_1970_as_any_other(tmp_path: Path) -> None:
    with pytest.raises(MarketError, match="--from 1970-01-01T00:00:00Z"):
        opened(candles(tmp_path / "m.csv", 0, 200), 0)


def test_refuses_a_path_that_is_not_there() -> None:
    with pytest.raises(MarketError, match="expected `generated` or a path, nowhere does not exist"):
        opened("nowhere")


def test_refuses_an_unknown_ending_and_lists_what_is_accepted(tmp_path: Path) -> None:
    file = tmp_path / "m.xlsx"
    file.write_text("?")
    with pytest.raises(MarketError, match=r"\.parquet, \.csv, \.jsonl\.zst, \.jsonl\.gz"):
        opened(file)


def test_a_table_with_a_price_column_is_of_trades(tmp_path: Path) -> None:
    file = trades(tmp_path / "t.csv", 0, 150)
    market = opened(file)
    assert isinstance(market, TradeMarket)
    assert isinstance(expander_of(market, 1), TradeExpander)
    assert isinstance(opened(tmp_path), TradeMarket)


def test_trades_too_must_reach_back_far_enough(tmp_path: Path) -> None:
    with pytest.raises(MarketError, match="2 h 0 min of look-back"):
        opened(trades(tmp_path / "t.csv", 0, 119))


def test_refuses_a_folder_of_candles_and_trades(tmp_path: Path) -> None:
    trades(tmp_path / "t.csv", 0, 150)
    candles(tmp_path / "c.csv", 0, 150)
    with pytest.raises(MarketError, match="candles or of trades, the folder has both"):
        opened(tmp_path)


def test_refuses_a_table_of_something_else(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(MarketError, match=r"expected the columns ts, open.*, found a, b"):
        opened(file)


def test_recordings_of_a_folder_are_played_one_after_the_other(tmp_path: Path) -> None:
    recording(tmp_path / "b.jsonl", "10:00:05", "10:00:06")
    recording(tmp_path / "a.jsonl", "10:00:09", "10:00:11")
    market = opened(tmp_path)
    assert isinstance(market, RawRecording)
    assert [iso(frame.at_ns)[17:19] for frame in market.frames] == ["05", "06", "09", "11"]


def test_refuses_recordings_that_overlap(tmp_path: Path) -> None:
    recording(tmp_path / "a.jsonl", "10:00:05", "10:00:09")
    recording(tmp_path / "b.jsonl", "10:00:08", "10:00:11")
    with pytest.raises(MarketError, match=r"follow one another.*a\.jsonl is not over and b\.jsonl"):
        opened(tmp_path)


def test_refuses_a_folder_of_recordings_and_tables(tmp_path: Path) -> None:
    recording(tmp_path / "a.jsonl", "10:00:05")
    candles(tmp_path / "c.csv", 0, 150)
    with pytest.raises(MarketError, match="recordings or tables in a folder, it has both"):
        opened(tmp_path)
